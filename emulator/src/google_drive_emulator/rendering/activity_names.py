"""How Drive Activity names things: users, items and shared drives in, the JSON of Google's messages out (facts E).

Users are named by their account's number, never by address. Fields that Google calls deprecated stand beside their
successors.
"""

from typing import TypeAlias

from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.oauth.identity import account_number
from google_drive_emulator.world.accounts import grantee_number
from google_drive_emulator.world.items import DOCUMENT, PRESENTATION, SPREADSHEET, Item, User
from google_drive_emulator.world.reading import Reading

Resource: TypeAlias = dict[str, Json]

_EDITORS = {DOCUMENT: "document", SPREADSHEET: "spreadsheets", PRESENTATION: "presentation"}
_FORMER_TYPES = {"SHARED_DRIVE_ROOT": "TEAM_DRIVE_ROOT"}


class Names:
    """Names things for one user."""

    def __init__(self, world: Reading, viewer: User) -> None:
        self._world = world
        self._viewer = viewer

    def user(self, user: User) -> Resource:
        """Return a User."""
        if user.permission_id in self._world.accounts.gone:
            return {"deletedUser": {}}
        known: Resource = {"personName": f"people/{account_number(user)}"}
        if user.email == self._viewer.email:
            known["isCurrentUser"] = True
        return {"knownUser": known}

    def address(self, email: str) -> Resource:
        """Return the User with an address, who is unknown without an account here."""
        user = self._world.user(email)
        return {"unknownUser": {}} if user is None else self.user(user)

    def item(self, item: Item) -> Resource:
        """Return a DriveItem."""
        return {**_reference(item), "mimeType": item.mime_type, "owner": self._owner(item)}

    def drive(self, root: Item) -> Resource:
        """Return a shared drive, by its root folder."""
        return {"name": f"drives/{root.id}", "title": root.name, "root": self.item(root)}

    def comment(self, item: Item, discussion_id: str, comment_id: str) -> Resource:
        """Return a FileComment; a reply's own id is ``comment_id``, that of what it answers ``discussion_id``."""
        return {
            "legacyCommentId": comment_id,
            "legacyDiscussionId": discussion_id,
            "linkToDiscussion": f"{_link(item)}?disco={discussion_id}",
            "parent": self.item(item),
        }

    def _owner(self, item: Item) -> Resource:
        if item.owner is not None:
            return {"user": self.user(item.owner), "domain": domain(item.owner.domain)}
        drive = self._world.drives.get(item.drive_id or "")
        title = item.name if drive is None else drive.name
        return {
            "drive": {"name": f"drives/{item.drive_id}", "title": title},
            "teamDrive": {"name": f"teamDrives/{item.drive_id}", "title": title},
        }


def target_reference(item: Item) -> Resource:
    """Return a TargetReference: to a shared drive when the item is its root folder."""
    if item.parent is None and item.drive_id is not None:
        return {
            "drive": {"name": f"drives/{item.id}", "title": item.name},
            "teamDrive": {"name": f"teamDrives/{item.id}", "title": item.name},
        }
    return {"driveItem": _reference(item)}


def domain(name: str) -> Resource:
    """Return a Domain."""
    return {"name": name, "legacyId": grantee_number(name)}


def _reference(item: Item) -> Resource:
    return {"name": f"items/{item.id}", "title": item.name, **_kind(item)}


def _kind(item: Item) -> Resource:
    if not item.is_folder:
        return {"driveFile": {}, "file": {}}
    if item.parent is not None:
        kind = "STANDARD_FOLDER"
    else:
        kind = "MY_DRIVE_ROOT" if item.drive_id is None else "SHARED_DRIVE_ROOT"
    return {"driveFolder": {"type": kind}, "folder": {"type": _FORMER_TYPES.get(kind, kind)}}


def _link(item: Item) -> str:
    editor = _EDITORS.get(item.mime_type)
    if editor is None:
        return f"https://drive.google.com/file/d/{item.id}/view"
    return f"https://docs.google.com/{editor}/d/{item.id}/edit"
