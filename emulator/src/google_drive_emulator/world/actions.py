"""What Drive Activity calls actions: an item or shared drive before and after in, what was done to it out (facts E).

Only what was done to the item itself counts: grants that it inherits, and the trash it lies in with its folder, are
the folder's.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from google_drive_emulator.world.events import DriveEvent, ItemEvent, Origin
from google_drive_emulator.world.items import (
    NO_TRAITS,
    DownloadRestriction,
    Drive,
    DriveRestrictions,
    Item,
    Label,
    Permission,
    Traits,
)

Find: TypeAlias = Callable[[str], Item | None]
"""How to find an item or root folder by its id."""

LabelChangeType: TypeAlias = Literal["LABEL_ADDED", "LABEL_REMOVED", "LABEL_FIELD_VALUE_CHANGED"]


class Created(msgspec.Struct, frozen=True):
    """Something came to be; ``original`` is what it is a copy of."""

    origin: Origin = "new"
    original: Item | None = None


class Edited(msgspec.Struct, frozen=True):
    """The content was changed."""


class Moved(msgspec.Struct, frozen=True):
    """It was put into another folder; ``added`` and ``removed`` are folders that are known."""

    added: tuple[Item, ...]
    removed: tuple[Item, ...]


class Renamed(msgspec.Struct, frozen=True):
    """It got another name."""

    old: str
    new: str


class Deleted(msgspec.Struct, frozen=True):
    """It was trashed, or deleted for good."""

    is_permanent: bool


class Restored(msgspec.Struct, frozen=True):
    """It was taken out of the trash."""


class PermissionsChanged(msgspec.Struct, frozen=True):
    """Grants were made or taken away; a changed one is taken away and made."""

    added: tuple[Permission, ...]
    removed: tuple[Permission, ...]


class Commented(msgspec.Struct, frozen=True):
    """Something was said, assigned or suggested; ``subtype`` as in facts E, the others are addresses."""

    kind: Literal["post", "assignment", "suggestion"]
    subtype: str
    assignee: str | None = None
    mentioned: tuple[str, ...] = ()


class DlpChanged(msgspec.Struct, frozen=True):
    """Data leak prevention flagged it or cleared it."""

    type: Literal["FLAGGED", "CLEARED"]


class Referenced(msgspec.Struct, frozen=True):
    """It was linked or discussed in another application."""

    type: Literal["LINK", "DISCUSS"]


class SettingsChanged(msgspec.Struct, frozen=True):
    """Features were restricted or no longer are, by the features' names."""

    restrictions: tuple[tuple[str, bool], ...]


class FieldChange(msgspec.Struct, frozen=True):
    """A label's field whose value changed; ``kind`` as in ``Label.fields``, empty values mean that it has none."""

    id: str
    kind: str
    old: tuple[str, ...]
    new: tuple[str, ...]


class LabelChange(msgspec.Struct, frozen=True):
    """What happened to one label of an item."""

    label: Label
    type: LabelChangeType
    fields: tuple[FieldChange, ...] = ()


class LabelsChanged(msgspec.Struct, frozen=True):
    """Labels were set, changed or taken off."""

    changes: tuple[LabelChange, ...]


Action: TypeAlias = (
    Created
    | Edited
    | Moved
    | Renamed
    | Deleted
    | Restored
    | PermissionsChanged
    | Commented
    | DlpChanged
    | Referenced
    | SettingsChanged
    | LabelsChanged
)

CASES: Mapping[type[Action], str] = {
    Created: "CREATE",
    Edited: "EDIT",
    Moved: "MOVE",
    Renamed: "RENAME",
    Deleted: "DELETE",
    Restored: "RESTORE",
    PermissionsChanged: "PERMISSION_CHANGE",
    Commented: "COMMENT",
    DlpChanged: "DLP_CHANGE",
    Referenced: "REFERENCE",
    SettingsChanged: "SETTINGS_CHANGE",
    LabelsChanged: "APPLIED_LABEL_CHANGE",
}
"""What filters call the actions."""


def slim(item: Item) -> Item:
    """Return what is to be remembered of an item: what names it and who may see it."""
    return replace(item, content=None, traits=NO_TRAITS, description=None, original_name=None)


def item_actions(event: ItemEvent, find: Find) -> tuple[Action, ...]:
    """Return what was done to an item, the most important first; nothing for what Drive Activity does not tell."""
    if event.before is None:
        original = find(event.copied_from) if event.copied_from else None
        return (Created(event.origin or "new", None if original is None else slim(original)),)
    if event.after is None:
        return (Deleted(is_permanent=True),)
    found = tuple(_changes(event.before, event.after, find))
    return found or _touched(event.before, event.after)


