"""Exports of documents, and texts read from uploads (facts A10)."""

import io
import re
import struct
import zipfile
import zlib

import pytest

from google_drive_emulator.rendering import formats
from google_drive_emulator.rendering.exports import Page, download_type, export_type, exported, linked_type
from google_drive_emulator.rendering.formats import closest_color
from google_drive_emulator.sources.documents import document_text
from google_drive_emulator.world.items import DOCUMENT, FORM, SCRIPT, SPREADSHEET, VIDEO, Item, User
from google_drive_emulator.writing.plain_text import text_of_html, text_of_rtf

TEXT = "First line\nA < B & C – größer\n(in) \\brackets\\"
USER = User("ann@example.com", "Ann", "1")


def page(text: str = TEXT, kind: str = DOCUMENT) -> Page:
    """Make a page."""
    return Page("1id", kind, "Title & more", text)


def parts(data: bytes) -> dict[str, str]:
    """Open an archive that must be whole."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.mark.parametrize(
    ("mime_type", "name"),
    [
        (formats.DOCX, "word/document.xml"),
        (formats.PPTX, "ppt/slides/slide1.xml"),
        (formats.ODT, "content.xml"),
        (formats.ODP, "content.xml"),
        (formats.EPUB, "chapter.xhtml"),
        (formats.ZIP, "Title  more.html"),
        (formats.XLSX, "xl/worksheets/sheet1.xml"),
        (formats.ODS, "content.xml"),
    ],
)
def test_archives_open_and_contain_the_text(mime_type: str, name: str) -> None:
    """Escaped as XML wants it."""
    content = parts(exported(page(), mime_type))[name]
    assert "First line" in content
    assert "A &lt; B &amp; C – größer" in content


@pytest.mark.parametrize("mime_type", [formats.DOCX, formats.XLSX, formats.PPTX])
def test_office_packages_name_their_parts(mime_type: str) -> None:
    """Every part has a type, and every relationship leads to a part."""
    found = parts(exported(page("line\n" * 30), mime_type))
    typed = set(re.findall(r'PartName="/([^"]+)"', found["[Content_Types].xml"]))
    assert typed == {name for name in found if not name.endswith((".rels", "].xml"))}
    for name, content in found.items():
        base = name.replace("_rels/", "").removesuffix(".rels").rpartition("/")[0]
        for target in re.findall(r'Target="([^"]+)"', content):
            path = f"{base}/{target}" if base else target
            assert re.sub(r"[^/]+/\.\./", "", path) in typed


@pytest.mark.parametrize("mime_type", [formats.ODT, formats.ODS, formats.ODP, formats.EPUB])
def test_open_formats_begin_with_their_type(mime_type: str) -> None:
    """The first part is stored and says what the archive is."""
    data = exported(page(), mime_type)
    assert data[30:38] == b"mimetype"
    assert data[38:].startswith(mime_type.encode())


def test_a_pdf_is_read_by_its_table() -> None:
    """It begins as one, its text stands in it, and the table leads to every object."""
    data = exported(page(TEXT + "\nlast" * 100), formats.PDF)
    assert data.startswith(b"%PDF-1.4")
    assert b"(First line) '" in data
    assert rb"(\(in\) \\brackets\\) '" in data
    assert "größer".encode("cp1252") in data
    start = int(data.split()[-2])
    places = [int(line[:10]) for line in data[start:].splitlines()[3:] if line.endswith(b" n ")]
    for number, place in enumerate(places, 1):
        assert data[place:].startswith(b"%d 0 obj\n" % number)
    assert data.count(b"/Type /Page ") == 2


def test_a_png_has_whole_chunks_and_the_text() -> None:
    """Each chunk has a sum that is right."""
    data = exported(page(kind=formats.PNG), formats.PNG)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    place, chunks = 8, {}
    while place < len(data):
        (size,), kind = struct.unpack_from(">I", data, place), data[place + 4 : place + 8]
        chunks[kind] = data[place + 8 : place + 8 + size]
        assert struct.unpack_from(">I", data, place + 8 + size) == (zlib.crc32(kind + chunks[kind]),)
        place += size + 12
    assert [*chunks] == [b"IHDR", b"iTXt", b"IDAT", b"IEND"]
    assert TEXT.encode() in chunks[b"iTXt"]
    assert len(zlib.decompress(chunks[b"IDAT"])) == 180 * 321


def test_other_pictures_carry_the_text_too() -> None:
    """As a comment, as letters, as a free box."""
    jpeg, svg, mp4 = (exported(page(), mime_type) for mime_type in (formats.JPEG, formats.SVG, formats.MP4))
    assert (jpeg[:2], jpeg[-2:], TEXT.encode() in jpeg) == (b"\xff\xd8", b"\xff\xd9", True)
    assert ">A &lt; B &amp; C – größer</text>" in svg.decode()
    assert (mp4[4:8], TEXT.encode() in mp4) == (b"ftyp", True)


def test_a_spreadsheet_is_exported_cell_by_cell() -> None:
    """Quoted cells are one cell; TSV has no quotes and no tabs in a cell."""
    sheet = page('a,"b,\tc"\r\n1,2', SPREADSHEET)
    assert exported(sheet, formats.TSV) == b"a\tb, c\r\n1\t2"
    assert exported(sheet, formats.CSV) == b'a,"b,\tc"\r\n1,2'
    assert exported(sheet, formats.XLSX).count(b"<c t=") == 4


def test_a_script_is_a_project_of_files() -> None:
    """A text becomes its only file; what is a project already stays as it is."""
    project = exported(page("function f() {}", SCRIPT), formats.SCRIPT_JSON)
    assert b'"source":"function f() {}"' in project
    assert exported(page(project.decode(), SCRIPT), formats.SCRIPT_JSON) == project


@pytest.mark.parametrize("mime_type", [formats.DOCX, formats.PPTX, formats.ODP, formats.XLSX, formats.PDF, formats.SVG])
def test_a_document_may_say_nothing(mime_type: str) -> None:
    """An empty one is exported as well."""
    assert exported(page(""), mime_type)


@pytest.mark.parametrize("mime_type", [formats.DOCX, formats.HTML, formats.RTF, formats.PDF])
def test_characters_that_a_format_has_no_place_for_do_no_harm(mime_type: str) -> None:
    """Control characters and half a surrogate pair cannot be written as XML."""
    assert exported(page("a\x00\x0b\ufffeb"), mime_type)


def test_types_are_chosen_by_kind() -> None:
    """What can be exported, linked and downloaded is not the same."""
    assert export_type(DOCUMENT, "TEXT/Plain") == "text/plain"
    assert export_type(FORM, formats.ZIP) is None
    assert (linked_type(DOCUMENT, "docx"), linked_type(DOCUMENT, formats.DOCX)) == (formats.DOCX, formats.DOCX)
    assert linked_type(VIDEO, "mp4") is None
    assert (download_type(FORM, None), download_type(VIDEO, "Video/MP4")) == (formats.ZIP, formats.MP4)
    assert download_type(DOCUMENT, formats.PNG) is None


def test_the_closest_colour_is_chosen() -> None:
    """By what is between the colours."""
    assert (closest_color("#ac725e"), closest_color("#FF0000")) == ("#ac725e", "#f83a22")


@pytest.mark.parametrize(("kind", "size"), [(DOCUMENT, 3), (DOCUMENT, 5000), (SPREADSHEET, 5000), (DOCUMENT, 0)])
def test_a_text_that_nobody_wrote_is_as_long_as_its_document(kind: str, size: int) -> None:
    """To the byte, and always the same."""
    item = Item("1id", "Résumé", kind, None, USER, USER, 0, 0, (), size=size)
    text = document_text(item)
    assert size - 1 <= len(text.encode()) <= size
    assert document_text(item) == text


def test_html_is_read_without_what_is_hidden() -> None:
    """Heads, scripts and styles are not shown; blocks are lines."""
    html = "<head><title>no</title></head><p>a &amp; <b>b</b></p><script>no</script><style>no</style><div>c</div>d<br>e"
    assert text_of_html(html) == "a & b\nc\nd\ne"


def test_rtf_is_read_without_its_words() -> None:
    """Tables of fonts are no text; letters are written in several ways."""
    rtf = r"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\b bold\b0  \'e9 \u8211? \{x\}\par next\tab x}"
    assert text_of_rtf(rtf) == "bold é – {x}\nnext\tx"
