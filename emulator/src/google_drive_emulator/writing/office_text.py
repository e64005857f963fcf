"""Office files: the bytes of a .docx, .xlsx, .pptx, .odt, .ods or .odp in, what it says out.

A spreadsheet's first sheet becomes CSV, the others lines of text.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from html import unescape

from google_drive_emulator.rendering import formats

_MAX_PART_BYTES = 64 * 2**20
_TAG = re.compile(r"<[^>]*>")
_PARTS: Mapping[str, tuple[str, str]] = {
    formats.DOCX: (r"word/document\.xml", r"</w:p>|<w:br\s*/>"),
    formats.PPTX: (r"ppt/slides/slide\d+\.xml", r"</a:p>|<a:br\s*/>"),
    formats.ODT: (r"content\.xml", r"</text:[ph]>|<text:line-break\s*/>"),
    formats.ODP: (r"content\.xml", r"</text:[ph]>|<text:line-break\s*/>"),
}
"""For each type where its text is, and where lines of it end."""

_ROW = re.compile(r"<(?:row|table:table-row)\b.*?</(?:row|table:table-row)>", re.DOTALL)
_CELL = re.compile(r"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_ODS_CELL = re.compile(r"<table:table-cell\b[^>]*?(?:/>|>(.*?)</table:table-cell>)", re.DOTALL)
_SHARED = re.compile(r"<si>(.*?)</si>", re.DOTALL)


class UnreadableFileError(ValueError):
    """The bytes are no such file."""


def office_text(data: bytes, mime_type: str) -> str:
    """Return what an office file says. Raises ``UnreadableFileError``."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if mime_type == formats.XLSX:
                return _as_csv(_xlsx_rows(archive))
            if mime_type in {formats.ODS, formats.ODS_OF_GOOGLE}:
                return _as_csv(_ods_rows(archive))
            return _lines(archive, *_PARTS[mime_type])
    except (zipfile.BadZipFile, KeyError, IndexError, ValueError, NotImplementedError, RuntimeError, OSError) as error:
        raise UnreadableFileError(mime_type) from error


def _lines(archive: zipfile.ZipFile, part: str, end: str) -> str:
    texts = [_read(archive, name) for name in archive.namelist() if re.fullmatch(part, name)]
    if not texts:
        raise KeyError(part)
    return "\n".join(_bare(re.sub(end, "\n", text)).strip() for text in texts)


def _xlsx_rows(archive: zipfile.ZipFile) -> Iterator[list[str]]:
    names = archive.namelist()
    shared = _read(archive, "xl/sharedStrings.xml") if "xl/sharedStrings.xml" in names else ""
    strings = [_bare(text) for text in _SHARED.findall(shared)]
    sheet = _read(archive, "xl/worksheets/sheet1.xml")
    for row in _ROW.findall(sheet):
        cells = [(attributes, _bare(value)) for attributes, value in _CELL.findall(row)]
        yield [strings[int(value)] if 't="s"' in attributes else value for attributes, value in cells]


def _ods_rows(archive: zipfile.ZipFile) -> Iterator[list[str]]:
    first = _read(archive, "content.xml").partition("</table:table>")[0]
    for row in _ROW.findall(first):
        yield [_bare(value) for value in _ODS_CELL.findall(row)]


def _as_csv(rows: Iterator[list[str]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()


def _read(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as part:
        return part.read(_MAX_PART_BYTES).decode("utf-8", "replace")


def _bare(xml: str) -> str:
    return unescape(_TAG.sub("", xml))
