"""Open formats (.odt, .ods, .odp, .epub): lines or cells in, the smallest archives out that programs for them open."""

from collections.abc import Sequence

from google_drive_emulator.rendering import formats
from google_drive_emulator.rendering.markup import html, xml_text
from google_drive_emulator.rendering.office import archive

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_MANIFEST = f"{_OASIS}:manifest:1.0"
_SPACES = " ".join(
    f'xmlns:{name}="{_OASIS}:{space}:1.0"'
    for name, space in (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("draw", "drawing"),
        ("svg", "svg-compatible"),
        ("style", "style"),
    )
)
_LINES_A_SLIDE = 12


def odt(lines: Sequence[str]) -> bytes:
    """Return a text document with a paragraph for each line."""
    return _open_document(formats.ODT, "text", _paragraphs(lines))


def ods(rows: Sequence[Sequence[str]]) -> bytes:
    """Return a spreadsheet with one table."""
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    lines = ("".join(cell.format(xml_text(value)) for value in row) for row in rows)
    body = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    return _open_document(formats.ODS, "spreadsheet", f'<table:table table:name="Sheet1">{body}</table:table>')


def odp(lines: Sequence[str]) -> bytes:
    """Return a presentation with twelve lines on each page."""
    starts = range(0, max(1, len(lines)), _LINES_A_SLIDE)
    pages = "".join(_page(number, lines[start : start + _LINES_A_SLIDE]) for number, start in enumerate(starts, 1))
    return _open_document(formats.ODP, "presentation", pages)


def _page(number: int, lines: Sequence[str]) -> str:
    box = f"<draw:text-box>{_paragraphs(lines)}</draw:text-box>"
    frame = f'<draw:frame svg:x="1cm" svg:y="1cm" svg:width="24cm" svg:height="12cm">{box}</draw:frame>'
    return f'<draw:page draw:name="page{number}" draw:master-page-name="Default">{frame}</draw:page>'


def _paragraphs(lines: Sequence[str]) -> str:
    return "".join(f"<text:p>{xml_text(line)}</text:p>" for line in lines)


def _open_document(mime_type: str, kind: str, body: str) -> bytes:
    """Return an archive that begins with its type, as such files must."""
    content = f'<office:document-content {_SPACES} office:version="1.2"><office:body><office:{kind}>{body}'
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{media_type}"/>'
        for path, media_type in (("/", mime_type), ("content.xml", "text/xml"))
    )
    manifest = f'<manifest:manifest xmlns:manifest="{_MANIFEST}" manifest:version="1.2">{entries}</manifest:manifest>'
    return archive(
        {
            "mimetype": mime_type,
            "META-INF/manifest.xml": _XML + manifest,
            "content.xml": f"{_XML}{content}</office:{kind}></office:body></office:document-content>",
        }
    )


def epub(title: str, lines: Sequence[str]) -> bytes:
    """Return a book of one chapter."""
    name = xml_text(title)
    contents = f'<nav epub:type="toc"><ol><li><a href="chapter.xhtml">{name}</a></li></ol></nav>'
    spaces = 'xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"'
    return archive(
        {
            "mimetype": formats.EPUB,
            "META-INF/container.xml": f"{_XML}{_CONTAINER}",
            "book.opf": f"{_XML}{_BOOK.format(title=name)}",
            "nav.xhtml": f"{_XML}<html {spaces}><head><title>{name}</title></head><body>{contents}</body></html>",
            "chapter.xhtml": _XML + html(title, lines),
        }
    )


_CONTAINER = (
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
_BOOK = (
    '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">'
    '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">urn:document</dc:identifier>'
    "<dc:title>{title}</dc:title><dc:language>en</dc:language>"
    '<meta property="dcterms:modified">2020-01-01T00:00:00Z</meta></metadata><manifest>'
    '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
    '<item id="chapter" href="chapter.xhtml" media-type="application/xhtml+xml"/></manifest>'
    '<spine><itemref idref="chapter"/></spine></package>'
)
