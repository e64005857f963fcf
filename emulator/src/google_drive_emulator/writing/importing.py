"""Uploads that become files of the Docs editors: bytes and their type in, the text out (facts A10).

Texts, HTML, RTF and office files give their text; pictures, PDF and older office files become documents without any,
for nothing here reads them.
"""

from google_drive_emulator.rendering import formats
from google_drive_emulator.rendering.formats import IMPORT_FORMATS, MAX_IMPORT_BYTES
from google_drive_emulator.sources.documents import MAX_TEXT_BYTES
from google_drive_emulator.world.items import DOCUMENT, NATIVE_PREFIX, Content
from google_drive_emulator.writing.office_text import UnreadableFileError, office_text
from google_drive_emulator.writing.plain_text import text_of_html, text_of_rtf
from google_drive_emulator.writing.refusals import conversion_unsupported, import_too_large

_RTF = frozenset({formats.RTF, "text/rtf", "text/richtext"})
_OFFICE = frozenset(
    {formats.DOCX, formats.XLSX, formats.PPTX, formats.ODT, formats.ODS, formats.ODS_OF_GOOGLE, formats.ODP}
)


def imported_text(content: Content, mime_type: str, kind: str) -> str:
    """Return what an upload says as a document of a kind; reads it, so it belongs in a thread.

    Raises ``DriveError``: 400 for what cannot become that, 413 for too large an upload.
    """
    mime_type = mime_type.lower()
    if not _can_become(mime_type, kind):
        raise conversion_unsupported()
    if content.size > MAX_IMPORT_BYTES[kind]:
        raise import_too_large()
    try:
        return _text(content.read(0, content.size), mime_type)[:MAX_TEXT_BYTES]
    except UnreadableFileError:
        raise conversion_unsupported() from None


def _can_become(mime_type: str, kind: str) -> bool:
    if kind in IMPORT_FORMATS.get(mime_type, ()):
        return True
    return kind == DOCUMENT and mime_type.startswith("text/")


def _text(data: bytes, mime_type: str) -> str:
    if mime_type in _OFFICE:
        return office_text(data, mime_type)
    if mime_type in _RTF:
        return text_of_rtf(data.decode("ascii", "replace"))
    if not mime_type.startswith(("text/", NATIVE_PREFIX)):
        return ""
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    return text_of_html(text) if mime_type == formats.HTML else text
