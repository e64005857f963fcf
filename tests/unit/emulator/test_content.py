"""Contents: synthetic bytes have the checksums they claim, ranges are read as HTTP says."""

import hashlib

import pytest

from google_drive_emulator.sources.content import ByteRange, SyntheticContent, UnsatisfiableRangeError, parse_range


@pytest.mark.parametrize("number", [0, 7, 97, 249])
def test_checksums_are_those_of_the_bytes(number: int) -> None:
    """The checksum worked out from body and trailer is that of all bytes."""
    content = SyntheticContent(bytes([number, 200, 3, 4, 5, 6, 7, 8]))
    data = content.read(0, content.size)
    assert len(data) == content.size
    assert content.checksum("sha256") == hashlib.sha256(data).hexdigest()
    assert content.checksum("md5") == hashlib.md5(data, usedforsecurity=False).hexdigest()


def test_parts_join_to_the_whole() -> None:
    """Reading in odd steps gives the same bytes as reading at once."""
    content = SyntheticContent(bytes([41, 63, 9, 9, 9, 9, 9, 9]))
    step = 1 + content.size // 7
    parts = [content.read(start, min(content.size, start + step)) for start in range(0, content.size, step)]
    assert b"".join(parts) == content.read(0, content.size)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-3", ByteRange(0, 4)),
        ("bytes=4-", ByteRange(4, 10)),
        ("bytes=-3", ByteRange(7, 10)),
        ("bytes=-30", ByteRange(0, 10)),
        ("bytes=8-100", ByteRange(8, 10)),
        ("bytes=1-2,4-5", None),
        ("bytes=a-b", None),
        ("items=0-3", None),
    ],
)
def test_a_range_header_names_bytes(header: str | None, expected: ByteRange | None) -> None:
    """One range is honoured, anything else means the whole."""
    assert parse_range(header, 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=20-30", "bytes=5-2", "bytes=-0"])
def test_a_range_without_bytes_is_refused(header: str) -> None:
    """A range that holds nothing cannot be satisfied."""
    with pytest.raises(UnsatisfiableRangeError):
        parse_range(header, 10)
