"""Drive Activity's ActionDetail: an action in, its JSON out (facts E)."""

from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.rendering.activity_names import Names, Resource, domain, target_reference
from google_drive_emulator.world.actions import (
    Action,
    Commented,
    Created,
    Deleted,
    DlpChanged,
    Edited,
    FieldChange,
    LabelChange,
    LabelsChanged,
    Moved,
    PermissionsChanged,
    Referenced,
    Renamed,
    Restored,
    SettingsChanged,
)
from google_drive_emulator.world.items import Permission, User

_ROLES = {
    "owner": "OWNER",
    "organizer": "ORGANIZER",
    "fileOrganizer": "FILE_ORGANIZER",
    "writer": "EDITOR",
    "commenter": "COMMENTER",
    "reader": "VIEWER",
}
_VALUE_TYPES = {"text": "text", "integer": "integer", "dateString": "date", "selection": "selection", "user": "user"}


def detail_resource(names: Names, action: Action) -> Resource:
    """Return an ActionDetail: one field, named for what was done."""
    match action:
        case PermissionsChanged():
            return {"permissionChange": _permission_change(names, action)}
        case Commented():
            return {"comment": _comment(names, action)}
        case SettingsChanged():
            return {"settingsChange": _settings_change(action)}
        case LabelsChanged():
            return {"appliedLabelChange": {"changes": [_label_change(change) for change in action.changes]}}
        case DlpChanged(kind):
            return {"dlpChange": {"type": kind}}
        case Referenced(kind):
            return {"reference": {"type": kind}}
        case _:
            return _deed(action)


def _deed(action: Created | Edited | Moved | Renamed | Deleted | Restored) -> Resource:
    match action:
        case Created():
            return {"create": _creation(action)}
        case Edited():
            return {"edit": {}}
        case Moved():
            return {"move": _move(action)}
        case Renamed(old, new):
            return {"rename": {"oldTitle": old, "newTitle": new}}
        case Deleted(is_permanent):
            return {"delete": {"type": "PERMANENT_DELETE" if is_permanent else "TRASH"}}
        case Restored():
            return {"restore": {"type": "UNTRASH"}}


def _creation(action: Created) -> Resource:
    if action.origin == "upload":
        return {"upload": {}}
    if action.origin == "new":
        return {"new": {}}
    copied: Resource = {} if action.original is None else {"originalObject": target_reference(action.original)}
    return {"copy": copied}


def _move(action: Moved) -> Resource:
    sides = {"addedParents": action.added, "removedParents": action.removed}
    return {name: [target_reference(folder) for folder in folders] for name, folders in sides.items() if folders}


def _permission_change(names: Names, action: PermissionsChanged) -> Resource:
    sides = {"addedPermissions": action.added, "removedPermissions": action.removed}
    return {name: [_permission(names, grant) for grant in grants] for name, grants in sides.items() if grants}


def _permission(names: Names, grant: Permission) -> Resource:
    role = "PUBLISHED_VIEWER" if grant.view == "published" else _ROLES[grant.role]
    resource: Resource = {"role": role, **_grantee(names, grant)}
    if grant.allow_file_discovery:
        resource["allowDiscovery"] = True
    return resource


def _grantee(names: Names, grant: Permission) -> Resource:
    if grant.type == "user":
        return {"user": _user(names, grant)}
    if grant.type == "group":
        return {"group": {"email": grant.email or "", "title": grant.display_name or ""}}
    if grant.type == "domain":
        return {"domain": domain(grant.domain or "")}
    return {"anyone": {}}


def _user(names: Names, grant: Permission) -> Resource:
    """Return who was given a role; accounts elsewhere at Google have a number too."""
    if grant.is_deleted:
        return {"deletedUser": {}}
    return names.user(User(grant.email or "", grant.display_name or "", grant.id))


def _comment(names: Names, action: Commented) -> Resource:
    body: Resource = {"subtype": action.subtype}
    if action.kind == "assignment" and action.assignee is not None:
        body["assignedUser"] = names.address(action.assignee)
    resource: Resource = {action.kind: body}
    if action.mentioned:
        resource["mentionedUsers"] = [names.address(email) for email in action.mentioned]
    return resource


def _settings_change(action: SettingsChanged) -> Resource:
    changes: list[Json] = [
        {"feature": feature, "newRestriction": "FULLY_RESTRICTED" if restricted else "UNRESTRICTED"}
        for feature, restricted in action.restrictions
    ]
    return {"restrictionChanges": changes}


def _label_change(change: LabelChange) -> Resource:
    resource: Resource = {
        "label": f"labels/{change.label.id}@{change.label.revision_id}",
        "types": [change.type],
        "title": change.label.id,
    }
    if change.fields:
        resource["fieldChanges"] = [_field_change(each) for each in change.fields]
    return resource


def _field_change(change: FieldChange) -> Resource:
    resource: Resource = {"fieldId": change.id, "displayName": change.id}
    for name, values in (("oldValue", change.old), ("newValue", change.new)):
        if values:
            resource[name] = _field_value(change.kind, values)
    return resource


def _field_value(kind: str, values: tuple[str, ...]) -> Resource:
    """Return a FieldValue; several values of a text, selection or user make a list."""
    name = _VALUE_TYPES.get(kind, "text")
    shown: list[Json] = [_single(name, value) for value in values]
    if len(shown) > 1 and name in {"text", "selection", "user"}:
        return {f"{name}List": {"values": shown}}
    return {name: shown[0]}


def _single(name: str, value: str) -> Resource:
    if name == "selection":
        return {"value": value, "displayName": value}
    if name == "date":
        return {"value": f"{value}T00:00:00.000Z" if "T" not in value else value}
    return {"value": value}