def drive_actions(event: DriveEvent) -> tuple[Action, ...]:
    """Return what was done to a shared drive, the most important first."""
    if event.before is None:
        return (Created(),)
    if event.after is None:
        return (Deleted(is_permanent=True),)
    return tuple(_drive_changes(event.before, event.after))


def _touched(before: Item, after: Item) -> tuple[Action, ...]:
    """A later modification that shows in nothing else is an edit."""
    return (Edited(),) if after.modified_ms > before.modified_ms else ()


def _changes(before: Item, after: Item, find: Find) -> Iterator[Action]:
    if before.explicitly_trashed != after.explicitly_trashed:
        yield Deleted(is_permanent=False) if after.explicitly_trashed else Restored()
    if before.parent != after.parent:
        yield Moved(_folders(after.parent, find), _folders(before.parent, find))
    if before.name != after.name:
        yield Renamed(before.name, after.name)
    if _content(before) != _content(after):
        yield Edited()
    old, new = _own_grants(before), _own_grants(after)
    if old != new:
        yield PermissionsChanged(_missing(new, old), _missing(old, new))
    yield from _settings_changes(_item_features(before.traits), _item_features(after.traits))
    if before.traits.labels != after.traits.labels:
        yield LabelsChanged(tuple(_label_changes(before.traits.labels, after.traits.labels)))


def _folders(folder_id: str | None, find: Find) -> tuple[Item, ...]:
    folder = None if folder_id is None else find(folder_id)
    return () if folder is None else (slim(folder),)


def _content(item: Item) -> tuple[object, ...]:
    return item.head_revision, item.size, item.traits.text


def _own_grants(item: Item) -> Mapping[str, Permission]:
    """Return the grants made on an item itself, without what does not matter here."""
    return {
        grant.id: replace(grant, role=_own_role(grant), details=(), expires_ms=None, pending_owner=False)
        for grant in item.permissions
        if not grant.is_inherited and grant.view != "metadata"
    }


def _own_role(grant: Permission) -> str:
    return next((detail.role for detail in grant.details if detail.inherited_from is None), grant.role)


def _missing(grants: Mapping[str, Permission], others: Mapping[str, Permission]) -> tuple[Permission, ...]:
    return tuple(grant for grant in grants.values() if others.get(grant.id) != grant)


def _drive_changes(before: Drive, after: Drive) -> Iterator[Action]:
    if before.name != after.name:
        yield Renamed(before.name, after.name)
    yield from _settings_changes(_drive_features(before.restrictions), _drive_features(after.restrictions))


def _item_features(traits: Traits) -> Mapping[str, bool]:
    """Return which features are restricted on an item."""
    return {"ITEM_DUPLICATION": traits.copy_requires_writer, **_download_features(traits.downloads)}


def _drive_features(restrictions: DriveRestrictions) -> Mapping[str, bool]:
    """Return which features are restricted in a shared drive."""
    return {
        "ITEM_DUPLICATION": restrictions.copy_requires_writer_permission,
        "SHARING_OUTSIDE_DOMAIN": restrictions.domain_users_only,
        "DIRECT_SHARING": restrictions.drive_members_only,
        "FILE_ORGANIZER_CAN_SHARE_FOLDERS": restrictions.sharing_folders_requires_organizer_permission,
        **_download_features(restrictions.download_restriction),
    }


def _download_features(downloads: DownloadRestriction) -> Mapping[str, bool]:
    return {
        "READERS_CAN_DOWNLOAD": downloads.restricted_for_readers,
        "WRITERS_CAN_DOWNLOAD": downloads.restricted_for_writers,
    }


def _settings_changes(before: Mapping[str, bool], after: Mapping[str, bool]) -> Iterator[SettingsChanged]:
    changed = tuple((feature, restricted) for feature, restricted in after.items() if before[feature] != restricted)
    if changed:
        yield SettingsChanged(changed)


def _label_changes(before: tuple[Label, ...], after: tuple[Label, ...]) -> Iterator[LabelChange]:
    old, new = {label.id: label for label in before}, {label.id: label for label in after}
    for label in after:
        if label.id not in old:
            yield LabelChange(label, "LABEL_ADDED")
        elif old[label.id].fields != label.fields:
            yield LabelChange(label, "LABEL_FIELD_VALUE_CHANGED", tuple(_field_changes(old[label.id], label)))
    for label in before:
        if label.id not in new:
            yield LabelChange(label, "LABEL_REMOVED")


def _field_changes(before: Label, after: Label) -> Iterator[FieldChange]:
    old = {field_id: (kind, values) for field_id, kind, values in before.fields}
    new = {field_id: (kind, values) for field_id, kind, values in after.fields}
    for field_id in {**old, **new}:
        if old.get(field_id) != new.get(field_id):
            kind = (new.get(field_id) or old[field_id])[0]
            yield FieldChange(field_id, kind, old.get(field_id, ("", ()))[1], new.get(field_id, ("", ()))[1])
