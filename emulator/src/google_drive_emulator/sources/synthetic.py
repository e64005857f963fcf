"""Synthetic worlds: a number of files and a seed in, a drive out whose items are made when asked for.

Every item is a pure function of the seed, its position and the number of files. What kind an item is follows from its
position alone, so that counting and finding children take no search; all else comes from a keyed hash.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from binascii import b2a_base64
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

from google_drive_emulator.sources.content import SyntheticContent
from google_drive_emulator.sources.names import GROUPS, PEOPLE, item_name
from google_drive_emulator.world.items import (
    DOCUMENT,
    FOLDER,
    NATIVE_PREFIX,
    PRESENTATION,
    SHORTCUT,
    SPREADSHEET,
    Counts,
    Item,
    Permission,
    ShortcutTarget,
    User,
)

MAX_FILES = 100_000_000

_FIRST_MS = 1_335_225_600_000  # 2012-04-24
_LAST_MS = 1_767_225_600_000  # 2026-01-01
_DOMAIN = "example.com"
_URL_SAFE = bytes.maketrans(b"+/", b"-_")

# Kinds by position: position % modulus == residue. None of the later ones falls on a folder.
_FOLDER_EVERY = 12
_SHORTCUT = (60, 7)
_DOCUMENT = (10, 3)
_TRASHED = (50, 11)
_FOREIGN = (40, 21)
_AT_ROOT = (97, 5)
_NAMED_AS_PREVIOUS = (30, 14)
_BLOCK = 64  # items that are created in one stretch of time
_BURST_EVERY = 4  # one block in so many is created within one second, as by an upload of many files

_BLOBS: Sequence[tuple[str, str]] = (
    ("application/pdf", ".pdf"),
    ("application/pdf", ".pdf"),
    ("application/pdf", ".PDF"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx"),
    ("image/jpeg", ".jpg"),
    ("image/jpeg", ".jpeg"),
    ("image/png", ".png"),
    ("video/mp4", ".mp4"),
    ("text/plain", ".txt"),
    ("text/csv", ".csv"),
    ("text/markdown", ".md"),
    ("application/json", ".json"),
    ("application/gzip", ".tar.gz"),
    ("application/octet-stream", ""),
)
_DOCUMENTS = (DOCUMENT, DOCUMENT, SPREADSHEET, PRESENTATION)


def _users() -> tuple[User, ...]:
    return tuple(
        User(f"user{number:02d}@{_DOMAIN}", name, f"1{number:02d}{0x5EED + number * 7919:017d}")
        for number, name in enumerate(PEOPLE)
    )


def _third_grants() -> tuple[Permission, ...]:
    groups = [
        Permission(f"2{number:019d}", "group", "reader", email=f"{name.lower()}@{_DOMAIN}", display_name=name)
        for number, name in enumerate(GROUPS)
    ]
    domain = Permission("30418712651283312412k", "domain", "reader", None, _DOMAIN, "Example", False)
    anyone = Permission("anyoneWithLink", "anyone", "reader", allow_file_discovery=False)
    return (*groups, domain, anyone)


class SyntheticSource:
    """``files`` items besides the root folders: about 1 in 12 a folder, each with exactly three permissions."""

    def __init__(self, files: int, seed: int) -> None:
        if not 0 <= files <= MAX_FILES:
            raise ValueError(f"the number of files must be from 0 to {MAX_FILES}, not {files}")
        self._files = files
        self._key = blake2b(str(seed).encode(), digest_size=16).digest()
        self._salt = int.from_bytes(self._key[:8])
        self._top = 5 + self._key[8] % 5
        self._branches = 3 + self._key[9] % 4
        self._blocks = max(1, -(-files // _BLOCK))
        self._users = _users()
        self._thirds = _third_grants()
        self._roots = {user.email: self._root_id(user) for user in self._users}
        self._grants = lru_cache(maxsize=8192)(self._make_grants)
        self._folder_id = lru_cache(maxsize=16_384)(self._id)
        self._block_ms = lru_cache(maxsize=1024)(self._find_block_ms)

    @property
    def users(self) -> Sequence[User]:
        """Return the accounts; the first one owns nearly everything."""
        return self._users

    @property
    def latest_modified_ms(self) -> int:
        """Return the end of the time in which synthetic items change."""
        return _LAST_MS

    def __len__(self) -> int:
        return self._files

    def root_id(self, user: User) -> str:
        """Return the id of a user's My Drive folder."""
        return self._roots[user.email]

    def position(self, item_id: str) -> int | None:
        """Read the position out of an id; None when no item has it."""
        try:
            packed = urlsafe_b64decode(item_id[1:])
        except (Base64Error, ValueError):
            return None
        if len(packed) != 24 or item_id[0] != "1":
            return None
        position = int.from_bytes(packed[:5]) ^ int.from_bytes(packed[5:10])
        if position >= self._files or self._id(position) != item_id:
            return None
        return position

    def created_ms(self, position: int) -> int:
        """Return when an item was created: in stretches that follow each other, some of them bursts."""
        block, place = divmod(position, _BLOCK)
        start = self._block_ms(block)
        if self._mix(block) % _BURST_EVERY == 0:
            return start + place * 15
        step = (self._block_ms(block + 1) - start) * 9 // (10 * _BLOCK)
        return start + step * place + self._mix(position) % max(1, step)

    def children(self, folder_id: str) -> Sequence[int]:
        """Return the positions right below a folder, worked out from the shape of the tree."""
        if folder_id == self._roots[self._users[0].email]:
            return self._root_children()
        if folder_id in self._roots.values():
            return ()
        position = self.position(folder_id)
        if position is None or position % _FOLDER_EVERY:
            return ()
        group = position // _FOLDER_EVERY
        first = self._top + group * self._branches
        return self._below(group, range(first, first + self._branches))

    def folders(self) -> Sequence[int]:
        """Return the positions of the folders."""
        return range(0, self._files, _FOLDER_EVERY)

    def counts(self) -> Counts:
        """Count the items by their positions alone."""
        return Counts(
            items=self._files,
            folders=len(self.folders()),
            shortcuts=len(range(_SHORTCUT[1], self._files, _SHORTCUT[0])),
            trashed=len(range(_TRASHED[1], self._files, _TRASHED[0])),
        )

    def item(self, position: int) -> Item:
        """Make an item."""
        digest = self._digest(position)
        foreign = _is(position, _FOREIGN)
        owner_number = 1 + digest[28] % (len(self._users) - 1) if foreign else 0
        writer_number = 0 if foreign else 1 + digest[28] % (len(self._users) - 1)
        created_ms = self.created_ms(position)
        trashed = _is(position, _TRASHED)
        mime_type, extension = self._type(position, digest)
        is_blob = not mime_type.startswith(NATIVE_PREFIX)
        content = SyntheticContent(digest[30:38]) if is_blob else None
        name = self._name(position, digest) + extension
        return Item(
            id=_pack_id(position, digest),
            name=name,
            mime_type=mime_type,
            parent=self._parent(position, owner_number),
            owner=self._users[owner_number],
            modifier=self._users[owner_number if digest[29] & 1 else writer_number],
            created_ms=created_ms,
            modified_ms=_modified_ms(created_ms, digest[24:28]),
            permissions=self._grants(owner_number, writer_number, digest[29] % len(self._thirds)),
            size=content.size if content else _document_size(mime_type, digest),
            content=content,
            version=1 + digest[38] * 3 + digest[39],
            head_revision=_head_revision(digest[8:24]) if is_blob else None,
            trashed=trashed,
            explicitly_trashed=trashed,
            starred=digest[38] % 20 == 0,
            target=self._target(position) if mime_type == SHORTCUT else None,
            description="As discussed" if digest[39] % 16 == 0 else None,
            original_name=name if is_blob else None,
        )

    def _digest(self, position: int) -> bytes:
        return blake2b(position.to_bytes(5), digest_size=40, key=self._key).digest()

    def _id(self, position: int) -> str:
        return _pack_id(position, self._digest(position))

    def _root_id(self, user: User) -> str:
        name = blake2b(user.email.encode(), digest_size=12, key=self._key).digest()
        return "0A" + urlsafe_b64encode(name).decode() + "k9PVA"

    def _mix(self, number: int) -> int:
        return ((number ^ self._salt) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF) >> 40

    def _find_block_ms(self, block: int) -> int:
        share = min(1.0, block / self._blocks)
        moment = _FIRST_MS + int((_LAST_MS - _FIRST_MS) * share**0.6)
        return -(-moment // 1000) * 1000  # whole seconds, so that a burst stays within one

    def _type(self, position: int, digest: bytes) -> tuple[str, str]:
        if position % _FOLDER_EVERY == 0:
            return FOLDER, ""
        if _is(position, _SHORTCUT):
            return SHORTCUT, ""
        if _is(position, _DOCUMENT):
            return _DOCUMENTS[digest[24] % len(_DOCUMENTS)], ""
        return _BLOBS[digest[24] % len(_BLOBS)]

    def _name(self, position: int, digest: bytes) -> str:
        if _is(position, _NAMED_AS_PREVIOUS):
            digest = self._digest(position - 1)
        return item_name(int.from_bytes(digest[19:24]))

    def _parent(self, position: int, owner_number: int) -> str:
        if owner_number:
            return self._roots[self._users[owner_number].email]
        group, place = divmod(position, _FOLDER_EVERY)
        if place and _is(position, _AT_ROOT):
            return self._roots[self._users[0].email]
        if place and not self._lifted(position):
            return self._folder_id(group * _FOLDER_EVERY)
        if group < self._top:
            return self._roots[self._users[0].email]
        return self._folder_id((group - self._top) // self._branches * _FOLDER_EVERY)

    def _lifted(self, position: int) -> bool:
        """Tell whether an item lies beside its group's folder, not in it; so that folders differ in size."""
        return self._mix(position) % 8 < 2

    def _root_children(self) -> list[int]:
        modulus, residue = _AT_ROOT
        strays = {
            position
            for position in range(residue, self._files, modulus)
            if position % _FOLDER_EVERY and not _is(position, _FOREIGN)
        }
        return sorted(strays.union(self._below(None, range(self._top))))

    def _below(self, group: int | None, subgroups: Sequence[int]) -> list[int]:
        """Return what lies in a group's folder: its files, its subfolders and what is lifted beside those."""
        found = [subgroup * _FOLDER_EVERY for subgroup in subgroups]
        found += [position for subgroup in subgroups for position in _members(subgroup) if self._lifted(position)]
        if group is not None:
            found += [position for position in _members(group) if not self._lifted(position)]
        return sorted(
            position
            for position in found
            if position < self._files
            and not (position % _FOLDER_EVERY and (_is(position, _AT_ROOT) or _is(position, _FOREIGN)))
        )

    def _make_grants(self, owner: int, writer: int, third: int) -> tuple[Permission, ...]:
        return (
            user_grant(self._users[owner], "owner"),
            user_grant(self._users[writer], "writer"),
            self._thirds[third],
        )

    def _target(self, position: int) -> ShortcutTarget:
        target = self._mix(position) % position
        if _is(target, _SHORTCUT):
            target -= target % _FOLDER_EVERY
        digest = self._digest(target)
        return ShortcutTarget(_pack_id(target, digest), self._type(target, digest)[0])


def user_grant(user: User, role: str) -> Permission:
    """Return the grant of a role to a user."""
    return Permission(user.permission_id, "user", role, email=user.email, display_name=user.display_name)


def _is(position: int, kind: tuple[int, int]) -> bool:
    return position % kind[0] == kind[1]


def _members(group: int) -> range:
    return range(group * _FOLDER_EVERY + 1, (group + 1) * _FOLDER_EVERY)


def _pack_id(position: int, digest: bytes) -> str:
    masked = position ^ int.from_bytes(digest[:5])
    packed = b2a_base64(masked.to_bytes(5) + digest[:19], newline=False)
    return "1" + packed.translate(_URL_SAFE).decode()


def _head_revision(noise: bytes) -> str:
    return "0B" + urlsafe_b64encode(noise).decode().rstrip("=") + "PQ"


def _modified_ms(created_ms: int, noise: bytes) -> int:
    if noise[0] % 5 < 2:
        return created_ms
    share = (int.from_bytes(noise[1:3]) / 65_536) ** 4
    return created_ms + int((_LAST_MS - created_ms) * share)


def _document_size(mime_type: str, digest: bytes) -> int | None:
    if mime_type in {FOLDER, SHORTCUT}:
        return None
    return 1024 + int.from_bytes(digest[30:33]) % 500_000
