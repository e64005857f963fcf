"""Uploads, whatever is in them and however they are cut: multipart bodies, spools, documents, properties."""

import base64
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.json import encode

from google_drive_emulator.http.errors import DriveError
from google_drive_emulator.rendering import formats
from google_drive_emulator.rendering.exports import Page, exported
from google_drive_emulator.sources.content import BytesContent
from google_drive_emulator.sources.spool import Spool
from google_drive_emulator.uploads.multipart import MalformedMultipartError, PartReader
from google_drive_emulator.world.items import DOCUMENT, PRESENTATION, SPREADSHEET
from google_drive_emulator.writing.file_body import read_change, read_new
from google_drive_emulator.writing.importing import imported_text
from google_drive_emulator.writing.traits import MAX_PROPERTY_BYTES, merged_properties

BOUNDARY = b"b-1"
MEDIA = st.lists(st.sampled_from([b"\r\n", b"\n", b"--", b"b-1", b"-", b"\r", b"\x00\xff", b"text"])).map(b"".join)
CUTS = st.lists(st.integers(1, 9), min_size=1, max_size=20)
LINES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1), min_size=1, max_size=40
)


async def pieces(data: bytes, cuts: Sequence[int]) -> AsyncIterator[bytes]:
    """Give bytes in pieces of these sizes, over and over."""
    start, turn = 0, 0
    while start < len(data):
        stop = start + cuts[turn % len(cuts)]
        yield data[start:stop]
        start, turn = stop, turn + 1


async def read_parts(stream: AsyncIterator[bytes]) -> list[bytes]:
    """Read all parts of a multipart body."""
    reader, found = PartReader(stream, BOUNDARY), []
    while await reader.next_part() is not None:
        found.append(b"".join([chunk async for chunk in reader.body()]))
    return found


@given(st.lists(MEDIA, min_size=1, max_size=3), CUTS, st.sampled_from([b"\r\n", b"\n"]), st.booleans())
async def test_parts_come_out_as_they_went_in(
    parts: list[bytes],
    cuts: list[int],
    newline: bytes,
    is_base64: bool,
) -> None:
    """However the stream is cut, wherever its parts look like boundaries, in whichever encoding."""
    head = b"Content-Transfer-Encoding: base64" if is_base64 else b"Content-Type: x/y"
    written = [base64.encodebytes(part) if is_base64 else part for part in parts]
    assume(not any(newline + b"--" + BOUNDARY in newline + part for part in written))
    body = b"".join(b"--" + BOUNDARY + newline + head + newline * 2 + part + newline for part in written)
    assert await read_parts(pieces(body + b"--" + BOUNDARY + b"--", cuts)) == parts


@given(st.one_of(st.binary(), MEDIA, MEDIA.map(lambda media: b"--b-1\r\n\r\n" + media)), CUTS)
async def test_no_body_is_more_than_malformed(body: bytes, cuts: list[int]) -> None:
    """Whatever is sent, it is parts or it is refused."""
    try:
        await read_parts(pieces(body, cuts))
    except MalformedMultipartError:
        return
    assert b"--b-1--" in body


@settings(max_examples=30)
@given(st.lists(st.integers(0, 700_000), max_size=6), st.integers(0, 2**20), st.integers(0, 5))
async def test_a_spool_keeps_what_was_written(sizes: list[int], memory_bytes: int, forgetting: int) -> None:
    """In whatever pieces, wherever it is kept, and whatever was forgotten and written again."""
    spool, data = Spool(memory_bytes), bytes(range(256)) * 2048
    for turn, size in enumerate(sizes):
        start = spool.size
        await spool.write((data * 2)[start % 256 : start % 256 + size])
        if turn == forgetting:
            await spool.settle()
    size = spool.size
    content = await spool.finish()
    expected = (data * (size // len(data) + 1))[:size]
    assert content.read(0, size) == expected
    assert content.checksum("md5") == hashlib.md5(expected, usedforsecurity=False).hexdigest()


@given(LINES, st.sampled_from([formats.DOCX, formats.ODT, formats.HTML, formats.MARKDOWN, formats.TEXT, formats.RTF]))
def test_a_document_says_the_same_after_it_was_exported_and_imported(lines: list[str], mime_type: str) -> None:
    """Whatever letters it is written in."""
    text = "\n".join(lines)
    media = BytesContent(exported(Page("", DOCUMENT, "x", text), mime_type))
    assert imported_text(media, mime_type, DOCUMENT) == text


@given(LINES, st.sampled_from([formats.PPTX, formats.ODP]))
def test_a_presentation_says_the_same_after_it_was_exported_and_imported(lines: list[str], mime_type: str) -> None:
    """Slide by slide."""
    text = "\n".join(lines)
    media = BytesContent(exported(Page("", PRESENTATION, "x", text), mime_type))
    assert imported_text(media, mime_type, PRESENTATION) == text


@given(
    st.lists(
        st.lists(st.sampled_from(["a", "1,5", 'say "x"', "<b>&amp;", "ü 漢"]), min_size=1, max_size=4), min_size=1
    ),
    st.sampled_from([formats.XLSX, formats.ODS]),
)
def test_a_spreadsheet_has_the_same_cells_after_it_was_exported_and_imported(
    rows: list[list[str]], mime_type: str
) -> None:
    """Whatever is in them."""
    text = exported(Page("", SPREADSHEET, "x", _csv(rows)), formats.CSV).decode()
    media = BytesContent(exported(Page("", SPREADSHEET, "x", text), mime_type))
    assert Page("", SPREADSHEET, "x", imported_text(media, mime_type, SPREADSHEET)).rows == rows


def _csv(rows: list[list[str]]) -> str:
    return "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)


@given(st.binary(max_size=300), st.sampled_from([formats.DOCX, formats.XLSX, formats.ODS, formats.RTF, formats.HTML]))
def test_any_bytes_are_imported_or_refused(data: bytes, mime_type: str) -> None:
    """With Google's error."""
    kind = DOCUMENT if mime_type in {formats.DOCX, formats.RTF, formats.HTML} else SPREADSHEET
    assert _status(lambda: imported_text(BytesContent(data), mime_type, kind)) in {200, 400}


def _status(call: Callable[[], object]) -> int:
    """Call and return the status that a client would see."""
    try:
        call()
    except DriveError as error:
        return error.status_code
    return 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(
    ["name", "parents", "properties", "modifiedTime", "mimeType", "size", "starred", "contentHints"]
)


@given(st.dictionaries(NAMES | st.text(), JSON, max_size=4))
def test_any_body_is_read_or_refused(body: dict[str, object]) -> None:
    """Nothing but Google's errors comes of it."""
    data = encode(body)
    statuses = {_status(lambda: read_new(data)), _status(lambda: read_change(data))}
    assert statuses <= {200, 400, 403}


@given(st.dictionaries(st.text(), st.text() | st.none(), max_size=8), st.dictionaries(st.text(), st.text(), max_size=8))
def test_properties_are_merged_or_refused(wanted: dict[str, str | None], held: dict[str, str]) -> None:
    """What is null is gone, what is new counts, and nothing longer than allowed comes in."""
    try:
        merged = dict(merged_properties(tuple(held.items()), wanted))
    except DriveError:
        too_long = any(
            v is not None and (not k or len((k + v).encode()) > MAX_PROPERTY_BYTES) for k, v in wanted.items()
        )
        assert too_long
        return
    given_values = {key: value for key, value in wanted.items() if value is not None}
    kept = {key: value for key, value in held.items() if key not in wanted}
    assert merged == kept | given_values
