"""Records too large for a message: their data to the object store, its address into the record.

In: a batch. Out: the same batch, small. The object's key is derived from its SHA-256, so a repeat overwrites itself.
"""

from collections.abc import Sequence
from dataclasses import replace

from msgspec.structs import replace as replace_record

from clustera_toolkit.kafka import OutboundMessage
from clustera_toolkit.message import SizeGuard, by_claim_check, decode, encode
from clustera_toolkit.storage import S3Client, StorageError
from google_drive_worker.client.errors import RetryableError
from google_drive_worker.schemas.record import OutRecord
from google_drive_worker.sync.batch import Batch

STORED_AT = "dlq.s3_url"


class ClaimCheck:
    """Stores what exceeds the guard."""

    def __init__(self, storage: S3Client, guard: SizeGuard) -> None:
        self._storage = storage
        self._guard = guard

    async def apply(self, batch: Batch) -> Batch:
        """Check what is too large; nothing is copied when nothing is. Raises `RetryableError`."""
        largest = max(batch.records, key=_size, default=None)
        if largest is None or not self._guard.exceeds(largest.value):
            return batch
        return replace(batch, records=await self._checked(batch.records))

    async def dead_letter(self, letter: OutboundMessage) -> OutboundMessage:
        """The letter without its value, and headers that say where that is. Raises `RetryableError`."""
        try:
            stored = await self._storage.put_addressed(letter.value or b"")
        except StorageError as error:
            raise RetryableError(str(error), code="object_store_unavailable") from error
        where = [(STORED_AT, stored.url), ("dlq.sha256", stored.sha256), ("dlq.size_bytes", str(stored.size_bytes))]
        return OutboundMessage(letter.topic, letter.key, None, [*letter.headers, *where], letter.partition)

    async def _checked(self, records: Sequence[OutRecord]) -> list[OutRecord]:
        return [await self._store(record) if self._guard.exceeds(record.value) else record for record in records]

    async def _store(self, record: OutRecord) -> OutRecord:
        try:
            stored = await self._storage.put_addressed(record.data)
        except StorageError as error:
            raise RetryableError(str(error), code="object_store_unavailable") from error
        envelope = decode(record.value)
        checked = by_claim_check(envelope, url=stored.url, sha256=stored.sha256, size_bytes=stored.size_bytes)
        return replace_record(record, value=encode(checked))


def _size(record: OutRecord) -> int:
    return len(record.value)
