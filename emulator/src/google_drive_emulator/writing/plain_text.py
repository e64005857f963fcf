"""Texts with markup: HTML or RTF in, the bare text out."""

import re
from collections.abc import Sequence
from html.parser import HTMLParser

_HIDDEN = frozenset({"head", "script", "style"})
_BLOCKS = frozenset({"p", "div", "li", "tr", "br", "h1", "h2", "h3", "h4", "h5", "h6"})
_RTF = re.compile(
    r"\\'(?P<byte>[0-9a-f]{2})|\\u(?P<code>-?\d+) ?\??|\\(?P<word>[a-z]+)(?:-?\d+)? ?|\\(?P<sign>[\\{}])|[{}\r\n]",
    re.ASCII | re.IGNORECASE,
)
_RTF_HEADERS = re.compile(r"\{\\(?:fonttbl|colortbl|stylesheet|info|\*)(?:[^{}]|\{[^{}]*\})*\}")


def text_of_html(text: str) -> str:
    """Return what a page shows, a line for each block."""
    page = _Page()
    page.feed(text)
    page.close()
    return "\n".join(line for line in map(str.strip, "".join(page.parts).split("\n")) if line)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:  # noqa: ARG002  # the parser's
        if tag in _HIDDEN:
            self._hidden.append(tag)
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            del self._hidden[self._hidden.index(tag) :]
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data.replace("\n", " "))


def text_of_rtf(text: str) -> str:
    """Return what a rich text says, a line for each paragraph."""
    units = _RTF.sub(_character, _RTF_HEADERS.sub("", text)).strip()
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _character(match: re.Match[str]) -> str:
    if match["byte"]:
        return bytes.fromhex(match["byte"]).decode("cp1252", "replace")
    if match["code"]:
        return chr(int(match["code"]) % 65536)
    if match["word"] in {"par", "line"}:
        return "\n"
    return "\t" if match["word"] == "tab" else match["sign"] or ""
