"""A real directory tree as a drive: a path in, a source of items out.

The tree is read once, at the start; contents are read when asked for. Nothing is ever written. Symbolic links are not
followed: one that leads to an item of the tree becomes a shortcut, any other is skipped. So is what cannot be read.
"""

import os
import stat
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from mimetypes import guess_type
from pathlib import Path

import msgspec

from google_drive_emulator.sources.content import FileContent
from google_drive_emulator.world.items import (
    FOLDER,
    SHORTCUT,
    Counts,
    DriveWithMembers,
    Group,
    Item,
    Permission,
    ShortcutTarget,
    User,
    bisected,
)

OWNER = User("owner@example.com", "Directory Owner", "10000000000000000001")


class DirectoryError(ValueError):
    """The path cannot be served; the message says why."""


class _Entry(msgspec.Struct, frozen=True, gc=False):
    """A file, directory or link of the tree; ``path`` is relative to its top, as the system's bytes."""

    path: bytes
    mode: int
    size: int
    modified_ms: int
    target: bytes | None = None


@dataclass(slots=True)
class Skipped:
    """What of a tree is not served, and how often; the paths are the first ones of each kind."""

    links: int = 0
    unreadable: list[str] = field(default_factory=list)
    special: int = 0

    def __bool__(self) -> bool:
        return bool(self.links or self.unreadable or self.special)

    def __str__(self) -> str:
        parts = []
        if self.links:
            parts.append(f"{self.links} symbolic links that lead nowhere in the tree")
        if self.unreadable:
            first = ", ".join(self.unreadable[:3]) + (", ..." if len(self.unreadable) > 3 else "")
            parts.append(f"{len(self.unreadable)} unreadable files or directories ({first})")
        if self.special:
            parts.append(f"{self.special} sockets, pipes or devices")
        return "skipped " + "; ".join(parts) if parts else "nothing skipped"


