"""Exports as text with markup: lines or cells in, HTML, XML and RTF out."""

import re
from collections.abc import Iterable, Sequence
from html import escape

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Return a text as it stands in XML, without what XML has no place for."""
    return escape(_NOT_XML.sub("", text))


def html(title: str, lines: Iterable[str]) -> str:
    """Return a page with a paragraph for each line."""
    return _page(title, "".join(f"<p>{xml_text(line)}</p>\n" for line in lines))


def html_table(title: str, rows: Iterable[Sequence[str]]) -> str:
    """Return a page with a table."""
    cells = ("".join(f"<td>{xml_text(cell)}</td>" for cell in row) for row in rows)
    return _page(title, "<table>\n" + "".join(f"<tr>{row}</tr>\n" for row in cells) + "</table>\n")


def _page(title: str, body: str) -> str:
    head = f'<meta charset="utf-8"/><title>{xml_text(title)}</title>'
    return f'<html xmlns="http://www.w3.org/1999/xhtml"><head>{head}</head><body>\n{body}</body></html>'


def rtf(lines: Iterable[str]) -> bytes:
    """Return rich text with a paragraph for each line."""
    paragraphs = "".join(f"{_rtf_text(line)}\\par\n" for line in lines)
    return f"{{\\rtf1\\ansi\\deff0{{\\fonttbl{{\\f0 Arial;}}}}\n{paragraphs}}}".encode()


def _rtf_text(line: str) -> str:
    return "".join(map(_rtf_character, line))


def _rtf_character(letter: str) -> str:
    if letter in "\\{}":
        return "\\" + letter
    if letter.isascii():
        return letter
    units = letter.encode("utf-16-le", "surrogatepass")
    return "".join(
        f"\\u{int.from_bytes(units[place : place + 2], 'little', signed=True)}?" for place in range(0, len(units), 2)
    )
