"""The record of what was done, as Drive Activity tells it: events of the world in, activities out (facts E).

Each event that Drive Activity knows of is one activity of one or more actions. Only the newest are held, so that the
record stays bounded; what the world began with is not in it.
"""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Literal, TypeAlias

import msgspec

from google_drive_emulator.world.actions import (
    Action,
    Commented,
    Created,
    Edited,
    Find,
    drive_actions,
    item_actions,
    slim,
)
from google_drive_emulator.world.events import CommentEvent, DriveEvent, Event, ItemEvent
from google_drive_emulator.world.items import FOLDER, Drive, Item, User

KEPT_ACTIVITIES = 20_000

AUTO_PURGE = User("", "Google Drive", "0")
"""Who deletes what has been in the trash for 30 days: the system, not a user."""

SystemEvent: TypeAlias = Literal["USER_DELETION", "TRASH_AUTO_PURGE"]
ActorKind: TypeAlias = Literal["user", "anonymous", "impersonation", "administrator"] | SystemEvent


class Actor(msgspec.Struct, frozen=True):
    """Who did something; ``user`` is who it was, or who was impersonated."""

    kind: ActorKind = "user"
    user: User | None = None


class Target(msgspec.Struct, frozen=True):
    """What something was done to, as it was right after: an item, a shared drive (its root folder), or a comment."""

    item: Item
    is_drive: bool = False
    comment_id: str | None = None
    reply_id: str | None = None


class Activity(msgspec.Struct, frozen=True):
    """Something that was done: one actor, one target, one moment (epoch milliseconds).

    Later activities have higher numbers; those below 0 are not recorded but follow from what the world began with.
    ``audience`` are the addresses of those who saw a shared drive that is gone.
    """

    number: int
    time_ms: int
    actor: Actor
    actions: tuple[Action, ...]
    target: Target
    audience: frozenset[str] = frozenset()


class ActivityLog:
    """The newest activities, in the order in which they happened."""

    def __init__(self) -> None:
        self._activities: deque[Activity] = deque(maxlen=KEPT_ACTIVITIES)
        self._next = 0

    def __len__(self) -> int:
        return len(self._activities)

    def copy(self) -> "ActivityLog":
        """Return a record that can be written apart from this one."""
        copied = ActivityLog()
        copied._activities, copied._next = self._activities.copy(), self._next
        return copied

    def newest(self, *, below: int | None = None) -> Iterator[Activity]:
        """Give the activities with a number below one, the newest first."""
        skipped = 0 if below is None else max(0, self._next - below)
        return islice(reversed(self._activities), skipped, None)

    def add(
        self,
        time_ms: int,
        actor: Actor,
        actions: tuple[Action, ...],
        target: Target,
        audience: frozenset[str] = frozenset(),
    ) -> None:
        """Record that something was done."""
        self._activities.append(Activity(self._next, time_ms, actor, actions, target, audience))
        self._next += 1

    def put_in_order(self) -> None:
        """Order what was recorded by its times, which a scenario does not tell in their order."""
        ordered = sorted(self._activities, key=lambda activity: activity.time_ms)
        self._activities.clear()
        self._activities.extend(
            msgspec.structs.replace(activity, number=number) for number, activity in enumerate(ordered)
        )
        self._next = len(ordered)

    def record(self, event: Event, find: Find) -> None:
        """Record what an event tells, if Drive Activity would."""
        match event:
            case ItemEvent():
                self._record_item(event, find)
            case DriveEvent():
                self._record_drive(event, find)
            case CommentEvent():
                target = Target(slim(event.item), comment_id=event.comment_id, reply_id=event.reply_id)
                self.add(event.time_ms, actor_of(event.actor), (_commented(event),), target)

    def _record_item(self, event: ItemEvent, find: Find) -> None:
        item, actions = event.after or event.before, item_actions(event, find)
        if item is not None and actions:
            is_drive = item.parent is None and item.drive_id is not None
            self.add(event.time_ms, actor_of(event.actor), actions, Target(slim(item), is_drive))

    def _record_drive(self, event: DriveEvent, find: Find) -> None:
        drive, actions = event.after or event.before, drive_actions(event)
        if drive is not None and actions:
            root = find(drive.id) or _root(drive, event.actor)
            target = Target(slim(root), is_drive=True)
            self.add(event.time_ms, actor_of(event.actor), actions, target, event.logs)


def actor_of(user: User) -> Actor:
    """Return who a user is to Drive Activity."""
    return Actor("TRASH_AUTO_PURGE") if user is AUTO_PURGE else Actor("user", user)


def beginnings(original: Item) -> Iterator[Activity]:
    """Give what must have been done to an item that the world began with, the newest first."""
    target = Target(slim(original))
    if original.modified_ms > original.created_ms:
        yield Activity(-1, original.modified_ms, Actor("user", original.modifier), (Edited(),), target)
    creator = original.owner or original.modifier
    yield Activity(-2, original.created_ms, Actor("user", creator), (Created(),), target)


def _commented(event: CommentEvent) -> Commented:
    kind: Literal["post", "assignment"] = "post" if event.assignee is None else "assignment"
    return Commented(kind, event.action, event.assignee, event.mentioned)


def _root(drive: Drive, actor: User) -> Item:
    """Return what is left to say of the root folder of a shared drive that is gone."""
    created = drive.created_ms
    return Item(drive.id, drive.name, FOLDER, None, None, actor, created, created, (), drive_id=drive.id)
