"""What a drive holds, as values: users, permissions, items, shared drives. Immutable; a change makes a new value."""

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias

import msgspec

FOLDER = "application/vnd.google-apps.folder"
SHORTCUT = "application/vnd.google-apps.shortcut"
DOCUMENT = "application/vnd.google-apps.document"
SPREADSHEET = "application/vnd.google-apps.spreadsheet"
PRESENTATION = "application/vnd.google-apps.presentation"
NATIVE_PREFIX = "application/vnd.google-apps."

Checksum: TypeAlias = Literal["md5", "sha1", "sha256"]


class User(msgspec.Struct, frozen=True):
    """An account of the emulated Google. ``permission_id`` is what its grants are called (facts A7)."""

    email: str
    display_name: str
    permission_id: str


class Permission(msgspec.Struct, frozen=True):
    """A grant on an item. ``type`` is user, group, domain or anyone; ``role`` as in facts A7."""

    id: str
    type: str
    role: str
    email: str | None = None
    domain: str | None = None
    display_name: str | None = None
    allow_file_discovery: bool | None = None


class ShortcutTarget(msgspec.Struct, frozen=True):
    """Where a shortcut points; the MIME type is the target's when the shortcut was made (facts A6)."""

    id: str
    mime_type: str


class Content(Protocol):
    """The bytes of a blob."""

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


class Item(msgspec.Struct, frozen=True, gc=False):
    """A file, folder or shortcut, with the effective permissions of all who may see it.

    ``parent`` is None only for a root folder. ``size`` is None for sizeless items (folders, shortcuts), ``content`` is
    None for all but blobs (facts A6). Times are epoch milliseconds.
    """

    id: str
    name: str
    mime_type: str
    parent: str | None
    owner: User
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
    target: ShortcutTarget | None = None
    description: str | None = None
    original_name: str | None = None

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

    def role_of(self, user: User) -> str | None:
        """Return what a user may do here by a grant of their own, or None; grants to others do not count."""
        if self.owner is user or self.owner.email == user.email:
            return "owner"
        for permission in self.permissions:
            if permission.email == user.email and permission.type == "user":
                return permission.role
        return None


class Drive(msgspec.Struct, frozen=True):
    """A shared drive."""

    id: str
    name: str
    created_ms: int


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

    Positions run from 0 to ``len - 1``; ``created_ms`` never falls as positions rise. No folder starts trashed.
    """

    @property
    def users(self) -> Sequence[User]:
        """Return the accounts; the first one is the one that open authentication stands for."""

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
        """Return when the item at a position was created."""

    def children(self, folder_id: str) -> Sequence[int]:
        """Return the positions of the items right below a folder (a root included), ascending."""

    def folders(self) -> Sequence[int]:
        """Return the positions of the folders, ascending."""

    def counts(self) -> Counts:
        """Count the items."""
