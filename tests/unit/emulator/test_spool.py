"""Uploads on their way into a content, and the ranges that their requests name (facts A)."""

import asyncio
import gc
import hashlib
import random
import tempfile
from pathlib import Path

import pytest

from google_drive_emulator.sources.spool import BLOCK_BYTES, Spool
from google_drive_emulator.uploads.content_range import ContentRange, InvalidContentRangeError, parse_content_range
from google_drive_emulator.world.items import Content

DATA = random.Random(6).randbytes(5 * BLOCK_BYTES + 77)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let temporary files be made in a directory of the test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def files(directory: Path) -> list[Path]:
    """Return the files in a directory."""
    return [*directory.iterdir()]


async def spooled(data: bytes, piece: int, memory_bytes: int) -> Content:
    """Write bytes piece by piece."""
    spool = Spool(memory_bytes)
    for start in range(0, len(data), piece):
        await spool.write(data[start : start + piece])
    assert spool.size == len(data)
    return await spool.finish()


@pytest.mark.parametrize("memory_bytes", [0, 2 * BLOCK_BYTES, 2**30])
@pytest.mark.parametrize("piece", [50_000, BLOCK_BYTES, 10**7])
async def test_a_content_is_what_was_written(scratch: Path, memory_bytes: int, piece: int) -> None:
    """Wherever it is kept: whole, in part, and hashed."""
    content = await spooled(DATA, piece, memory_bytes)
    assert content.size == len(DATA)
    assert content.read(0, len(DATA)) == DATA
    assert content.read(BLOCK_BYTES - 3, 3 * BLOCK_BYTES) == DATA[BLOCK_BYTES - 3 : 3 * BLOCK_BYTES]
    assert content.checksum("sha256") == hashlib.sha256(DATA).hexdigest()
    assert len(files(scratch)) == (memory_bytes < len(DATA))


async def test_a_file_is_gone_with_its_content(scratch: Path) -> None:
    """Nothing is left when nobody refers to it."""
    content = await spooled(DATA, BLOCK_BYTES, 0)
    assert len(files(scratch)) == 1
    del content
    gc.collect()
    assert files(scratch) == []


async def test_what_is_no_whole_block_can_be_forgotten(scratch: Path) -> None:
    """Then the rest is written again."""
    spool = Spool(0)
    await spool.write(DATA[: BLOCK_BYTES + 5])
    await spool.settle()
    assert spool.size == BLOCK_BYTES
    await spool.write(DATA[BLOCK_BYTES:])
    assert (await spool.finish()).checksum("md5") == hashlib.md5(DATA, usedforsecurity=False).hexdigest()
    assert len(files(scratch)) == 1


async def test_a_writer_may_be_cancelled() -> None:
    """What it had handed over is stored once, whoever goes on."""
    spool = Spool()
    writer = asyncio.ensure_future(spool.write(DATA[: 2 * BLOCK_BYTES]))
    await asyncio.sleep(0)
    writer.cancel()
    await asyncio.wait([writer])
    await spool.settle()
    await spool.write(DATA[spool.size :])
    content = await spool.finish()
    assert content.read(0, content.size) == DATA
    assert content.checksum("sha1") == hashlib.sha1(DATA, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes 0-99/200", ContentRange(0, 100, 200)),
        ("bytes 0-99/*", ContentRange(0, 100, None)),
        ("bytes 100-199/200 ", ContentRange(100, 200, 200)),
        ("bytes */200", ContentRange(total=200)),
        ("bytes */*", ContentRange()),
        ("bytes */0", ContentRange(total=0)),
    ],
)
def test_a_content_range_is_read(header: str, expected: ContentRange) -> None:
    """Bytes of a total, of an unknown one, or none at all."""
    assert parse_content_range(header) == expected


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes 0-99",
        "bytes 99-0/200",
        "bytes 0-200/200",
        "lines 0-9/10",
        "bytes -5/10",
        "bytes 0-٣/9",
        "bytes 0-1/2/3",
    ],
)
def test_nonsense_is_no_content_range(header: str) -> None:
    """Including bytes behind the total."""
    with pytest.raises(InvalidContentRangeError):
        parse_content_range(header)
