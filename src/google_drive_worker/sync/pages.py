"""A page of Drive's answer to the records it becomes.

In: a page's bytes. Out: records, the token that follows, and the items that could not be understood. Pure and
CPU-bound: the engine runs it in a thread of its own, so that a page of a thousand files holds no loop up.

A page that decodes as a whole takes the fast way. One that does not is taken apart, so that one bad item costs
itself and not the page.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct
from msgspec.structs import replace

from google_drive_worker.client.errors import MalformedResponseError
from google_drive_worker.client.resources import (
    CHANGE,
    CHANGE_LIST,
    FILE,
    FILE_LIST,
    RAW_CHANGE_LIST,
    RAW_FILE_LIST,
    ChangeList,
    DriveChange,
    DriveFile,
    FileList,
)
from google_drive_worker.normalizer import file_data, resource_type
from google_drive_worker.schemas.record import DeleteReason, OutRecord, ResourceType
from google_drive_worker.schemas.times import parse_rfc3339
from google_drive_worker.sync.records import RecordWriter

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item of a page that is not what Drive documents."""

    resource_id: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Page:
    """What a page became. `head` is the cursor to go on from, on the last page of a change log."""

    records: Sequence[OutRecord]
    next_page_token: str | None
    head: str | None = None
    incomplete_search: bool = False
    rejected: Sequence[Rejected] = ()
    counts: dict[str, int] = field(default_factory=dict)
    newest_change: datetime | None = None
    """When the log's last entry on this page happened."""


class _Identified(Struct, rename="camel"):
    id: str | None = None
    file_id: str | None = None


_IDENTIFIED = msgspec.json.Decoder(_Identified)


def file_page(body: bytes, writer: RecordWriter) -> Page:
    """A page of `files.list`. Raises `MalformedResponseError` when it is not JSON of that shape at all."""
    listed, rejected = _decode_files(body)
    records = _upserts(listed.files, writer, rejected)
    return Page(
        records,
        listed.next_page_token,
        incomplete_search=listed.incomplete_search,
        rejected=rejected,
        counts=Counter([record.resource_type for record in records]),
    )


def change_page(body: bytes, writer: RecordWriter) -> Page:
    """A page of `changes.list`, in the log's order. Raises `MalformedResponseError` as `file_page` does."""
    listed, rejected = _decode_changes(body)
    records = _changes(listed.changes, writer, rejected)
    return Page(
        records,
        listed.next_page_token,
        head=listed.new_start_page_token,
        rejected=[*rejected, *_unexplained(listed.changes)],
        counts=Counter([record.resource_type for record in records]),
        newest_change=_newest(listed.changes),
    )


def _upserts(files: Sequence[DriveFile], writer: RecordWriter, rejected: list[Rejected]) -> list[OutRecord]:
    """Convert one by one; what turns out not to be as documented joins the rejected."""
    records: list[OutRecord] = []
    for file in files:
        try:
            records.append(_upsert(file, writer))
        except (ValueError, RecursionError) as error:
            rejected.append(_rejection(file.id, error))
    return records


def _changes(changes: Sequence[DriveChange], writer: RecordWriter, rejected: list[Rejected]) -> list[OutRecord]:
    """As `_upserts`, for the entries of a log."""
    records: list[OutRecord] = []
    for change in changes:
        try:
            records += _change(change, writer)
        except (ValueError, RecursionError) as error:
            rejected.append(_rejection(str(change.file_id), error))
    return records


def _unexplained(changes: Sequence[DriveChange]) -> list[Rejected]:
    """Entries that call an item neither removed nor show it: to delete by them would be a guess (facts A5)."""
    return [
        Rejected(str(change.file_id), "Drive sent a change that is no removal and holds no file")
        for change in changes
        if _is_of_an_item(change) and not change.removed and change.file is UNSET
    ]


def _is_of_an_item(change: DriveChange) -> bool:
    """Drives' own entries (membership) belong to their corpora and are none of the user's."""
    return change.file_id is not UNSET and change.change_type != "drive"


def _newest(changes: Sequence[DriveChange]) -> datetime | None:
    time = changes[-1].time if changes else UNSET
    return None if isinstance(time, msgspec.UnsetType) else parse_rfc3339(time)


def _upsert(file: DriveFile, writer: RecordWriter, change_time: str | None = None) -> OutRecord:
    version = None if isinstance(file.version, msgspec.UnsetType) else file.version
    source = None if change_time is None else replace(writer.source, change_time=change_time)
    return writer.upsert(resource_type(file), file.id, file_data(file), version, source)


def _change(change: DriveChange, writer: RecordWriter) -> list[OutRecord]:
    """An entry's records."""
    if not _is_of_an_item(change):
        return []
    time = None if isinstance(change.time, msgspec.UnsetType) else change.time
    if not change.removed:
        return [_upsert(change.file, writer, time)] if isinstance(change.file, DriveFile) else []
    reason = DeleteReason.REMOVED if change.file is UNSET else DeleteReason.LEFT_CORPUS
    kinds = _removed_kinds(change)
    source = replace(writer.source, change_time=time)
    return [writer.delete(kind, str(change.file_id), reason, source) for kind in kinds]


def _removed_kinds(change: DriveChange) -> tuple[ResourceType, ...]:
    """Drive does not say whether a removed id was a folder; where the entry shows no file, both are deleted."""
    if isinstance(change.file, DriveFile):
        return (resource_type(change.file),)
    return (ResourceType.FILE, ResourceType.FOLDER)


def _decode_files(body: bytes) -> tuple[FileList, list[Rejected]]:
    try:
        return FILE_LIST.decode(body), []
    except (ValueError, RecursionError):
        apart = _envelope(RAW_FILE_LIST.decode, body)
        files, rejected = _each(apart.files, FILE.decode)
        return FileList(files, apart.next_page_token, apart.incomplete_search), rejected


def _decode_changes(body: bytes) -> tuple[ChangeList, list[Rejected]]:
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
        return decode(json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise MalformedResponseError("a list answer is not JSON") from error


def _each(items: Sequence[Raw], decode: Callable[[Raw], Item]) -> tuple[list[Item], list[Rejected]]:
    good: list[Item] = []
    bad: list[Rejected] = []
    for item in items:
        try:
            good.append(decode(item))
        except ValueError as error:
            bad.append(_rejection(_identity(item), error))
    return good, bad


def _rejection(resource_id: str | None, error: Exception) -> Rejected:
    return Rejected(resource_id, f"Drive sent an item that is not as documented: {error}")


def _identity(item: Raw) -> str | None:
    try:
        known = _IDENTIFIED.decode(item)
    except ValueError:
        return None
    return known.id or known.file_id
