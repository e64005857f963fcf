"""Answers with texts that people wrote.

In: the body of an answer. Out: its page, also where a text was cut within a character: half a surrogate pair is JSON,
but neither UTF-8 nor anything that a strict decoder takes.
"""

import json
from typing import TypeVar

from google_drive_worker.client.errors import MalformedResponseError
from google_drive_worker.client.paging import decode

T = TypeVar("T")


def decode_mended(body: bytes, shape: type[T], *, endpoint: str) -> T:
    """Decode a body as `shape`, halves of characters replaced. Raises `MalformedResponseError` when it is none."""
    try:
        return decode(body, shape, endpoint=endpoint)
    except MalformedResponseError:
        return decode(mended(body), shape, endpoint=endpoint)


def mended(body: bytes) -> bytes:
    """The same JSON with each half of a surrogate pair replaced by `?`; what is no JSON stays as it is."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return body
