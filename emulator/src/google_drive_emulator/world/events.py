"""What happened in the world, told to whoever listens: the activity record, the push channels.

Listeners are called in the order of what happened, within the change itself, and must not change the world.
"""

from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec

from google_drive_emulator.world.items import Drive, Item, User

Origin: TypeAlias = Literal["new", "upload", "copy"]
CommentAction: TypeAlias = Literal["ADDED", "DELETED", "REPLY_ADDED", "REPLY_DELETED", "RESOLVED", "REOPENED"]


class ItemEvent(msgspec.Struct, frozen=True):
    """An item as it was and as it is, both with what they inherit; None where there was or is none.

    ``logs`` are the change logs that got an entry: addresses of users and ids of shared drives. It is empty for what
    is not logged. ``origin`` and ``copied_from`` say how a new item came to be.
    """

    actor: User
    time_ms: int
    before: Item | None
    after: Item | None
    logs: frozenset[str] = frozenset()
    origin: Origin | None = None
    copied_from: str | None = None


class DriveEvent(msgspec.Struct, frozen=True):
    """A shared drive that was made, changed or deleted, or whose members changed."""

    actor: User
    time_ms: int
    before: Drive | None
    after: Drive | None
    logs: frozenset[str] = frozenset()


class CommentEvent(msgspec.Struct, frozen=True):
    """Something was said about an item, or unsaid. ``reply_id`` is None for a comment; ``mentioned`` are addresses."""

    actor: User
    time_ms: int
    item: Item
    action: CommentAction
    comment_id: str
    reply_id: str | None = None
    assignee: str | None = None
    mentioned: tuple[str, ...] = ()
    logs: frozenset[str] = frozenset()


Event: TypeAlias = ItemEvent | DriveEvent | CommentEvent
Listener: TypeAlias = Callable[[Event], None]
