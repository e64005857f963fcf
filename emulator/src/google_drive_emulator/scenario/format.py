"""The language of scenarios: JSON in, checked values out; what Drive has is spelled as Drive spells it.

A *moment* is RFC 3339 text, epoch milliseconds, or relative to the scenario's ``now``: ``-3d``, ``+90m``, ``now``.
A *reference* is the key that a scenario gave to a drive or an item, or an id of the base world.
"""

from typing import Literal, TypeAlias

import msgspec

from google_drive_emulator.downloads.operations import OperationSettings
from google_drive_emulator.grammar.pages import PageSettings
from google_drive_emulator.http.faults import Fault
from google_drive_emulator.http.quota import QuotaSettings
from google_drive_emulator.push.settings import PushSettings
from google_drive_emulator.search.activities import ActivitySettings
from google_drive_emulator.sources.tree import Shape
from google_drive_emulator.uploads.sessions import UploadSettings
from google_drive_emulator.world.items import DriveRestrictions
from google_drive_emulator.world.mutations import Operation
from google_drive_emulator.world.policy import SharingPolicy
from google_drive_emulator.world.quirks import Quirks
from google_drive_emulator.writing.limits import WriteLimits

Moment: TypeAlias = str | int
Editor: TypeAlias = Literal[
    "document",
    "spreadsheet",
    "presentation",
    "drawing",
    "form",
    "script",
    "site",
    "vid",
    "jam",
    "map",
    "thirdParty",
]
LabelValueType: TypeAlias = Literal["text", "integer", "dateString", "selection", "user"]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A part of a scenario."""


class Base(_Part, frozen=True):
    """What a scenario's world begins with: a synthetic one (``files`` and the rest), or a ``directory``."""

    files: int = 0
    seed: int = 0
    drives: int = 0
    drive_files: int = 0
    shape: Shape = "usual"
    directory: str | None = None


class Clock(_Part, frozen=True):
    """The emulator's time: ``now`` instead of the real one, and whether it stands still."""

    now: Moment | None = None
    frozen: bool = False


class Account(_Part, frozen=True):
    """A user. ``deleted`` ones are gone when all is built; grants to them stay."""

    email: str
    name: str | None = None
    admin: bool = False
    deleted: bool = False


class GroupPart(_Part, frozen=True):
    """A group; its members are users and groups, by their addresses. ``deleted`` ones are gone when all is built."""

    email: str
    name: str | None = None
    members: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()
    deleted: bool = False


class Grant(_Part, frozen=True):
    """A permission. ``many`` is for large numbers: so many readers outside, in place of one address."""

    role: Literal["reader", "commenter", "writer", "fileOrganizer", "organizer"] = "reader"
    type: Literal["user", "group", "domain", "anyone"] = "user"
    email_address: str | None = None
    domain: str | None = None
    allow_file_discovery: bool = False
    expiration_time: Moment | None = None
    pending_owner: bool = False
    many: int | None = None


class DrivePart(_Part, frozen=True):
    """A shared drive. The first member of type user with the role organizer made it; else the first user did."""

    key: str
    name: str
    id: str | None = None
    members: tuple[Grant, ...] = ()
    restrictions: DriveRestrictions = DriveRestrictions()
    created_time: Moment | None = None
    hidden_by: tuple[str, ...] = ()


class LabelPart(_Part, frozen=True):
    """A label; each field has one type of value and the values: ``{"priority": {"selection": ["high"]}}``."""

    id: str
    revision_id: str = "1"
    fields: dict[str, dict[LabelValueType, tuple[str, ...]]] = {}


class RestrictionPart(_Part, frozen=True):
    """A lock on a file's content."""

    reason: str | None = None
    owner_restricted: bool = False


class ReplyPart(_Part, frozen=True):
    """An answer to a comment, or what resolves or reopens it."""

    author: str
    content: str = ""
    action: Literal["resolve", "reopen"] | None = None
    created_time: Moment | None = None
    deleted: bool = False


class CommentPart(_Part, frozen=True):
    """A comment with its replies; ``quoted`` is the text it is about. ``+address`` mentions someone."""

    author: str
    content: str
    created_time: Moment | None = None
    anchor: str | None = None
    quoted: str | None = None
    assignee: str | None = None
    replies: tuple[ReplyPart, ...] = ()
    deleted: bool = False


