"""What an object store promises, whichever store it is: memory, a directory, S3 over HTTP."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tests.contract.s3_server import S3Server

from clustera_toolkit.storage import (
    IntegrityError,
    InvalidKeyError,
    ObjectNotFoundError,
    ObjectTooLargeError,
    S3Client,
    StorageAccessError,
    StorageConfigurationError,
    StorageUnavailableError,
)

SECRET = "very-secret"
MIB = 1024 * 1024


def s3_client(endpoint: str, *, timeout_seconds: float = 20.0) -> S3Client:
    return S3Client.from_url(
        "s3://bucket/pre/fix",
        region="us-east-1",
        endpoint=endpoint,
        access_key_id="AKIA",
        secret_access_key=SECRET,
        timeout_seconds=timeout_seconds,
    )


@pytest.fixture
async def s3_server() -> AsyncIterator[tuple[S3Server, str]]:
    server = S3Server()
    async with server.serve() as endpoint:
        yield server, endpoint


@pytest.fixture(params=["memory", "directory", "s3"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[S3Client]:
    """Each kind of store in turn."""
    async with AsyncExitStack() as stack:
        match request.param:
            case "memory":
                yield S3Client.from_url("memory://")
            case "directory":
                yield S3Client.from_url(str(tmp_path / "objects"))
            case _:
                yield s3_client(await stack.enter_async_context(S3Server().serve()))


async def chunks(*sizes: int) -> AsyncIterator[bytes]:
    for number, size in enumerate(sizes):
        yield bytes([number]) * size


async def read_all(store: S3Client, key: str) -> bytes:
    return b"".join([piece async for piece in store.stream(key)])


async def test_what_is_put_can_be_got(store: S3Client) -> None:
    """An object's description names its place, digest and size, and its bytes come back verified."""
    stored = await store.put("a/b.json", b"data")
    assert stored.url == f"{store.url.rstrip('/')}/a/b.json" or stored.url == "memory://a/b.json"
    assert (stored.sha256, stored.size_bytes) == (hashlib.sha256(b"data").hexdigest(), 4)
    assert await store.get("a/b.json", expected_sha256=stored.sha256) == b"data"


async def test_addressed_objects_overwrite_themselves(store: S3Client) -> None:
    """The same bytes have the same key, so a repeat leaves one object."""
    first = await store.put_addressed(b"data")
    assert await store.put_addressed(b"data") == first
    digest = hashlib.sha256(b"data").hexdigest()
    assert first.url.endswith(f"sha256/{digest[:2]}/{digest[2:]}")
    assert await store.get(f"sha256/{digest[:2]}/{digest[2:]}") == b"data"


async def test_a_stream_is_stored_whole(store: S3Client) -> None:
    """A stream of several parts comes back as it was, in one piece or streamed."""
    stored = await store.put_stream("big", chunks(5 * MIB, 1, 9 * MIB, 7 * MIB))
    expected = b"".join([chunk async for chunk in chunks(5 * MIB, 1, 9 * MIB, 7 * MIB)])
    assert stored.size_bytes == len(expected)
    assert stored.sha256 == hashlib.sha256(expected).hexdigest()
    assert await read_all(store, "big") == expected
    assert await store.get("big", stored.sha256) == expected


async def test_an_empty_stream_is_an_empty_object(store: S3Client) -> None:
    """Nothing is something to store."""
    assert (await store.put_stream("empty", chunks())).size_bytes == 0
    assert await store.get("empty") == b""


async def test_a_broken_stream_leaves_no_object(store: S3Client) -> None:
    """An exception of the stream comes through as it is, and nothing can be read under the key."""

    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * (9 * MIB)
        raise FileNotFoundError("the source's own")

    with pytest.raises(FileNotFoundError, match="the source's own"):
        await store.put_stream("broken", broken())
    with pytest.raises(ObjectNotFoundError):
        await store.get("broken")


async def test_other_bytes_are_noticed(store: S3Client) -> None:
    """Bytes that do not have the expected SHA-256 are an error, never a result."""
    await store.put("a", b"data")
    with pytest.raises(IntegrityError, match="a does not hold"):
        await store.get("a", expected_sha256="0" * 64)


