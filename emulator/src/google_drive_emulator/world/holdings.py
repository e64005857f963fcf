"""What the world holds, item by item: a source and what was changed on top of it; no rules.

Only what was changed is stored. Items keep their position for life and new ones come last, so a listing that goes on
after the last position it gave neither skips nor repeats an item. When an item was created never changes.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from google_drive_emulator.search.plan import EVERYTHING, Plan
from google_drive_emulator.world.creation import CreationIndex
from google_drive_emulator.world.items import Counts, Item, Source


class Holdings:
    """Stored items by id and position. A deleted item keeps its position, so that its id is never new again.

    ``edition`` moves whenever an item is put or dropped.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.next_position = len(source)
        self._overlay: dict[int, Item | None] = {}
        self._created: dict[str, int] = {}
        self._adopted: dict[str, set[int]] = {}
        self._in_drive: dict[str, set[int]] = {}
        self._added_by_creation: CreationIndex | None = None  # made when it is first asked
        self.inserted_ms: dict[int, int] = {}
        self.edition = 0

    def copy(self) -> "Holdings":
        """Return holdings that can be changed apart from these."""
        copied = Holdings(self.source)
        copied.next_position = self.next_position
        copied._overlay, copied._created = dict(self._overlay), dict(self._created)
        copied._adopted = {folder: set(positions) for folder, positions in self._adopted.items()}
        copied._in_drive = {drive: set(positions) for drive, positions in self._in_drive.items()}
        copied.inserted_ms = dict(self.inserted_ms)
        copied.edition = self.edition
        return copied

    def position(self, item_id: str) -> int | None:
        """Return the position of an item, deleted or not; None for an id that never was one."""
        created = self._created.get(item_id)
        return self.source.position(item_id) if created is None else created

    def is_pristine(self, position: int) -> bool:
        """Tell whether an item is as the source makes it."""
        return 0 <= position < len(self.source) and position not in self._overlay

    def at(self, position: int) -> Item | None:
        """Return the item stored at a position; None when it was deleted."""
        if position in self._overlay:
            return self._overlay[position]
        return self.source.item(position) if 0 <= position < len(self.source) else None

    def created_ms(self, position: int) -> int | None:
        """Return when the item at a position was created, without making it; None when it was deleted."""
        if self.is_pristine(position):
            return self.source.created_ms(position)
        held = self._overlay.get(position)
        return None if held is None else held.created_ms

    def get(self, item_id: str) -> Item | None:
        """Return the stored item with an id, or None."""
        position = self.position(item_id)
        return None if position is None else self.at(position)

    def add(self, item: Item, now_ms: int) -> int:
        """Store a new item and return its position."""
        position = self.next_position
        self.next_position += 1
        self._created[item.id] = position
        self.inserted_ms[position] = now_ms
        if self._added_by_creation is not None:
            self._added_by_creation.add(item.created_ms, position)
        self.put(position, item)
        return position

    def put(self, position: int, item: Item) -> None:
        """Store an item's new state."""
        self._release(position)
        self.edition += 1
        self._overlay[position] = item
        if item.parent is not None:
            self._adopted.setdefault(item.parent, set()).add(position)
        if item.drive_id is not None:
            self._in_drive.setdefault(item.drive_id, set()).add(position)

    def drop(self, position: int) -> None:
        """Delete an item."""
        self._release(position)
        self.edition += 1
        self._overlay[position] = None

    def children(self, folder_id: str) -> list[int]:
        """Return the positions of the items right below a folder, ascending."""
        kept = [position for position in self.source.children(folder_id) if position not in self._overlay]
        return sorted(self._adopted.get(folder_id, set()).union(kept))

    def descendants(self, folder_id: str) -> Iterator[int]:
        """Give the positions of all items below a folder, parents before children."""
        pending = [folder_id]
        while pending:
            for position in self.children(pending.pop()):
                yield position
                item = self.at(position)
                if item is not None and item.is_folder:
                    pending.append(item.id)

    def positions(self, plan: Plan = EVERYTHING, *, after: int = -1) -> Iterator[int]:
        """Give the positions above ``after`` that a plan's matches can lie at, ascending.

        Deleted items may be among them. Unless the plan goes by folders, pristine ones were created within
        its bounds.
        """
        for part in self._parts(plan):
            for index in range(bisect_right(part, after), len(part)):
                yield part[index]

    def changed(self, plan: Plan = EVERYTHING) -> Sequence[int]:
        """Return the positions of what was changed or added that a plan's matches can lie at, ascending."""
        if plan.parent_ids is not None:
            return [position for position in self.positions(plan) if not self.is_pristine(position)]
        return sorted(self._overlay if plan.drive_id is None else self._in_drive.get(plan.drive_id, ()))

    def stored(self) -> Iterator[tuple[int, Item | None]]:
        """Give what was changed or added, by position."""
        yield from self._overlay.items()

    def counts(self) -> Counts:
        """Count the items as stored, without what folders pass on."""
        counts = self.source.counts()
        tally = [counts.items, counts.folders, counts.shortcuts, counts.trashed]
        for position, item in self._overlay.items():
            if position < len(self.source):
                _tally(tally, self.source.item(position), -1)
            if item is not None:
                _tally(tally, item, 1)
        return Counts(*tally)

    def _release(self, position: int) -> None:
        held = self._overlay.get(position)
        if held is None:
            return
        if held.parent is not None:
            self._adopted[held.parent].discard(position)
        if held.drive_id is not None:
            self._in_drive[held.drive_id].discard(position)

    def _parts(self, plan: Plan) -> Iterator[Sequence[int]]:
        """Give ascending runs of candidates, the runs themselves ascending."""
        if plan.parent_ids is not None:
            yield sorted(set[int]().union(*(self.children(folder_id) for folder_id in plan.parent_ids)))
            return
        if plan.drive_id is not None:
            yield from self._drive_parts(plan, plan.drive_id)
            return
        for span in self.source.created_within(plan.created_from_ms, plan.created_before_ms):
            yield self._within(span, plan)
        yield self._added(plan)

    def _added(self, plan: Plan) -> Sequence[int]:
        """Return the positions of what was added within a plan's bounds."""
        if not plan.bounds_creation:
            return range(len(self.source), self.next_position)
        if self._added_by_creation is None:
            added = self._overlay.items()
            pairs = ((item.created_ms, position) for position, item in added if item and position >= len(self.source))
            self._added_by_creation = CreationIndex(pairs)
        return self._added_by_creation.within(plan.created_from_ms, plan.created_before_ms)

    def _within(self, span: range, plan: Plan) -> Sequence[int]:
        if plan.modified_from_ms is not None and plan.modified_from_ms > self.source.latest_modified_ms:
            return sorted(position for position in self._overlay if position in span)
        if plan.folders_only:
            folders = self.source.folders()
            return folders[bisect_left(folders, span.start) : bisect_left(folders, span.stop)]
        return span

    def _drive_parts(self, plan: Plan, drive_id: str) -> Iterator[Sequence[int]]:
        born = self.source.in_drive(drive_id)
        spans = self.source.created_within(plan.created_from_ms, plan.created_before_ms)
        parts = [born[bisect_left(born, span.start) : bisect_left(born, span.stop)] for span in spans]
        joined = sorted(position for position in self._joined(plan, drive_id) if position not in born)
        if joined and born and joined[0] < born[-1]:
            yield sorted([*joined, *(position for part in parts for position in part)])
        else:
            yield from (*parts, joined)

    def _joined(self, plan: Plan, drive_id: str) -> Iterable[int]:
        """Return what was changed or added that lies in a drive and was created within a plan's bounds."""
        there = self._in_drive.get(drive_id, set())
        if not plan.bounds_creation:
            return there
        return (position for position in there if (item := self._overlay[position]) and plan.spans(item.created_ms))


def _tally(tally: list[int], item: Item, sign: int) -> None:
    tally[0] += sign
    tally[1] += sign * item.is_folder
    tally[2] += sign * item.is_shortcut
    tally[3] += sign * item.explicitly_trashed