class RevisionPart(_Part, frozen=True):
    """An earlier content of a file or document, oldest first; one of ``text``, ``base64`` and ``size``."""

    text: str | None = None
    base64: str | None = None
    size: int | None = None
    modified_time: Moment | None = None
    modified_by: str | None = None
    keep_forever: bool = False


class _ItemPart(_Part, frozen=True, tag_field="type"):
    """What all items have. ``parent`` is for items that are not among a folder's ``children``.

    It is the key of a folder or drive, or the address of a user for their My Drive; by default it is that of the owner,
    who by default is the first user. What has no ``createdTime`` was created with its folder, at the top of the tree
    now; and modified when it was created. With ``copies`` there are so many alike; ``{n}`` in the name numbers them.
    Items marked ``deleted`` are gone when all is built, so that shortcuts to them dangle.
    """

    name: str
    key: str | None = None
    id: str | None = None
    parent: str | None = None
    owner: str | None = None
    created_time: Moment | None = None
    modified_time: Moment | None = None
    modified_by: str | None = None
    description: str | None = None
    permissions: tuple[Grant, ...] = ()
    inherited_permissions_disabled: bool = False
    starred_by: tuple[str, ...] = ()
    viewed_by: tuple[str, ...] = ()
    properties: dict[str, str] = {}
    app_properties: dict[str, str] = {}
    labels: tuple[LabelPart, ...] = ()
    writers_can_share: bool = True
    resource_key: str | None = None
    trashed: bool = False
    trashed_time: Moment | None = None
    deleted: bool = False
    copies: int = 1


class _Readable(_ItemPart, frozen=True):
    """What files and documents have."""

    text: str | None = None
    size: int | None = None
    copy_requires_writer_permission: bool = False
    content_restrictions: tuple[RestrictionPart, ...] = ()
    revisions: tuple[RevisionPart, ...] = ()
    comments: tuple[CommentPart, ...] = ()


class FilePart(_Readable, frozen=True, tag="file"):
    """A file with bytes: its ``text``, its bytes in ``base64``, or ``size`` bytes made as they are read.

    The MIME type follows from the name unless it is given.
    """

    mime_type: str | None = None
    base64: str | None = None
    abusive: bool = False
    downloads_exceeded: bool = False


class DocumentPart(_Readable, frozen=True, tag="document"):
    """A file of Google's editors, or a third-party one, which has no content. ``size`` is only told."""

    editor: Editor = "document"


class FolderPart(_ItemPart, frozen=True, tag="folder"):
    """A folder; with ``levels`` so many in each other, of which the innermost has the children."""

    children: tuple["ItemPart", ...] = ()
    folder_color_rgb: str | None = None
    levels: int = 1


class ShortcutPart(_ItemPart, frozen=True, kw_only=True, tag="shortcut"):
    """A shortcut; its ``target`` is a reference, also to something further down, or to a folder it lies in."""

    target: str


ItemPart: TypeAlias = FolderPart | FilePart | DocumentPart | ShortcutPart


class Settings(_Part, frozen=True):
    """How the emulator behaves, spelled as the control API spells it; what is not named stays as it is."""

    latency_ms: int | None = None
    quirks: Quirks | None = None
    policy: SharingPolicy | None = None
    pages: PageSettings | None = None
    quota: QuotaSettings | None = None
    push: PushSettings | None = None
    limits: WriteLimits | None = None
    uploads: UploadSettings | None = None
    operations: OperationSettings | None = None
    activity: ActivitySettings | None = None
    faults: tuple[Fault, ...] = ()


class ScenarioPart(_Part, frozen=True):
    """A whole scenario. ``mutations`` are carried out when asked for; references are good for their ids."""

    description: str = ""
    base: Base | None = None
    clock: Clock = Clock()
    users: tuple[Account, ...] = ()
    groups: tuple[GroupPart, ...] = ()
    drives: tuple[DrivePart, ...] = ()
    items: tuple[ItemPart, ...] = ()
    settings: Settings = Settings()
    mutations: tuple[Operation, ...] = ()