async def test_a_missing_object_is_its_own_error(store: S3Client) -> None:
    """Reading what is not there says so; deleting it is no error."""
    with pytest.raises(ObjectNotFoundError, match="reading nothing: no such object"):
        await store.get("nothing")
    with pytest.raises(ObjectNotFoundError):
        await read_all(store, "nothing")
    await store.delete("nothing")


async def test_a_deleted_object_is_gone(store: S3Client) -> None:
    """After a delete there is no such object."""
    await store.put("a", b"data")
    await store.delete("a")
    with pytest.raises(ObjectNotFoundError):
        await store.get("a")


async def test_a_working_store_is_healthy(store: S3Client) -> None:
    """The health probe passes where a write does."""
    await store.check()


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", "a b", "ä", "a\n", "x" * 901])
async def test_a_key_means_the_same_everywhere(store: S3Client, key: str) -> None:
    """A key that some store would bend, escape or refuse is refused by all."""
    with pytest.raises(InvalidKeyError, match="is not a key"):
        await store.put(key, b"")


async def test_what_is_held_in_memory_is_bounded() -> None:
    """An object above the bound is refused before it is read; it can still be streamed."""
    store = S3Client.from_url("memory://", max_object_bytes=3)
    await store.put("a", b"data")
    with pytest.raises(ObjectTooLargeError, match="a has 4 bytes"):
        await store.get("a")
    assert await read_all(store, "a") == b"data"


async def test_a_stream_travels_in_parts(s3_server: tuple[S3Server, str]) -> None:
    """No request of a long stream is larger than one part."""
    server, endpoint = s3_server
    await s3_client(endpoint).put_stream("big", chunks(20 * MIB))
    assert server.largest_request <= 8 * MIB
    assert len(server.objects["bucket/pre/fix/big"]) == 20 * MIB


async def test_a_broken_stream_leaves_no_parts(s3_server: tuple[S3Server, str]) -> None:
    """The parts of an upload that broke off are given back: a store would charge for them unseen."""
    server, endpoint = s3_server

    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * (9 * MIB)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await s3_client(endpoint).put_stream("broken", broken())
    assert server.open_uploads == {}


async def test_a_refusal_is_told_from_a_failure(s3_server: tuple[S3Server, str]) -> None:
    """Refused credentials are final; no text of ours quotes the store's answer or our secret."""
    server, endpoint = s3_server
    server.refusal = 403
    with pytest.raises(StorageAccessError) as caught:
        await s3_client(endpoint).put("a", b"data")
    assert "writing a" in str(caught.value)
    assert "AKIA" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert not caught.value.retryable


async def test_a_failing_store_ends_in_time(s3_server: tuple[S3Server, str]) -> None:
    """A store that keeps failing costs a bounded time and is worth another attempt later."""
    server, endpoint = s3_server
    server.refusal = 503
    with pytest.raises(StorageUnavailableError) as caught:
        await s3_client(endpoint, timeout_seconds=0.5).check()
    assert caught.value.retryable


async def test_a_stalled_stream_ends() -> None:
    """A stream that stops giving chunks does not hold its upload open for ever."""
    store = S3Client.from_url("memory://", timeout_seconds=0.05)

    async def stalled() -> AsyncIterator[bytes]:
        yield b"first"
        await never()

    with pytest.raises(StorageUnavailableError, match="no answer in time"):
        await store.put_stream("a", stalled())


async def never() -> None:
    await asyncio.get_running_loop().create_future()


@pytest.mark.parametrize(
    "url",
    ["", "ftp://host/dir", "s3://", "file://relative/dir", "s3://key:very-secret@bucket", "gs://b/p?sig=very-secret"],
)
def test_a_bad_address_is_explained(url: str) -> None:
    """An address that cannot work is refused at once, with what would work and without its credentials."""
    with pytest.raises(StorageConfigurationError, match=r"use s3://|settings of their own") as caught:
        S3Client.from_url(url)
    assert SECRET not in str(caught.value)


def test_a_directory_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    """A directory that cannot be is named with what to do about it."""
    (tmp_path / "file").touch()
    with pytest.raises(StorageConfigurationError, match="let this process write"):
        S3Client.from_url(str(tmp_path / "file" / "below"))


def test_a_client_shows_no_secret() -> None:
    """Neither the client's repr nor its URL holds a secret."""
    client = s3_client("http://127.0.0.1:1")
    assert repr(client) == "S3Client('s3://bucket/pre/fix')"
    assert SECRET not in repr(vars(client)) + client.url
