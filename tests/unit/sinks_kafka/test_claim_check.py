"""Records too large for a message, on an object store in memory."""

import hashlib
import json
from pathlib import Path

import pytest

from clustera_toolkit.message import SizeGuard
from clustera_toolkit.storage import S3Client
from google_drive_worker.client.errors import RetryableError
from google_drive_worker.schemas.record import FileData, ResourceType, Source
from google_drive_worker.sinks.kafka.claim_check import ClaimCheck
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.records import SCAN, RecordWriter

LIMIT = 1200


def batch_of(*names: str) -> Batch:
    """A batch of files with these names."""
    writer = RecordWriter("google-drive", "conn", Source("user:me"), "000000000001", SCAN, "2026-01-01T00:00:00.000Z")
    return Batch(None, [writer.upsert(ResourceType.FILE, name[:3], FileData(name[:3], name), 1) for name in names])


async def test_what_fits_is_left_alone() -> None:
    """Nothing is stored and nothing copied when nothing is too large."""
    batch = batch_of("abc", "def")
    assert await ClaimCheck(S3Client.from_url("memory://"), SizeGuard(LIMIT)).apply(batch) is batch


async def test_what_is_too_large_travels_by_reference() -> None:
    """The record keeps its key, its data is where it says, by the hash and size that it says; the others stay."""
    storage = S3Client.from_url("memory://")
    batch = batch_of("abc", "big" + "x" * LIMIT, "def")
    small, checked, other = (await ClaimCheck(storage, SizeGuard(LIMIT)).apply(batch)).records
    assert [small, other] == [batch.records[0], batch.records[2]]
    before, said = json.loads(batch.records[1].value), json.loads(checked.value)
    assert (said["data"], said["payload"]) == (None, None)
    stored = await storage.get(said["s3_url"].removeprefix(storage.url).lstrip("/"))
    assert json.loads(stored) == before["data"]
    assert said["metadata"] == {"sha256": hashlib.sha256(stored).hexdigest(), "size_bytes": len(stored)}
    kept = ("message_id", "idempotency_key", "version", "op", "source", "resource_id", "snapshot_id")
    assert {name: said[name] for name in kept} == {name: before[name] for name in kept}
    assert len(checked.value) <= LIMIT


async def test_a_repeat_changes_nothing() -> None:
    """The object's name follows from its content, so a batch that is sent again refers to the same object."""
    claim_check = ClaimCheck(S3Client.from_url("memory://"), SizeGuard(LIMIT))
    batch = batch_of("big" + "x" * LIMIT)
    first, second = [await claim_check.apply(batch) for _ in range(2)]
    assert [record.value for record in first.records] == [record.value for record in second.records]


async def test_a_store_that_fails_is_tried_later(tmp_path: Path) -> None:
    """The job sees an error that may pass, under a code of its own."""
    blocked = tmp_path / "objects"
    storage = S3Client.from_url(blocked.as_uri())
    if blocked.exists():
        blocked.rmdir()
    blocked.write_text("a file where the directory should be")
    with pytest.raises(RetryableError) as raised:
        await ClaimCheck(storage, SizeGuard(LIMIT)).apply(batch_of("big" + "x" * LIMIT))
    assert raised.value.code == "object_store_unavailable"
