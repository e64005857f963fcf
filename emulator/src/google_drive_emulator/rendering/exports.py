"""Exports: what a document says in, a file of another type that says it out (facts A10).

A spreadsheet says CSV; in files that have one page or slide a picture shows the beginning.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from google_drive_emulator.rendering import formats, markup, office, open_formats, pdf, pictures
from google_drive_emulator.rendering.formats import DEFAULT_DOWNLOADS, EXPORT_FORMATS
from google_drive_emulator.sources.documents import document_text
from google_drive_emulator.world.items import DOCUMENT, SPREADSHEET, Item

_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Page:
    """A document to be exported: its kind is its MIME type, ``text`` what it says."""

    id: str
    kind: str
    title: str
    text: str

    @property
    def lines(self) -> Sequence[str]:
        """Return the lines of the text."""
        return self.text.splitlines()

    @property
    def rows(self) -> Sequence[Sequence[str]]:
        """Return the cells of a spreadsheet, row by row."""
        return list(csv.reader(io.StringIO(self.text, newline="")))


def page_of(item: Item, text: str | None = None) -> Page:
    """Return a document as it is to be exported; ``text`` is what it said at another time."""
    return Page(item.id, item.mime_type, item.name, document_text(item) if text is None else text)


def export_type(kind: str, wanted: str) -> str | None:
    """Return the type that a kind of document can be exported as, in whatever case it is asked for; or None."""
    return wanted.lower() if wanted.lower() in EXPORT_FORMATS.get(kind, {}) else None


def linked_type(kind: str, wanted: str) -> str | None:
    """Return the type that a link to an export means, by its name there or by the type itself; or None."""
    names = {name: mime_type for mime_type, name in EXPORT_FORMATS.get(kind, {}).items()}
    return names.get(wanted) or export_type(kind, wanted)


def download_type(kind: str, wanted: str | None) -> str | None:
    """Return the type in which ``files.download`` gives a kind of document: the one asked for, or the usual one."""
    usual = DEFAULT_DOWNLOADS.get(kind)
    if wanted is None or wanted.lower() == usual:
        return usual
    return export_type(kind, wanted)


def exported(page: Page, mime_type: str) -> bytes:
    """Return a document as a file of a type that its kind can be exported as. It takes time: call it in a thread."""
    return _BUILDERS[mime_type](page)


def _plain(page: Page) -> bytes:
    if page.kind != DOCUMENT:
        return page.text.encode()
    return (_BYTE_ORDER_MARK + page.text.replace("\r\n", "\n").replace("\n", "\r\n")).encode()


def _zip(page: Page) -> bytes:
    """Return web pages in an archive, as Docs and Sheets give them; of a form its answers."""
    name = f"{_file_name(page.title)}.html"
    if page.kind == SPREADSHEET:
        return office.archive({name: markup.html_table(page.title, page.rows)})
    if page.kind == DOCUMENT:
        return office.archive({name: markup.html(page.title, page.lines)})
    return office.archive({f"{_file_name(page.title)}.csv": page.text})


def _file_name(title: str) -> str:
    return "".join(letter for letter in title if letter.isalnum() or letter in "-_ ")[:80] or "document"


def _csv(page: Page) -> bytes:
    return page.text.replace("\r\n", "\n").replace("\n", "\r\n").encode()


def _tsv(page: Page) -> bytes:
    rows = ("\t".join(" ".join(cell.split()) for cell in row) for row in page.rows)
    return "\r\n".join(rows).encode()


def _script(page: Page) -> bytes:
    """Return a script's project; what was imported as one is given back as it was."""
    try:
        msgspec.json.decode(page.text, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        code = {"id": page.id, "name": "Code", "type": "server_js", "source": page.text}
        return msgspec.json.encode({"files": [code]})
    return page.text.encode()


_BUILDERS: Mapping[str, Callable[[Page], bytes]] = {
    formats.TEXT: _plain,
    formats.MARKDOWN: lambda page: page.text.encode(),
    "text/x-markdown": lambda page: page.text.encode(),
    formats.HTML: lambda page: markup.html(page.title, page.lines).encode(),
    formats.ZIP: _zip,
    formats.RTF: lambda page: markup.rtf(page.lines),
    formats.EPUB: lambda page: open_formats.epub(page.title, page.lines),
    formats.DOCX: lambda page: office.docx(page.lines),
    formats.ODT: lambda page: open_formats.odt(page.lines),
    formats.XLSX: lambda page: office.xlsx(page.rows),
    formats.ODS: lambda page: open_formats.ods(page.rows),
    formats.ODS_OF_GOOGLE: lambda page: open_formats.ods(page.rows),
    formats.CSV: _csv,
    formats.TSV: _tsv,
    formats.PPTX: lambda page: office.pptx(page.lines),
    formats.ODP: lambda page: open_formats.odp(page.lines),
    formats.PDF: lambda page: pdf.pdf(page.title, page.lines),
    formats.PNG: lambda page: pictures.png(page.text),
    formats.JPEG: lambda page: pictures.jpeg(page.text),
    formats.SVG: lambda page: pictures.svg(page.lines),
    formats.MP4: lambda page: pictures.mp4(page.text),
    formats.SCRIPT_JSON: _script,
}
