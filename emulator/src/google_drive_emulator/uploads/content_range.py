"""The ``Content-Range`` header of a resumable upload: its text in, which bytes a request sends out."""

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)", re.ASCII)


class InvalidContentRangeError(ValueError):
    """The text is no range of bytes."""


@dataclass(frozen=True, slots=True)
class ContentRange:
    """The bytes from ``start`` up to but not including ``stop`` of ``total``, which None leaves open.

    Without ``start`` and ``stop`` no bytes are sent: the client asks how many arrived.
    """

    start: int | None = None
    stop: int | None = None
    total: int | None = None


def parse_content_range(header: str) -> ContentRange:
    """Read ``bytes 0-99/200``, ``bytes 0-99/*``, ``bytes */200`` or ``bytes */*``.

    Raises ``InvalidContentRangeError``, also for bytes behind the total.
    """
    found = _RANGE.fullmatch(header.strip())
    if found is None:
        raise InvalidContentRangeError(header)
    first, last, whole = found.groups()
    total = None if whole == "*" else int(whole)
    if first is None:
        return ContentRange(total=total)
    start, stop = int(first), int(last) + 1
    if start >= stop or (total is not None and stop > total):
        raise InvalidContentRangeError(header)
    return ContentRange(start, stop, total)
