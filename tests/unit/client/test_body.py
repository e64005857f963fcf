import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from google_drive_worker.client.body import Body
from google_drive_worker.client.errors import NetworkError, ResponseTooLargeError


def gathered(chunks: list[bytes], max_bytes: int = 10**6, encoding: str = "") -> bytes:
    body = Body(max_bytes, encoding=encoding)
    for chunk in chunks:
        body.feed(chunk)
    return body.whole()


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@given(st.binary(max_size=2000), st.integers(1, 300), st.booleans())
def test_a_body_is_what_was_sent(data: bytes, size: int, compressed: bool) -> None:
    """However a body is cut into chunks, and whether or not it is compressed, it comes out as it went in."""
    sent = gzip.compress(data) if compressed else data
    assert gathered(cut(sent, size), encoding="gzip" if compressed else "") == data


@given(st.binary(max_size=2000), st.data())
def test_no_part_of_a_compressed_body_passes_for_the_whole(data: bytes, draw: st.DataObject) -> None:
    """A compressed body that ends anywhere before its end is a network error."""
    sent = gzip.compress(data)
    end = draw.draw(st.integers(1, len(sent) - 1))
    with pytest.raises(NetworkError):
        gathered([sent[:end]], encoding="gzip")


@given(st.integers(0, 1000), st.integers(0, 1000), st.booleans())
def test_the_bound_is_exact(length: int, max_bytes: int, compressed: bool) -> None:
    """A body of as many bytes as allowed is given, one of a byte more is too large."""
    sent = gzip.compress(b"x" * length) if compressed else b"x" * length
    encoding = "gzip" if compressed else ""
    if length <= max_bytes:
        assert len(gathered([sent], max_bytes, encoding)) == length
    else:
        with pytest.raises(ResponseTooLargeError):
            gathered([sent], max_bytes, encoding)


@pytest.mark.parametrize(
    ("sent", "encoding"),
    [
        (b"plain text", "gzip"),
        (gzip.compress(b"one") + gzip.compress(b"two"), "gzip"),
        (gzip.compress(b"one")[:-4] + b"\0\0\0\0", "gzip"),
        (zlib.compress(b"one"), "deflate"),
        (b"", "br"),
    ],
    ids=["not compressed", "more than one", "wrong length", "deflate", "brotli"],
)
def test_a_damaged_or_unknown_encoding_is_an_error(sent: bytes, encoding: str) -> None:
    """What cannot be decoded to its end is a network error, never a part of an answer."""
    with pytest.raises(NetworkError):
        gathered([sent], encoding=encoding)


def test_no_body_at_all_is_empty() -> None:
    """An answer without a body is empty, whatever encoding it names."""
    assert gathered([], encoding="gzip") == b""
