"""Records of the worker to changes that people understand (docs/contracts.md, "Record").

In: messages of the records topic, as they are read back from its end. Out: what changed, as far as records tell: when,
what became of it, its name and type. A listing's records are no changes, whatever they hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec import Struct

from clustera_toolkit.kafka import InboundMessage
from drive_control_plane.events.messages import text_of

NEW = timedelta(seconds=10)
"""Between when an item was made and when the log says that it changed: then the change is that it was made."""
COMMENT_AGE = timedelta(days=7)
"""Comments are all read again when their file changes, and once a week: older ones are nothing new by that."""
NAME_LENGTH = 1_000
_KINDS = frozenset({b"file", b"folder", b"comment"})


class Kind(StrEnum):
    """What became of something."""

    ADDED = "added"
    CHANGED = "changed"
    TRASHED = "trashed"
    """It is in the trash since, or was changed there."""
    REMOVED = "removed"
    """Deleted, or the account may see it no more: Drive does not say which."""
    LEFT = "left"
    """It moved to where this connection does not follow it."""
    COMMENTED = "commented"
    COMMENT_DELETED = "comment_deleted"


@dataclass(frozen=True, slots=True)
class Change:
    """One change. Without a name: none was among what was read."""

    at: datetime
    kind: Kind
    resource_type: str
    item_id: str
    """The file's or folder's; of a comment, its file's."""
    name: str | None = None
    mime_type: str | None = None


class _Source(Struct):
    change_time: str | None = None


class _Data(Struct):
    name: str | None = None
    mime_type: str | None = None
    trashed: bool = False
    created_at: str | None = None
    modified_at: str | None = None
    reason: str | None = None
    deleted: bool = False
    file_id: str | None = None


class _Record(Struct):
    resource_type: str
    resource_id: str
    op: str
    observed_at: str
    source: _Source
    data: _Data | None = None


_DECODER = msgspec.json.Decoder(_Record)


class Picker:
    """Takes a connection's changes from among messages, and remembers names that others of them lack."""

    def __init__(self, connection_id: str) -> None:
        self._key = connection_id.encode()
        self._seen: set[tuple[str, str, datetime]] = set()
        self._names: dict[str, tuple[int, str | None, str | None]] = {}

    def take(self, message: InboundMessage) -> Change | None:
        """The change that a message tells of; None for any other message, and for one that tells it again."""
        if message.key != self._key or message.header("resource_type") not in _KINDS:
            return None
        try:
            record = _DECODER.decode(message.value or b"")
        except (ValueError, RecursionError):
            return None  # no record of the worker's
        self._remember(record, message.offset)
        change = _comment(record) if record.resource_type == "comment" else _item(record)
        return None if change is None or self._was_told(record, change) else change

    def newest(self, changes: Sequence[Change], limit: int) -> list[Change]:
        """The newest of those that were taken, the newest first, with the names that became known."""
        ordered = sorted(changes, key=lambda change: change.at, reverse=True)
        return [self._named(change) for change in ordered[:limit]]

    def _remember(self, record: _Record, offset: int) -> None:
        known, data = self._names.get(record.resource_id), record.data
        if data is not None and data.name is not None and (known is None or known[0] < offset):
            self._names[record.resource_id] = (offset, data.name, data.mime_type)

    def _was_told(self, record: _Record, change: Change) -> bool:
        """Lists are told again; and where nobody knows whether a removed item was a folder, both are told of."""
        is_removal = change.kind is Kind.REMOVED
        told = (change.item_id if is_removal else record.resource_id, change.kind.value, change.at)
        was_told = told in self._seen
        self._seen.add(told)
        return was_told

    def _named(self, change: Change) -> Change:
        known = self._names.get(change.item_id)
        if change.name is not None or known is None:
            return change
        return replace(change, name=_shown(known[1]), mime_type=_shown(known[2]))


def _item(record: _Record) -> Change | None:
    at = _moment(record.source.change_time)
    if at is None:
        return None
    data = record.data or _Data()
    return Change(
        at,
        _kind(record.op, data, at),
        record.resource_type,
        text_of(record.resource_id, 200),
        _shown(data.name),
        _shown(data.mime_type),
    )


def _kind(op: str, data: _Data, at: datetime) -> Kind:
    if op == "delete":
        return Kind.REMOVED if data.reason == "removed" else Kind.LEFT
    if data.trashed:
        return Kind.TRASHED
    made_at = _moment(data.created_at)
    return Kind.ADDED if made_at is not None and abs(at - made_at) <= NEW else Kind.CHANGED


def _comment(record: _Record) -> Change | None:
    """A comment has a time of its own; no log tells of it."""
    data = record.data or _Data()
    at, read_at = _moment(data.modified_at), _moment(record.observed_at)
    if at is None or read_at is None or data.file_id is None or read_at - at > COMMENT_AGE:
        return None
    kind = Kind.COMMENT_DELETED if data.deleted else Kind.COMMENTED
    return Change(at, kind, "comment", text_of(data.file_id, 200))


def _moment(text: str | None) -> datetime | None:
    try:
        moment = None if text is None else datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment is not None and moment.tzinfo else None
    except (ValueError, OverflowError):  # the first and the last day lie beyond time in some zones
        return None


def _shown(text: str | None) -> str | None:
    return None if text is None else text_of(text, NAME_LENGTH)