class DirectorySource:
    """The items of a tree; the directory itself is the root folder. All belong to one user."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise DirectoryError(f"{path} is not a directory" if path.exists() else f"there is no directory {path}")
        self._top = path.resolve()
        self.skipped = Skipped()
        entries = sorted(self._read(), key=lambda entry: (entry.modified_ms, entry.path))
        self._entries = self._without_stray_links(entries)
        self._positions = {_id(entry.path): place for place, entry in enumerate(self._entries)}
        self._children: dict[str, list[int]] = {}
        for place, entry in enumerate(self._entries):
            self._children.setdefault(_parent_id(entry.path), []).append(place)
        self._contents: dict[int, FileContent] = {}
        self._folders = [place for place, entry in enumerate(self._entries) if stat.S_ISDIR(entry.mode)]

    @property
    def users(self) -> Sequence[User]:
        """Return the one owner."""
        return (OWNER,)

    @property
    def latest_modified_ms(self) -> int:
        """Return the latest modification in the tree."""
        return self._entries[-1].modified_ms if self._entries else 0

    def __len__(self) -> int:
        return len(self._entries)

    def root_id(self, user: User) -> str:
        """Return the id of the directory itself."""
        del user  # there is only one
        return _id(b"")

    def position(self, item_id: str) -> int | None:
        """Return the position of an id, or None."""
        return self._positions.get(item_id)

    @property
    def groups(self) -> Sequence[Group]:
        """Return no groups."""
        return ()

    @property
    def drives(self) -> Sequence[DriveWithMembers]:
        """Return no shared drives."""
        return ()

    def created_within(self, from_ms: int | None, before_ms: int | None) -> Sequence[range]:
        """Return the positions of all items created within a time."""
        return (bisected(len(self._entries), self.created_ms, from_ms, before_ms),)

    def in_drive(self, drive_id: str) -> Sequence[int]:
        """Return nothing: a directory is My Drive."""
        del drive_id
        return ()

    def created_ms(self, position: int) -> int:
        """Return when an item was created; systems rarely know, so it is when it was last modified."""
        return self._entries[position].modified_ms

    def children(self, folder_id: str) -> Sequence[int]:
        """Return the positions right below a folder."""
        return self._children.get(folder_id, ())

    def folders(self) -> Sequence[int]:
        """Return the positions of the folders."""
        return self._folders

    def counts(self) -> Counts:
        """Count the items."""
        shortcuts = sum(entry.target is not None for entry in self._entries)
        return Counts(len(self._entries), len(self._folders), shortcuts, 0)

    def item(self, position: int) -> Item:
        """Make an item."""
        entry = self._entries[position]
        name = _text(_base(entry.path))
        mime_type = _mime_type(entry, name)
        content = self._content(position, entry) if stat.S_ISREG(entry.mode) else None
        return Item(
            id=_id(entry.path),
            name=name,
            mime_type=mime_type,
            parent=_parent_id(entry.path),
            owner=OWNER,
            modifier=OWNER,
            created_ms=entry.modified_ms,
            modified_ms=entry.modified_ms,
            permissions=_GRANTS,
            size=content.size if content else None,
            content=content,
            head_revision="0B" + _hash(entry.path + b"\0%d" % entry.modified_ms)[:40] if content else None,
            target=self._shortcut(entry.target) if entry.target is not None else None,
            original_name=name if content else None,
        )

    def _content(self, position: int, entry: _Entry) -> FileContent:
        """Return the content of a file, the same one each time, for it keeps its checksums."""
        held = self._contents.get(position)
        if held is None:
            path = self._top / os.fsdecode(entry.path)
            held = self._contents[position] = FileContent(path, entry.size)
        return held

    def _shortcut(self, target: bytes) -> ShortcutTarget:
        position = self._positions.get(_id(target))
        if position is None:
            return ShortcutTarget(_id(target), FOLDER)  # the root itself
        return ShortcutTarget(_id(target), _mime_type(self._entries[position], _text(_base(target))))

    def _read(self) -> Iterator[_Entry]:
        """Walk the tree without following links."""
        top = os.fsencode(self._top)
        pending = [b""]
        while pending:
            folder = pending.pop()
            for entry in self._scan(top, folder):
                if stat.S_ISDIR(entry.mode):
                    pending.append(entry.path)
                yield entry

    def _scan(self, top: bytes, folder: bytes) -> Iterator[_Entry]:
        try:
            with os.scandir(_join(top, folder)) as listing:
                found = list(listing)
        except OSError:
            self.skipped.unreadable.append(_text(folder) + "/")
            return
        for each in found:
            entry = self._entry(top, _join(folder, each.name), each)
            if entry is not None:
                yield entry

    def _entry(self, top: bytes, path: bytes, found: "os.DirEntry[bytes]") -> _Entry | None:
        try:
            status = found.stat(follow_symlinks=False)
        except OSError:
            self.skipped.unreadable.append(_text(path))
            return None
        modified_ms = status.st_mtime_ns // 1_000_000
        if stat.S_ISLNK(status.st_mode):
            return self._link(top, path, status.st_mode, modified_ms)
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            self.skipped.special += 1
            return None
        if not os.access(found.path, os.R_OK):
            self.skipped.unreadable.append(_text(path))
            return None
        return _Entry(path, status.st_mode, status.st_size, modified_ms)

    def _link(self, top: bytes, path: bytes, mode: int, modified_ms: int) -> _Entry | None:
        target = os.path.relpath(os.path.realpath(_join(top, path)), top)
        if target == b".." or target.startswith(b"../"):
            self.skipped.links += 1
            return None
        return _Entry(path, mode, 0, modified_ms, b"" if target == b"." else target)

    def _without_stray_links(self, entries: list[_Entry]) -> list[_Entry]:
        """Drop the links whose target is not served."""
        served = {entry.path for entry in entries if entry.target is None} | {b""}
        kept = [entry for entry in entries if entry.target is None or entry.target in served]
        self.skipped.links += len(entries) - len(kept)
        return kept


_GRANTS = (Permission(OWNER.permission_id, "user", "owner", email=OWNER.email, display_name=OWNER.display_name),)


def _hash(data: bytes) -> str:
    return blake2b(data, digest_size=24).hexdigest()


def _id(path: bytes) -> str:
    if not path:
        return "0A" + urlsafe_b64encode(blake2b(b"root", digest_size=12).digest()).decode() + "k9PVA"
    return "1" + urlsafe_b64encode(blake2b(path, digest_size=24).digest()).decode()


def _parent_id(path: bytes) -> str:
    return _id(path.rpartition(b"/")[0])


def _join(folder: bytes, name: bytes) -> bytes:
    return folder + b"/" + name if folder and name else folder + name


def _base(path: bytes) -> bytes:
    return path.rpartition(b"/")[2]


def _text(path: bytes) -> str:
    """Return a path as text; bytes that are no UTF-8 become U+FFFD."""
    return path.decode("utf-8", "replace")


def _mime_type(entry: _Entry, name: str) -> str:
    if stat.S_ISDIR(entry.mode):
        return FOLDER
    if entry.target is not None:
        return SHORTCUT
    return guess_type(name)[0] or "application/octet-stream"
