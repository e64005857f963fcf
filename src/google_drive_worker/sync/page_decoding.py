"""A page of Drive's answer decoded, as a whole or item by item.

In: a page's bytes. Out: its items, and those that are not what Drive documents. A page that decodes as a whole takes
the fast way. One that does not is taken apart, so that one bad item costs itself and not the page. Pure.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct

from google_drive_worker.client.errors import MalformedResponseError
from google_drive_worker.client.mending import mended
from google_drive_worker.client.resources import (
    CHANGE,
    CHANGE_LIST,
    FILE,
    FILE_LIST,
    RAW_CHANGE_LIST,
    RAW_FILE_LIST,
    ChangeList,
    FileList,
)

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item of a page that is not what Drive documents."""

    resource_id: str | None
    message: str


class _Identified(Struct, rename="camel"):
    id: str | None = None
    file_id: str | None = None


_IDENTIFIED = msgspec.json.Decoder(_Identified)


def decode_files(body: bytes) -> tuple[FileList, list[Rejected]]:
    """A page of `files.list`. Raises `MalformedResponseError` when it is not JSON of that shape at all."""
    try:
        return FILE_LIST.decode(body), []
    except (ValueError, RecursionError):
        apart = _envelope(RAW_FILE_LIST.decode, body)
        files, rejected = _each(apart.files, FILE.decode)
        return FileList(files, apart.next_page_token, apart.incomplete_search), rejected


def decode_changes(body: bytes) -> tuple[ChangeList, list[Rejected]]:
    """A page of `changes.list`. Raises as `decode_files` does."""
    try:
        return CHANGE_LIST.decode(body), []
    except (ValueError, RecursionError):
        apart = _envelope(RAW_CHANGE_LIST.decode, body)
        changes, rejected = _each(apart.changes, CHANGE.decode)
        return ChangeList(changes, apart.next_page_token, apart.new_start_page_token), rejected


def _envelope(decode: Callable[[bytes], Item], body: bytes) -> Item:
    try:
        return decode(body)
    except msgspec.ValidationError as error:
        raise MalformedResponseError("a list answer has not the shape that Drive documents") from error
    except (ValueError, RecursionError):
        return _mended(decode, body)


def _mended(decode: Callable[[bytes], Item], body: bytes) -> Item:
    """Decode a page in which a text holds half a surrogate pair: JSON allows it, UTF-8 and strict decoders do not."""
    try:
        return decode(mended(body))
    except (ValueError, RecursionError) as error:
        raise MalformedResponseError("a list answer is not JSON") from error


def _each(items: Sequence[Raw], decode: Callable[[Raw], Item]) -> tuple[list[Item], list[Rejected]]:
    good: list[Item] = []
    bad: list[Rejected] = []
    for item in items:
        try:
            good.append(decode(item))
        except ValueError as error:
            bad.append(rejection(_identity(item), error))
    return good, bad


def rejection(resource_id: str | None, error: Exception) -> Rejected:
    """Why an item is left out."""
    return Rejected(resource_id, f"Drive sent an item that is not as documented: {error}")


def _identity(item: Raw) -> str | None:
    try:
        known = _IDENTIFIED.decode(item)
    except ValueError:
        return None
    return known.id or known.file_id
