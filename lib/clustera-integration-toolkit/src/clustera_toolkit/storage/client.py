"""Objects of any size in any store.

In: bytes or a stream of them, and a key. Out: where they are and what they are, so that a reader can verify them.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Self

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from clustera_toolkit.storage.errors import IntegrityError, ObjectTooLargeError, translate
from clustera_toolkit.storage.objects import StoredObject, addressed_key, check_key, sha256_hex
from clustera_toolkit.storage.stores import S3Options, Timeouts, open_store

__all__ = ["S3Client"]

# What a stream holds in memory: the parts in flight and the one being filled. S3 takes 10,000 parts, so 80 GB.
_PART_BYTES = 8 * 1024 * 1024
_PARTS_IN_FLIGHT = 2
_READ_CHUNK_BYTES = 1024 * 1024
_MAX_OBJECT_BYTES = 64 * 1024 * 1024
_HEALTH_KEY = ".health"


class S3Client:
    """A store below one URL. Keys are relative to it; see `check_key` for what they may hold.

    `timeout_seconds` bounds each call, and for streams each step. `max_object_bytes` bounds what `get` holds in
    memory. Every method raises `StorageError`'s children.
    """

    def __init__(
        self,
        store: ObjectStore,
        url: str,
        *,
        timeout_seconds: float = 60.0,
        max_object_bytes: int = _MAX_OBJECT_BYTES,
    ) -> None:
        self._store = store
        self._url = url
        self._timeout_seconds = timeout_seconds
        self._max_object_bytes = max_object_bytes

    @classmethod
    def from_url(
        cls,
        url: str,
        *,
        region: str | None = None,
        endpoint: str | None = None,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        session_token: str | None = None,
        timeout_seconds: float = 60.0,
        max_object_bytes: int = _MAX_OBJECT_BYTES,
    ) -> Self:
        """Open `s3://`, `gs://`, `az://`, `file://`, a directory or `memory://`.

        Region, endpoint and keys are for `s3://`. Raises `StorageConfigurationError`; nothing is asked of the store.
        """
        options = S3Options(region, endpoint, access_key_id, secret_access_key, session_token)
        bounds = Timeouts(request_seconds=timeout_seconds / 2, retry_seconds=timeout_seconds * 3 / 4)
        store, root = open_store(url, options, bounds)
        return cls(store, root, timeout_seconds=timeout_seconds, max_object_bytes=max_object_bytes)

    @property
    def url(self) -> str:
        """The URL below which the objects are."""
        return self._url

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._url!r})"

    async def put(self, key: str, data: bytes) -> StoredObject:
        """Store the bytes under the key, replacing what was there."""
        digest = await sha256_hex(data)
        await self._write(check_key(key), data)
        return StoredObject(self._url_of(key), digest, len(data))

    async def put_addressed(self, data: bytes) -> StoredObject:
        """Store the bytes under a key made of their SHA-256: storing them again changes nothing."""
        digest = await sha256_hex(data)
        key = addressed_key(digest)
        await self._write(key, data)
        return StoredObject(self._url_of(key), digest, len(data))

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes]) -> StoredObject:
        """Store a stream under the key, in parts of 8 MiB; the object appears when all of it is there.

        An exception of the stream itself comes through as it is. The deadline runs from each chunk to the next.
        """
        check_key(key)
        source = _Metered(chunks)
        try:
            with _translated(f"writing {key}"):
                async with asyncio.timeout(self._timeout_seconds) as deadline:
                    source.watch(deadline, self._timeout_seconds)
                    await obstore.put_async(
                        self._store,
                        key,
                        source,
                        use_multipart=True,
                        chunk_size=_PART_BYTES,
                        max_concurrency=_PARTS_IN_FLIGHT,
                    )
        except Exception:
            if source.failure is not None:
                raise source.failure from None
            raise
        return StoredObject(self._url_of(key), source.sha256, source.size_bytes)

    async def get(self, key: str, expected_sha256: str | None = None) -> bytes:
        """Return the object's bytes; raises `ObjectNotFoundError`, `ObjectTooLargeError`, `IntegrityError`."""
        check_key(key)
        with _translated(f"reading {key}"):
            async with asyncio.timeout(self._timeout_seconds):
                answer = await obstore.get_async(self._store, key)
                size = answer.meta["size"]
                if size > self._max_object_bytes:
                    raise ObjectTooLargeError(f"{key} has {size} bytes; at most {self._max_object_bytes} are held")
                data = bytes(await answer.bytes_async())
        if expected_sha256 is not None and await sha256_hex(data) != expected_sha256:
            raise IntegrityError(f"{key} does not hold the bytes whose SHA-256 is {expected_sha256}")
        return data

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """Yield the object's bytes in pieces of about 1 MiB."""
        check_key(key)
        with _translated(f"reading {key}"):
            async with asyncio.timeout(self._timeout_seconds):
                answer = await obstore.get_async(self._store, key)
        pieces = aiter(answer.stream(min_chunk_size=_READ_CHUNK_BYTES))
        while True:
            with _translated(f"reading {key}"):
                async with asyncio.timeout(self._timeout_seconds):
                    piece = await anext(pieces, None)
            if piece is None:
                return
            yield bytes(piece)

    async def delete(self, key: str) -> None:
        """Remove the object; one that is not there is no error."""
        check_key(key)
        with _translated(f"deleting {key}"):
            async with asyncio.timeout(self._timeout_seconds):
                try:
                    await obstore.delete_async(self._store, key)
                except FileNotFoundError:
                    return  # S3 does not say; a directory does

    async def check(self) -> None:
        """Raise unless the store takes a write: an empty object, `.health`, the right this client cannot miss."""
        await self._write(_HEALTH_KEY, b"")

    async def _write(self, key: str, data: bytes) -> None:
        with _translated(f"writing {key}"):
            async with asyncio.timeout(self._timeout_seconds):
                await obstore.put_async(
                    self._store, key, data, chunk_size=_PART_BYTES, max_concurrency=_PARTS_IN_FLIGHT
                )

    def _url_of(self, key: str) -> str:
        return f"{self._url}{key}" if self._url.endswith("/") else f"{self._url}/{key}"


class _Metered:
    """Passes a stream on; keeps its digest, its size, its own exception, and the writer's deadline moving."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._digest = hashlib.sha256()
        self._deadline: asyncio.Timeout | None = None
        self._step_seconds = 0.0
        self.size_bytes = 0
        self.failure: Exception | None = None

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def watch(self, deadline: asyncio.Timeout, step_seconds: float) -> None:
        """Move this deadline on with each chunk."""
        self._deadline = deadline
        self._step_seconds = step_seconds

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await anext(self._chunks)
        except StopAsyncIteration:
            raise
        except Exception as error:
            self.failure = error
            raise
        self._digest.update(chunk)
        self.size_bytes += len(chunk)
        if self._deadline is not None:
            self._deadline.reschedule(asyncio.get_running_loop().time() + self._step_seconds)
        return chunk


@contextmanager
def _translated(action: str) -> Iterator[None]:
    """Turn the client's exceptions into ours; their own text and chain may hold signed URLs."""
    try:
        yield
    except (BaseError, OSError) as error:
        raise translate(error, action) from None
