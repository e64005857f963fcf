"""What files of the Docs editors can be made from and turned into: MIME types in, MIME types out (facts A10).

``about.get`` shows these tables, ``files.export`` and uploads go by them.
"""

from collections.abc import Mapping, Sequence

from google_drive_emulator.world.items import (
    DOCUMENT,
    DRAWING,
    FORM,
    PRESENTATION,
    SCRIPT,
    SITE,
    SPREADSHEET,
    VIDEO,
)

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODS_OF_GOOGLE = "application/x-vnd.oasis.opendocument.spreadsheet"
ODP = "application/vnd.oasis.opendocument.presentation"
RTF = "application/rtf"
PDF = "application/pdf"
EPUB = "application/epub+zip"
ZIP = "application/zip"
TEXT = "text/plain"
HTML = "text/html"
MARKDOWN = "text/markdown"
CSV = "text/csv"
TSV = "text/tab-separated-values"
PNG = "image/png"
JPEG = "image/jpeg"
SVG = "image/svg+xml"
MP4 = "video/mp4"
SCRIPT_JSON = "application/vnd.google-apps.script+json"
JAM = "application/vnd.google-apps.jam"

EXPORT_FORMATS: Mapping[str, Mapping[str, str]] = {
    DOCUMENT: {
        DOCX: "docx",
        ODT: "odt",
        RTF: "rtf",
        PDF: "pdf",
        TEXT: "txt",
        ZIP: "zip",
        HTML: "html",
        EPUB: "epub",
        MARKDOWN: "md",
        "text/x-markdown": "markdown",
    },
    SPREADSHEET: {
        XLSX: "xlsx",
        ODS_OF_GOOGLE: "ods",
        ODS: "opendocument",
        PDF: "pdf",
        ZIP: "zip",
        CSV: "csv",
        TSV: "tsv",
    },
    PRESENTATION: {PPTX: "pptx", ODP: "odp", PDF: "pdf", TEXT: "txt", PNG: "png", JPEG: "jpeg", SVG: "svg"},
    DRAWING: {SVG: "svg", PNG: "png", PDF: "pdf", JPEG: "jpeg"},
    SCRIPT: {SCRIPT_JSON: "json"},
}
"""What each kind of document can be exported as, and what a link calls that."""

EXPORT_TYPES: Mapping[str, Sequence[str]] = {kind: tuple(formats) for kind, formats in EXPORT_FORMATS.items()}

DEFAULT_DOWNLOADS: Mapping[str, str] = {
    DOCUMENT: DOCX,
    SPREADSHEET: XLSX,
    PRESENTATION: PPTX,
    DRAWING: PNG,
    SCRIPT: SCRIPT_JSON,
    FORM: ZIP,
    SITE: TEXT,
    VIDEO: MP4,
    JAM: PDF,
}
"""What ``files.download`` gives of each kind of document when it is not told."""

_TO_DOCUMENT = (
    DOCX,
    ODT,
    RTF,
    TEXT,
    HTML,
    MARKDOWN,
    PDF,
    "application/msword",
    "application/vnd.ms-word.document.macroenabled.12",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
    "application/vnd.sun.xml.writer",
    "text/richtext",
    "text/rtf",
    "text/x-markdown",
    "image/bmp",
    "image/gif",
    "image/jpg",
    "image/pjpeg",
    "image/x-bmp",
    "image/x-png",
    JPEG,
    PNG,
)
_TO_SPREADSHEET = (
    XLSX,
    ODS,
    ODS_OF_GOOGLE,
    CSV,
    TSV,
    "application/vnd.ms-excel",
    "application/vnd.ms-excel.sheet.macroenabled.12",
    "text/comma-separated-values",
)
_TO_PRESENTATION = (PPTX, ODP, "application/vnd.ms-powerpoint")
_TO_DRAWING = ("image/x-wmf", "image/wmf", "application/x-msmetafile")

IMPORT_FORMATS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(_TO_DOCUMENT, (DOCUMENT,)),
    **dict.fromkeys(_TO_SPREADSHEET, (SPREADSHEET,)),
    **dict.fromkeys(_TO_PRESENTATION, (PRESENTATION,)),
    **dict.fromkeys(_TO_DRAWING, (DRAWING,)),
    SCRIPT_JSON: (SCRIPT,),
}
"""What an upload of each type can become; a text of any type can become a document besides."""

MAX_IMPORT_BYTES: Mapping[str, int] = {
    DOCUMENT: 10 * 2**20,
    SPREADSHEET: 100 * 2**20,
    PRESENTATION: 100 * 2**20,
    DRAWING: 2 * 2**20,
    SCRIPT: 10 * 2**20,
}
"""How large an upload may be that becomes a document."""

_DOCUMENT_EXPORT = "/feeds/download/documents/export/Export"
_OTHER_EXPORTS = {
    SPREADSHEET: "/spreadsheets/export",
    PRESENTATION: "/feeds/download/presentations/Export",
    DRAWING: "/feeds/download/drawings/Export",
}
EXPORT_PATHS = (_DOCUMENT_EXPORT, *_OTHER_EXPORTS.values())
"""The paths of ``docs.google.com`` where documents are exported, whatever their size."""

FOLDER_COLORS = (
    "#8f8f8f",
    "#ac725e",
    "#d06b64",
    "#f83a22",
    "#fa573c",
    "#ff7537",
    "#ffad46",
    "#fad165",
    "#fbe983",
    "#b3dc6c",
    "#7bd148",
    "#16a765",
    "#42d692",
    "#92e1c0",
    "#9fe1e7",
    "#9fc6e7",
    "#4986e7",
    "#9a9cff",
    "#b99aff",
    "#c2c2c2",
    "#cabdbf",
    "#cca6ac",
    "#f691b2",
    "#cd74e6",
    "#a47ae2",
)
"""The colours that folders can have."""


def export_links(kind: str, item_id: str, revision_id: str | None = None) -> dict[str, str]:
    """Return by MIME type where a document, or a revision of one, is exported (facts A8, A10)."""
    address = f"https://docs.google.com{_OTHER_EXPORTS.get(kind, _DOCUMENT_EXPORT)}?id={item_id}"
    if revision_id is not None:
        address += f"&revision={revision_id}"
    return {mime: f"{address}&exportFormat={name}" for mime, name in EXPORT_FORMATS[kind].items()}


def closest_color(wanted: str) -> str:
    """Return the folder colour that comes closest to one like ``#12abEF`` (facts A6)."""
    red, green, blue = _channels(wanted)

    def distance(color: str) -> int:
        other = _channels(color)
        return (red - other[0]) ** 2 + (green - other[1]) ** 2 + (blue - other[2]) ** 2

    return min(FOLDER_COLORS, key=distance)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
