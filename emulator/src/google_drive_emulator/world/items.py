"""What a drive holds, as values: users, permissions, items, shared drives. Immutable; a change makes a new value."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol, TypeAlias

import msgspec

FOLDER = "application/vnd.google-apps.folder"
SHORTCUT = "application/vnd.google-apps.shortcut"
DOCUMENT = "application/vnd.google-apps.document"
SPREADSHEET = "application/vnd.google-apps.spreadsheet"
PRESENTATION = "application/vnd.google-apps.presentation"
DRAWING = "application/vnd.google-apps.drawing"
SCRIPT = "application/vnd.google-apps.script"
FORM = "application/vnd.google-apps.form"
SITE = "application/vnd.google-apps.site"
VIDEO = "application/vnd.google-apps.vid"
NATIVE_PREFIX = "application/vnd.google-apps."

Checksum: TypeAlias = Literal["md5", "sha1", "sha256"]
Role: TypeAlias = str
"""One of ``ROLES``."""

ROLES: Sequence[Role] = ("reader", "commenter", "writer", "fileOrganizer", "organizer", "owner")
"""What a grantee may do, the weakest first (facts A7)."""

RANK: Mapping[Role, int] = {role: rank for rank, role in enumerate(ROLES, 1)}
WRITERS = frozenset({"owner", "organizer", "fileOrganizer", "writer"})

ANYONE_WITH_LINK = "anyoneWithLink"
ANYONE = "anyone"
LINK_IDS = frozenset({ANYONE_WITH_LINK, ANYONE})
"""The ids of grants that reach everybody."""


class User(msgspec.Struct, frozen=True):
    """An account of the emulated Google. ``permission_id`` is what its grants are called (facts A7)."""

    email: str
    display_name: str
    permission_id: str

    @property
    def domain(self) -> str:
        """Return the part of the address behind the @."""
        return self.email.rpartition("@")[2]


class Group(msgspec.Struct, frozen=True):
    """A group of accounts and of other groups, by their addresses. ``permission_id`` is what its grants are called."""

    email: str
    name: str
    permission_id: str
    members: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()


class Detail(msgspec.Struct, frozen=True):
    """Where a grantee's role on an item comes from (facts A7): the item itself, or a folder or drive above it.

    ``type`` is ``member`` for a member of a shared drive, else ``file``.
    """

    type: str
    role: Role
    inherited_from: str | None = None


class Permission(msgspec.Struct, frozen=True):
    """A grant on an item. ``type`` is user, group, domain or anyone; ``role`` as in facts A7.

    ``id`` names the grantee. ``details`` is empty for a grant made on the item itself and nowhere above it.
    ``view`` is ``metadata`` for who may see that a limited folder is there, and nothing in it.
    """

    id: str
    type: str
    role: Role
    email: str | None = None
    domain: str | None = None
    display_name: str | None = None
    allow_file_discovery: bool | None = None
    expires_ms: int | None = None
    view: str | None = None
    pending_owner: bool = False
    is_deleted: bool = False
    details: tuple[Detail, ...] = ()

    @property
    def is_inherited(self) -> bool:
        """Tell whether no part of this grant was made on the item itself."""
        return bool(self.details) and all(detail.inherited_from is not None for detail in self.details)


class ShortcutTarget(msgspec.Struct, frozen=True):
    """Where a shortcut points; the MIME type is the target's when the shortcut was made (facts A6)."""

    id: str
    mime_type: str
    resource_key: str | None = None


class Content(Protocol):
    """The bytes of a blob, or of a document as its editor would save it as text."""

    @property
    def size(self) -> int:
        """Return the length in bytes."""

    @property
    def is_hashed(self) -> bool:
        """Tell whether ``checksum`` answers at once; otherwise it reads the content and belongs in a thread."""

    def checksum(self, algorithm: Checksum) -> str | None:
        """Return a checksum in lower-case hexadecimal; None when the content can no longer be read."""

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from ``start`` up to ``stop``; may block. Raises ``OSError``."""


class Restriction(msgspec.Struct, frozen=True):
    """A lock on a file's content (facts A6)."""

    read_only: bool = True
    reason: str | None = None
    owner_restricted: bool = False
    user: User | None = None
    time_ms: int = 0


class DownloadRestriction(msgspec.Struct, frozen=True, rename="camel"):
    """Who may not download or copy, as Drive spells it; what writers may not, readers may not either."""

    restricted_for_readers: bool = False
    restricted_for_writers: bool = False


class Label(msgspec.Struct, frozen=True):
    """A label on an item: its id, revision and fields; a field's value is as Drive's ``LabelField`` spells it."""

    id: str
    revision_id: str = "1"
    fields: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    """For each field its id, its value type (text, integer, dateString, selection, user) and its values."""


