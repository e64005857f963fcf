"""Items of scenarios: a tree as it is written in, items of the world with all that is said of them out.

Things are made from the top down, and shortcuts after everything they may lead to; then they get their permissions,
comments and marks; what is marked as deleted goes last.
"""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from google_drive_emulator.scenario.contents import Version, mime_type, versions
from google_drive_emulator.scenario.details import Detailing
from google_drive_emulator.scenario.format import DocumentPart, FilePart, FolderPart, ItemPart, ShortcutPart
from google_drive_emulator.scenario.stage import ScenarioError, Stage
from google_drive_emulator.scenario.traits import traits_of
from google_drive_emulator.world.items import FOLDER, SHORTCUT, Item, User
from google_drive_emulator.world.revisions import RevisionSettings

_MOST_COPIES = 100_000
_MOST_LEVELS = 100


class _Spot(msgspec.Struct, frozen=True):
    """Where something is to be made: at which place of the scenario, in which folder, by whom, the how-manieth copy.

    ``default_ms`` is when it was made unless the scenario says so.
    """

    place: str
    parent: str
    owner: User
    default_ms: int
    number: int = 1


class ItemBuilder:
    """Makes the items of a scenario on its stage."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._shortcuts: list[tuple[ShortcutPart, _Spot]] = []
        self._made: list[tuple[ItemPart, str, _Spot]] = []

    def build(self, parts: Sequence[ItemPart]) -> None:
        """Make all items. Raises ``ScenarioError``."""
        for number, part in enumerate(parts):
            self._add(part, self._top_spot(part, f"$.items[{number}]"))
        for shortcut, spot in self._shortcuts:
            self._make_shortcut(shortcut, spot)
        for part, item_id, spot in self._made:
            with self._stage.doing(spot.place):
                Detailing(self._stage, item_id, spot.owner, spot.place).apply(part)
        self._delete_marked()

    def _add(self, part: ItemPart, spot: _Spot) -> None:
        """Make an item as often as it is to be there, with all below it."""
        _check_copies(part, spot.place)
        for number in range(1, part.copies + 1):
            self._add_once(part, replace(spot, number=number))

    def _add_once(self, part: ItemPart, spot: _Spot) -> None:
        with self._stage.doing(spot.place):
            match part:
                case ShortcutPart():
                    self._shortcuts.append((part, spot))
                case FolderPart():
                    self._make_folder(part, spot)
                case FilePart() | DocumentPart():
                    self._make_readable(part, spot)

    def _top_spot(self, part: ItemPart, place: str) -> _Spot:
        world, stage = self._stage.world, self._stage
        owner = world.users[0] if part.owner is None else stage.user(part.owner, f"{place}.owner")
        if part.parent is None:
            return _Spot(place, world.root_id(owner), owner, stage.now_ms)
        parent = stage.folder_id(part.parent, f"{place}.parent")
        folder = world.stored(parent)
        if part.owner is None and folder is not None:
            owner = folder.owner or folder.modifier
        return _Spot(place, parent, owner, stage.now_ms)

    def _below(self, part: ItemPart, folder: Item, place: str, owner: User) -> _Spot:
        if part.parent is not None:
            raise ScenarioError(f"{place}.parent", "what is among a folder's children has that folder for a parent")
        own = owner if part.owner is None else self._stage.user(part.owner, f"{place}.owner")
        return _Spot(place, folder.id, own, folder.created_ms)

    def _make_folder(self, part: FolderPart, spot: _Spot) -> None:
        if not 1 <= part.levels <= _MOST_LEVELS:
            raise ScenarioError(f"{spot.place}.levels", f"levels must be from 1 to {_MOST_LEVELS}")
        innermost = self._make(part, spot, FOLDER)
        self._note(part, innermost, spot)
        for level in range(2, part.levels + 1):
            below = replace(spot, parent=innermost.id, number=level)
            innermost = self._make(replace(part, id=None, key=None), below, FOLDER)
        for number, child in enumerate(part.children):
            place = f"{spot.place}.children[{number}]"
            self._add(child, self._below(child, innermost, place, spot.owner))

    def _make_readable(self, part: FilePart | DocumentPart, spot: _Spot) -> None:
        first, *later = versions(part, spot.place)
        item = self._make(part, spot, mime_type(part, spot.place), first)
        for version in later:
            self._supersede(item.id, version, spot)
        if isinstance(part, DocumentPart) and (part.size is not None or part.text is not None):
            size = len((part.text or "").encode()) if part.size is None else part.size
            self._stage.world.update(item.id, by=spot.owner, size=size)
        self._note(part, item, spot)

    def _make_shortcut(self, part: ShortcutPart, spot: _Spot) -> None:
        target = self._stage.find(part.target, f"{spot.place}.target")
        with self._stage.doing(spot.place):
            self._note(part, self._make(part, spot, SHORTCUT, target=target.id), spot)

    def _make(
        self, part: ItemPart, spot: _Spot, kind: str, version: Version | None = None, target: str | None = None
    ) -> Item:
        """Make an item with its first content."""
        stage = self._stage
        created_ms = stage.moment(part.created_time, spot.default_ms, f"{spot.place}.createdTime")
        modified = part.modified_time if version is None else version.modified
        where = spot.place if version is None else version.place
        modified_ms = stage.moment(modified, created_ms, f"{where}.modifiedTime")
        modifier = part.modified_by if version is None else version.modifier
        stage.go_to(created_ms)
        item = stage.world.create(
            part.name.replace("{n}", str(spot.number)),
            mime_type=kind,
            parent=spot.parent,
            content=None if version is None else version.content,
            target=target,
            owner=spot.owner,
            item_id=part.id or (None if part.key is None else _item_id(part.key)),
            created_ms=created_ms,
            modified_ms=modified_ms,
            description=part.description,
            traits=traits_of(part, "" if version is None else version.text),
        )
        if modifier is not None:
            item = stage.world.update(item.id, modifier=stage.user(modifier, f"{where}.modifiedBy"))
        if version is not None and version.keep_forever:
            self._keep(item.id)
        return item

    def _supersede(self, item_id: str, version: Version, spot: _Spot) -> None:
        """Replace a content by the next one, at its time and by who wrote it."""
        stage, world = self._stage, self._stage.world
        stage.go_to(stage.moment(version.modified, world.clock(), f"{version.place}.modifiedTime"))
        by = spot.owner if version.modifier is None else stage.user(version.modifier, f"{version.place}.modifiedBy")
        if version.content is None:
            world.edit(item_id, version.text.encode(), by=by)
        else:
            world.update(item_id, by=by, content=version.content, modified_ms=world.clock(), modifier=by)
        if version.keep_forever:
            self._keep(item_id)

    def _keep(self, item_id: str) -> None:
        item = self._stage.world.stored(item_id)
        if item is not None:
            head = self._stage.world.revisions.head(item)
            self._stage.world.revisions.set(item, head.id, RevisionSettings(keep_forever=True))

    def _note(self, part: ItemPart, item: Item, spot: _Spot) -> None:
        self._stage.name(part.key, item.id, spot.place)
        self._made.append((part, item.id, spot))

    def _delete_marked(self) -> None:
        self._stage.go_to(self._stage.now_ms)
        for part, item_id, spot in self._made:
            if part.deleted and self._stage.world.stored(item_id) is not None:
                self._stage.world.delete(item_id, by=spot.owner)


def _check_copies(part: ItemPart, place: str) -> None:
    if not 1 <= part.copies <= _MOST_COPIES:
        raise ScenarioError(f"{place}.copies", f"copies must be from 1 to {_MOST_COPIES}")
    if part.copies > 1 and (part.key is not None or part.id is not None):
        raise ScenarioError(f"{place}.copies", "copies have neither a key nor an id, which stand for one thing only")


def _item_id(key: str) -> str:
    return "1" + urlsafe_b64encode(blake2b(f"item {key}".encode(), digest_size=24).digest()).decode()
