"""Bodies of type multipart/mixed with whole HTTP messages in their parts: bytes in, parts out, and back (facts D)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from google_drive_emulator.http.requests import Headers

_BOUNDARY = re.compile(r"""boundary=(?:"([^"]+)"|([^\s;"]+))""", re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(r"\r?\n")
_FOLD = re.compile(r"\r?\n(?=[ \t])")


class MalformedError(ValueError):
    """The bytes are not what they should be; the text says why."""


@dataclass(frozen=True, slots=True)
class Message:
    """Headers and a body; ``start`` is the first line of an HTTP message, and empty for a part."""

    start: str
    headers: Headers
    body: bytes


def boundary_of(content_type: str) -> str:
    """Return the boundary that a content type names. Raises ``MalformedError``."""
    found = _BOUNDARY.search(content_type)
    if found is None or not content_type.lower().startswith("multipart/"):
        raise MalformedError("the content type must be multipart/mixed with a boundary")
    return found[1] or found[2]


def parts_of(body: bytes, boundary: str) -> Sequence[Message]:
    """Split a body into its parts; lines may end with LF alone. A part without an end goes to the end of the body."""
    delimiter = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary.encode()) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    marks = list(delimiter.finditer(body))
    ends = (*(mark.start() for mark in marks[1:]), len(body))
    texts = [body[mark.end() : end] for mark, end in zip(marks, ends, strict=False) if not mark[1]]
    return [_message(text.partition(b"\n")[2], has_start=False) for text in texts]


def http_message(text: bytes) -> Message:
    """Read an HTTP message. Raises ``MalformedError``."""
    message = _message(text.lstrip(b"\r\n"), has_start=True)
    if not message.start:
        raise MalformedError("the part holds no request")
    return message


def http_response(status: int, headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    """Write an HTTP response."""
    lines = [f"HTTP/1.1 {status} {_phrase(status)}", *_lines(headers), f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def joined(parts: Iterable[tuple[Sequence[tuple[str, str]], bytes]], boundary: str) -> bytes:
    """Write a body of parts, each with its headers."""
    return b"".join(_part(headers, body, boundary) for headers, body in parts) + f"--{boundary}--\r\n".encode()


def _part(headers: Sequence[tuple[str, str]], body: bytes, boundary: str) -> bytes:
    return "\r\n".join([f"--{boundary}", *_lines(headers), "", ""]).encode() + body + b"\r\n"


def _lines(headers: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (f"{name}: {value}" for name, value in headers)


def _message(text: bytes, *, has_start: bool) -> Message:
    blank = _BLANK_LINE.search(text)
    if text.startswith((b"\n", b"\r\n")):
        head, body = b"", text.partition(b"\n")[2]
    else:
        head, body = (text, b"") if blank is None else (text[: blank.start()], text[blank.end() :])
    lines = _LINE_END.split(_FOLD.sub("", head.decode("utf-8", "replace")))
    start = lines.pop(0) if has_start else ""
    return Message(start.strip(), Headers(_pairs(lines)), body)


def _pairs(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip(), value.strip()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