class Traits(msgspec.Struct, frozen=True, gc=False):
    """What few items have, apart so that the many stay small."""

    properties: tuple[tuple[str, str], ...] = ()
    app_properties: tuple[tuple[str, str], ...] = ()
    labels: tuple[Label, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    is_limited: bool = False
    """``inheritedPermissionsDisabled``: what is granted above does not hold here (facts A6)."""
    copy_requires_writer: bool = False
    downloads: DownloadRestriction = DownloadRestriction()
    """``itemDownloadRestriction``: who may not download or copy the item, whatever its drive says (facts A6)."""
    writers_can_share: bool = True
    is_abusive: bool = False
    """Taken for malware: downloaded only by who acknowledges it (facts A10)."""
    downloads_exceeded: bool = False
    """Past its own download quota (facts A10)."""
    resource_key: str | None = None
    folder_color: str | None = None
    trashed_ms: int | None = None
    trasher: User | None = None
    text: str | None = None
    """What a document of the Docs editors says, where it was given one."""
    indexable_text: str | None = None
    keep_head_revision: bool = False


NO_TRAITS = Traits()


class Item(msgspec.Struct, frozen=True, gc=False):
    """A file, folder or shortcut.

    As stored, ``permissions`` are the grants made on the item itself; as ``World.item`` gives it, those of all who may
    see it. ``parent`` is None only for a root folder; a shared drive's root folder has the drive's id (facts A6).
    ``owner`` is None for all that lies in a shared drive, which ``drive_id`` then names. ``size`` is None for sizeless
    items (folders, shortcuts), ``content`` is None for all but blobs. Times are epoch milliseconds.
    """

    id: str
    name: str
    mime_type: str
    parent: str | None
    owner: User | None
    modifier: User
    created_ms: int
    modified_ms: int
    permissions: tuple[Permission, ...]
    size: int | None = None
    content: Content | None = None
    version: int = 1
    head_revision: str | None = None
    trashed: bool = False
    explicitly_trashed: bool = False
    starred: bool = False
    """Starred by its owner when the world began; later stars are kept with the user (``World.marks``)."""
    target: ShortcutTarget | None = None
    description: str | None = None
    original_name: str | None = None
    drive_id: str | None = None
    traits: Traits = NO_TRAITS

    @property
    def is_folder(self) -> bool:
        """Tell whether this is a folder."""
        return self.mime_type == FOLDER

    @property
    def is_shortcut(self) -> bool:
        """Tell whether this is a shortcut."""
        return self.mime_type == SHORTCUT

    @property
    def is_document(self) -> bool:
        """Tell whether this is a file of the Docs editors."""
        return self.content is None and not self.is_folder and not self.is_shortcut

    @property
    def is_blob(self) -> bool:
        """Tell whether this has bytes of its own."""
        return self.content is not None

    def is_owned_by(self, user: User) -> bool:
        """Tell whether a user owns this; nobody owns what lies in a shared drive."""
        return self.owner is not None and (self.owner is user or self.owner.email == user.email)


class DriveRestrictions(msgspec.Struct, frozen=True, rename="camel"):
    """What a shared drive forbids, as Drive spells it."""

    admin_managed_restrictions: bool = False
    copy_requires_writer_permission: bool = False
    domain_users_only: bool = False
    drive_members_only: bool = False
    sharing_folders_requires_organizer_permission: bool = False
    download_restriction: DownloadRestriction = DownloadRestriction()


class Drive(msgspec.Struct, frozen=True):
    """A shared drive. Its members are the permissions of its root folder, which has the same id.

    ``domain`` is the one it belongs to. ``image_id`` is the file its background was cut from, if not that of a theme.
    """

    id: str
    name: str
    created_ms: int
    color: str = "#5c6bc0"
    theme_id: str | None = None
    org_unit_id: str | None = None
    restrictions: DriveRestrictions = DriveRestrictions()
    domain: str | None = None
    image_id: str | None = None


class DriveWithMembers(msgspec.Struct, frozen=True):
    """A shared drive that a world begins with; ``members`` are the grants on its root folder."""

    drive: Drive
    maker: User
    members: tuple[Permission, ...]


class Counts(msgspec.Struct, frozen=True):
    """How many items there are of each kind; root folders are not counted. ``files`` are neither of the others."""

    items: int
    folders: int
    shortcuts: int
    trashed: int

    @property
    def files(self) -> int:
        """Return the number of items that are neither folders nor shortcuts."""
        return self.items - self.folders - self.shortcuts


class Source(Protocol):
    """The items a world starts with, made when asked for and never stored.

    Positions run from 0 to ``len - 1``. No folder starts trashed, and none has grants that would hold for others than
    its owner.
    """

    @property
    def users(self) -> Sequence[User]:
        """Return the accounts; the first one is the one that open authentication stands for."""

    @property
    def groups(self) -> Sequence[Group]:
        """Return the groups that grants name."""

    @property
    def drives(self) -> Sequence[DriveWithMembers]:
        """Return the shared drives."""

    @property
    def latest_modified_ms(self) -> int:
        """Return a moment that no item's modification is later than."""

    def __len__(self) -> int: ...

    def root_id(self, user: User) -> str:
        """Return the id of a user's My Drive folder."""

    def item(self, position: int) -> Item:
        """Make the item at a position."""

    def position(self, item_id: str) -> int | None:
        """Return the position of an id, or None."""

    def created_ms(self, position: int) -> int:
        """Return when an item was created, in epoch milliseconds; it takes much less than to make the item."""

    def created_within(self, from_ms: int | None, before_ms: int | None) -> Sequence[range]:
        """Return ascending runs of the positions of all items created from one moment on and before another."""

    def in_drive(self, drive_id: str) -> Sequence[int]:
        """Return the positions of the items in a shared drive, ascending."""

    def children(self, folder_id: str) -> Sequence[int]:
        """Return the positions of the items right below a folder (a root included), ascending."""

    def folders(self) -> Sequence[int]:
        """Return the positions of the folders, ascending."""

    def counts(self) -> Counts:
        """Count the items."""


def bisected(size: int, created_ms: Callable[[int], int], from_ms: int | None, before_ms: int | None) -> range:
    """Return the positions created within a time, for a source whose creation times never fall."""
    everything = range(size)
    low = 0 if from_ms is None else bisect_left(everything, from_ms, key=created_ms)
    high = size if before_ms is None else bisect_left(everything, before_ms, key=created_ms)
    return range(low, max(low, high))
