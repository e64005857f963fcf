"""Queries of Drive Activity: what is asked for in, activities out, the newest first, grouped if wanted (facts E).

Whether an item lies below the folder that is asked for, and whether the caller may see it, is decided by where it lies
and who has access now; for an item that is gone, by where it lay and who had access last.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Literal

import msgspec

from google_drive_emulator.grammar.activity_filter import ActivityFilter
from google_drive_emulator.world.actions import CASES, Commented, Edited
from google_drive_emulator.world.activity import Activity, beginnings
from google_drive_emulator.world.reading import Reading
from google_drive_emulator.world.viewer import Viewer

_TOGETHER_MS = 10 * 60_000
_SHARED_DEEDS = (Edited, Commented)  # what several users may do to one item together


class ActivitySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What Google does not promise of Drive Activity.

    ``without_key`` is what a query is about that names neither an item nor an ancestor: ``everything`` that the user
    may see, or what lies in ``my_drive``. ``page_size`` is that of a query that names none.
    """

    without_key: Literal["everything", "my_drive"] = "everything"
    page_size: int = 50


class ActivityQuery(msgspec.Struct, frozen=True):
    """What is asked for: one item, all below a folder (itself included), or everything; and what must hold of it."""

    item_id: str | None = None
    ancestor_id: str | None = None
    filter: ActivityFilter = ActivityFilter()


def find_activities(world: Reading, viewer: Viewer, query: ActivityQuery, below: int | None) -> Iterator[Activity]:
    """Give the activities that a query is about and a user may see, with numbers below one, the newest first."""
    sight = _Sight(world, viewer)
    for activity in chain(world.activity.newest(below=below), _beginnings(world, query, below)):
        if _is_meant(activity, query, sight) and sight.sees(activity):
            yield activity


def each_alone(activities: Iterable[Activity]) -> Iterator[Sequence[Activity]]:
    """Group nothing."""
    return ((activity,) for activity in activities)


def consolidated(activities: Iterable[Activity]) -> Iterator[Sequence[Activity]]:
    """Group what follows each other within minutes and is alike, as the strategy ``legacy`` does.

    Alike is the same deed by one user to any items, or edits of and comments on one item by any users.
    """
    group: list[Activity] = []
    for activity in activities:
        if group and not _belong_together(group[-1], activity):
            yield group
            group = []
        group.append(activity)
    if group:
        yield group


class _Sight:
    """What one user may see of the record, and where its items lie; found out once for each item."""

    def __init__(self, world: Reading, viewer: Viewer) -> None:
        self._world = world
        self._viewer = viewer
        self._seen: dict[str, bool] = {}
        self._below: dict[str, bool] = {}
        self._gone_from: dict[str, str | None] | None = None

    def sees(self, activity: Activity) -> bool:
        """Tell whether the user has access to what something was done to, or last had."""
        item_id = activity.target.item.id
        if item_id not in self._seen:
            item = self._world.item(item_id) or activity.target.item
            known = self._viewer.user.email in activity.audience and item_id not in self._world.drives
            self._seen[item_id] = known or self._viewer.role(item) is not None
        return self._seen[item_id]

    def lies_below(self, item_id: str, folder_id: str) -> bool:
        """Tell whether an item is the folder asked for or lies, or lay, anywhere below it."""
        place, path = item_id, list[str]()
        while place != folder_id and place not in self._below:
            path.append(place)
            parent = self._parent(place)
            if parent is None:
                break
            place = parent
        answer = place == folder_id or self._below.get(place, False)
        self._below.update(dict.fromkeys(path, answer))
        return answer

    def _parent(self, item_id: str) -> str | None:
        stored = self._world.stored(item_id)
        if stored is not None:
            return stored.parent
        if self._gone_from is None:
            newest = list(self._world.activity.newest())
            self._gone_from = {each.target.item.id: each.target.item.parent for each in reversed(newest)}
        return self._gone_from.get(item_id)


def _beginnings(world: Reading, query: ActivityQuery, below: int | None) -> Iterator[Activity]:
    """Give what is known without a record of the one item asked for."""
    original = None if query.item_id is None else world.original(query.item_id)
    if original is None:
        return iter(())
    return (each for each in beginnings(original) if below is None or each.number < below)


def _is_meant(activity: Activity, query: ActivityQuery, sight: _Sight) -> bool:
    item_id = activity.target.item.id
    if query.item_id is not None and item_id != query.item_id:
        return False
    if not query.filter.holds(activity.time_ms, cases_of(activity)):
        return False
    return query.ancestor_id is None or sight.lies_below(item_id, query.ancestor_id)


def cases_of(activity: Activity) -> frozenset[str]:
    """Return what filters call the actions of an activity."""
    return frozenset(CASES[type(action)] for action in activity.actions)


def _belong_together(newer: Activity, older: Activity) -> bool:
    if newer.time_ms - older.time_ms > _TOGETHER_MS or cases_of(newer) != cases_of(older):
        return False
    same_item = newer.target.item.id == older.target.item.id
    return newer.actor == older.actor or (same_item and isinstance(newer.actions[0], _SHARED_DEEDS))
