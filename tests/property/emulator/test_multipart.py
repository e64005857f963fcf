"""Batches of any kind can be written and read (facts D)."""

from contextlib import suppress

import hypothesis.strategies as st
from hypothesis import assume, given

from google_drive_emulator.http.multipart import MalformedError, boundary_of, http_message, joined, parts_of

TOKENS = st.text("abcXYZ019-_", min_size=1, max_size=12)
VALUES = st.text("abc XYZ09<>+:;=/", max_size=20).map(str.strip)
HEADERS = st.dictionaries(TOKENS, VALUES, max_size=4)
BOUNDARIES = st.text("abcXYZ019'()+_,-./:=?", min_size=1, max_size=20)


@given(st.lists(st.tuples(HEADERS, st.binary(max_size=60)), min_size=1, max_size=5), BOUNDARIES)
def test_what_is_written_is_read(parts: list[tuple[dict[str, str], bytes]], boundary: str) -> None:
    """Parts keep their order, their headers and every byte of their bodies."""
    assume(all(b"--" not in body for _, body in parts))
    written = joined([(list(headers.items()), body) for headers, body in parts], boundary)
    read = parts_of(written, boundary_of(f'multipart/mixed; boundary="{boundary}"'))
    assert [part.body for part in read] == [body for _, body in parts]
    assert [dict(part.headers) for part in read] == [
        {name.lower(): value for name, value in headers.items()} for headers, _ in parts
    ]


LINES = st.lists(
    st.sampled_from([b"--b", b"--b--", b"--b \t", b"", b"GET / HTTP/1.1", b"A: b", b" folded", b":", b"\xff", b"x"])
)


@given(LINES, st.sampled_from([b"\n", b"\r\n"]))
def test_any_body_is_read_or_refused(lines: list[bytes], end: bytes) -> None:
    """No body breaks the reader: there are parts, or it says what is wrong."""
    for part in parts_of(end.join(lines), "b"):
        with suppress(MalformedError):
            assert http_message(part.body).start
