"""Channels: who is told of what, where; events of the world in, messages out; nothing is sent here (facts B)."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from email.utils import formatdate
from hashlib import blake2b

import msgspec

from google_drive_emulator.world.events import Event, ItemEvent
from google_drive_emulator.world.items import Item


class Channel(msgspec.Struct, frozen=True):
    """A registered channel. It watches a log (``log``: a user's address or a drive's id) or an item (``item_id``).

    ``creator`` is an address, ``client_id`` stands for the project. Times are epoch milliseconds.
    """

    id: str
    client_id: str
    creator: str
    address: str
    resource_uri: str
    expires_ms: int
    token: str | None = None
    log: str | None = None
    item_id: str | None = None

    @property
    def resource_id(self) -> str:
        """Return the id of what is watched: the same for all channels on it, whoever asks in whatever version."""
        watched = f"log {self.log}" if self.log is not None else f"item {self.item_id}"
        return urlsafe_b64encode(blake2b(watched.encode(), digest_size=20).digest()).decode().rstrip("=")

    @property
    def key(self) -> tuple[str, str]:
        """Return what is unique: the id within its project."""
        return self.client_id, self.id


class Notice(msgspec.Struct, frozen=True):
    """What a message says: a state, and for an update what changed."""

    state: str
    changed: tuple[str, ...] = ()


SYNC = Notice("sync")


def headers_of(channel: Channel, number: int, notice: Notice) -> Mapping[str, str]:
    """Return the headers of a message; its body is empty."""
    headers = {
        "Content-Type": "application/json; utf-8",
        "User-Agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
        "X-Goog-Channel-ID": channel.id,
        "X-Goog-Channel-Expiration": formatdate(channel.expires_ms / 1000, usegmt=True),
        "X-Goog-Resource-State": notice.state,
        "X-Goog-Message-Number": str(number),
        "X-Goog-Resource-ID": channel.resource_id,
        "X-Goog-Resource-URI": channel.resource_uri,
    }
    if channel.token is not None:
        headers["X-Goog-Channel-Token"] = channel.token
    if notice.changed:
        headers["X-Goog-Changed"] = ", ".join(notice.changed)
    return headers


class Channels:
    """The channels that there are, by project and id, and by what they watch."""

    def __init__(self) -> None:
        self._channels: dict[tuple[str, str], Channel] = {}
        self._by_log: dict[str, dict[tuple[str, str], Channel]] = {}
        self._by_item: dict[str, dict[tuple[str, str], Channel]] = {}

    @property
    def all(self) -> Sequence[Channel]:
        """Return all channels, those that have expired unnoticed too."""
        return tuple(self._channels.values())

    def get(self, client_id: str, channel_id: str) -> Channel | None:
        """Return a channel of a project, or None."""
        return self._channels.get((client_id, channel_id))

    def add(self, channel: Channel) -> None:
        """Add a channel; its id must be new to its project."""
        self._channels[channel.key] = channel
        self._watchers(channel)[channel.key] = channel

    def remove(self, channel: Channel) -> None:
        """Drop a channel."""
        self._channels.pop(channel.key, None)
        self._watchers(channel).pop(channel.key, None)

    def told(self, event: Event) -> Sequence[tuple[Channel, Notice]]:
        """Return the channels that an event is told on, and what they are told."""
        return list(self._addressed(event))

    def _watchers(self, channel: Channel) -> dict[tuple[str, str], Channel]:
        if channel.log is not None:
            return self._by_log.setdefault(channel.log, {})
        return self._by_item.setdefault(channel.item_id or "", {})

    def _addressed(self, event: Event) -> Iterator[tuple[Channel, Notice]]:
        for log in event.logs:
            for channel in self._by_log.get(log, {}).values():
                yield channel, Notice("change")
        if not self._by_item or not isinstance(event, ItemEvent):
            return
        for item_id, notice in item_notices(event.before, event.after):
            for channel in self._by_item.get(item_id, {}).values():
                yield channel, notice


def item_notices(before: Item | None, after: Item | None) -> Iterator[tuple[str, Notice]]:
    """Give what watchers of an item and of its folders are told of a change."""
    item = after or before
    if item is None:
        return
    yield item.id, _notice(before, after)
    old = before.parent if before is not None and not before.trashed else None
    new = after.parent if after is not None and not after.trashed else None
    if old != new:
        for folder_id in filter(None, (old, new)):
            yield folder_id, Notice("update", ("children",))


def _notice(before: Item | None, after: Item | None) -> Notice:
    if after is None:
        return Notice("remove")
    if before is None:
        return Notice("add")
    if before.trashed != after.trashed:
        return Notice("trash" if after.trashed else "untrash")
    return Notice("update", tuple(_changed(before, after)))


def _changed(before: Item, after: Item) -> Iterator[str]:
    if (before.head_revision, before.size, before.traits.text) != (after.head_revision, after.size, after.traits.text):
        yield "content"
    if _described(before) != _described(after):
        yield "properties"
    if before.parent != after.parent:
        yield "parents"
    if before.permissions != after.permissions:
        yield "permissions"


def _described(item: Item) -> tuple[object, ...]:
    traits = msgspec.structs.replace(item.traits, text=None)
    return item.name, item.mime_type, item.description, item.modified_ms, traits
