"""PDF: a title and lines in, a file with pages of text out.

The text stands in it uncompressed, in the letters of Windows-1252; others are shown as question marks.
"""

import textwrap
from collections.abc import Iterable, Sequence

_LINES_A_PAGE = 60
_LETTERS_A_LINE = 95
_CATALOG, _PAGES, _FONT, _INFO = 1, 2, 3, 4
_FIRST_PAGE = 5


def pdf(title: str, lines: Iterable[str]) -> bytes:
    """Return a PDF file."""
    shown = [part for line in lines for part in _wrapped(line)] or [""]
    pages = [shown[start : start + _LINES_A_PAGE] for start in range(0, len(shown), _LINES_A_PAGE)]
    kids = b" ".join(b"%d 0 R" % (_FIRST_PAGE + 2 * index) for index in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages %d 0 R >>" % _PAGES,
        b"<< /Type /Pages /Kids [%b] /Count %d /MediaBox [0 0 612 792] >>" % (kids, len(pages)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Title <%b> >>" % ("\ufeff" + title).encode("utf-16-be").hex().encode(),
    ]
    for index, page in enumerate(pages):
        objects += _page(page, _FIRST_PAGE + 2 * index + 1)
    return _file(objects)


def _wrapped(line: str) -> Sequence[str]:
    return [line] if len(line) <= _LETTERS_A_LINE else textwrap.wrap(line, _LETTERS_A_LINE) or [""]


def _page(lines: Sequence[str], contents: int) -> tuple[bytes, bytes]:
    """Return a page and the stream of its text, which has the number ``contents``."""
    shown = b"\n".join(b"(%b) '" % _string(line) for line in lines)
    stream = b"BT /F1 10 Tf 50 750 Td 12 TL\n%b\nET" % shown
    resources = b"<< /Font << /F1 %d 0 R >> >>" % _FONT
    page = b"<< /Type /Page /Parent %d 0 R /Contents %d 0 R /Resources %b >>" % (_PAGES, contents, resources)
    return page, b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream)


def _string(line: str) -> bytes:
    written = line.encode("cp1252", "replace")
    return written.replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")


def _file(objects: Sequence[bytes]) -> bytes:
    """Number objects from 1 and add the table of where they are."""
    parts, places, length = [b"%PDF-1.4\n"], [], len(b"%PDF-1.4\n")
    for number, content in enumerate(objects, 1):
        places.append(length)
        parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, content))
        length += len(parts[-1])
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R >>\n" % (size, _CATALOG, _INFO)
    end = b"xref\n0 %d\n0000000000 65535 f \n%b%bstartxref\n%d\n%%%%EOF\n" % (size, table, trailer, length)
    return b"".join([*parts, end])
