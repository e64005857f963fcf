"""Random mutations: a world and a seed in, operations that the world allows out."""

import random
from collections.abc import Callable, Sequence
from itertools import islice

from google_drive_emulator.sources.names import item_name
from google_drive_emulator.world.account_mutations import CreateDrive, DeleteDrive, PutGroup, UpdateDrive
from google_drive_emulator.world.grantees import roles_on
from google_drive_emulator.world.items import FOLDER, DriveRestrictions, Item, User
from google_drive_emulator.world.mutations import (
    Create,
    Delete,
    Edit,
    Limit,
    Move,
    Operation,
    Rename,
    Restore,
    Share,
    Star,
    Touch,
    Transfer,
    Trash,
    Unshare,
    View,
)
from google_drive_emulator.world.world import World

_SMALL = 30
_MOST_DRIVES = 5


class RandomMutations:
    """Valid operations on a world, chosen by a seed; each one is meant to be applied before the next is chosen.

    Without ``inherited``, no folder is changed in a way that what is below it inherits: every effect is then an entry
    of the change log. They are on the first user's My Drive, or with ``everyone`` on all that there is, by all users:
    shared drives come and go then, with their members, and items move between them and My Drives.
    """

    def __init__(self, world: World, seed: int, *, inherited: bool = True, everyone: bool = False) -> None:
        self._world = world
        self._inherited = inherited
        self._everyone = everyone
        self._random = random.Random(seed)
        self._kinds: Sequence[Callable[[], Operation | None]] = (
            self._create,
            self._rename,
            self._move,
            self._trash,
            self._restore,
            self._delete,
            self._touch,
            self._edit,
            self._share,
            self._unshare,
            *((self._star, self._view, self._transfer, self._update_drive) if everyone else ()),
            *((self._limit, self._join, self._leave, self._regroup) if everyone and inherited else ()),
            *((self._create_drive, self._delete_drive) if everyone and inherited else ()),
        )

    def next(self) -> Operation:
        """Choose an operation that the world allows now."""
        for _ in range(100):
            operation = self._random.choice(self._kinds)()
            if operation is not None:
                return operation
        return self._create()

    # ── whom and what it is about ────────────────────────────────────────────

    def _by(self) -> str | None:
        return self._user().email if self._everyone else None

    def _user(self) -> User:
        return self._random.choice(self._world.users)

    def _item(self, wanted: Callable[[Item], bool] = lambda _item: True) -> Item | None:
        """Pick an item by a few throws; a throw may miss, for items may be deleted or not as wanted."""
        size = self._world.next_position
        for _ in range(20):
            item = self._world.item_at(self._random.randrange(size)) if size else None
            if item is not None and (self._everyone or item.owner is self._world.users[0]) and wanted(item):
                return item
        return None

    def _heritable(self, wanted: Callable[[Item], bool] = lambda _item: True) -> Item | None:
        """Pick an item for a change that a folder hands down."""
        return self._item(lambda item: (self._inherited or not item.is_folder) and wanted(item))

    def _folder_id(self) -> str:
        folder = self._item(lambda item: item.is_folder and not item.trashed)
        if folder is None or self._random.random() < 0.1:
            return self._root_id()
        return folder.id

    def _root_id(self) -> str:
        if not self._everyone:
            return self._world.root_id(self._world.users[0])
        roots = [*self._world.drives, self._world.root_id(self._user())]
        return self._random.choice(roots)

    def _drive_id(self) -> str | None:
        drives = sorted(self._world.drives)
        return self._random.choice(drives) if drives else None

    def _name(self) -> str:
        return item_name(self._random.getrandbits(40))

    def _text(self) -> str:
        return "".join(self._random.choices("abcdefgh \n", k=self._random.randrange(200)))

    # ── items ────────────────────────────────────────────────────────────────

    def _create(self) -> Create:
        if self._random.random() < 0.25:
            return Create(self._name(), FOLDER, self._folder_id(), by=self._by())
        return Create(self._name() + ".txt", "text/plain", self._folder_id(), self._text(), by=self._by())

    def _rename(self) -> Rename | None:
        item = self._item()
        return None if item is None else Rename(item.id, self._name(), by=self._by())

    def _move(self) -> Move | None:
        item, folder_id = self._heritable(), self._folder_id()
        if item is None or self._world.is_below(folder_id, item.id):
            return None
        return Move(item.id, folder_id, by=self._by())

    def _trash(self) -> Trash | None:
        item = self._heritable(lambda item: not item.trashed)
        return None if item is None else Trash(item.id, by=self._by())

    def _restore(self) -> Restore | None:
        item = self._heritable(lambda item: item.explicitly_trashed)
        return None if item is None else Restore(item.id, by=self._by())

    def _delete(self) -> Delete | None:
        item = self._heritable(self._is_small)
        return None if item is None else Delete(item.id, by=self._by())

    def _is_small(self, item: Item) -> bool:
        """A folder with much below it is left alone, so that chance does not empty the world."""
        return not item.is_folder or sum(1 for _ in islice(self._world.descendants(item.id), _SMALL)) < _SMALL

    def _touch(self) -> Touch | None:
        item = self._item()
        return None if item is None else Touch(item.id, by=self._by())

    def _edit(self) -> Edit | None:
        item = self._item(lambda item: item.size is not None)
        return None if item is None else Edit(item.id, self._text(), by=self._by())

    def _star(self) -> Star | None:
        viewer = self._world.viewer(self._user())
        item = self._item(viewer.sees)
        return None if item is None else Star(item.id, self._random.random() < 0.7, by=viewer.user.email)

    def _view(self) -> View | None:
        viewer = self._world.viewer(self._user())
        item = self._item(viewer.sees)
        return None if item is None else View(item.id, by=viewer.user.email)

    # ── who may see them ─────────────────────────────────────────────────────

    def _share(self) -> Share | None:
        item = self._heritable()
        return None if item is None else self._share_of(item)

    def _share_of(self, item: Item) -> Share | None:
        role, kind = self._random.choice(sorted(roles_on(item))), "user"
        if self._everyone:
            kind = self._random.choice(("user", "user", "group", "domain", "anyone"))
        if kind in {"domain", "anyone"} and role in {"fileOrganizer", "organizer"}:
            return None
        if kind == "domain":
            return Share(item.id, role, kind, domain=self._user().domain, by=self._by())
        if kind == "anyone":
            return Share(item.id, role, kind, by=self._by())
        address = self._group_address() if kind == "group" else self._address(item)
        return None if address is None else Share(item.id, role, kind, address, by=self._by())

    def _address(self, item: Item) -> str | None:
        if not self._everyone or self._random.random() < 0.1:
            return f"guest{self._random.randrange(50)}@example.org"
        user = self._user()
        return None if item.is_owned_by(user) else user.email

    def _group_address(self) -> str | None:
        groups = self._world.accounts.groups
        return self._random.choice(groups).email if groups else None

    def _unshare(self) -> Unshare | None:
        item = self._heritable(lambda item: len(item.permissions) > 1)
        return None if item is None else self._unshare_of(item.id)

    def _unshare_of(self, item_id: str) -> Unshare | None:
        taken = [each for each in self._world.own_permissions(item_id) if each.role != "owner"]
        return Unshare(item_id, self._random.choice(taken).id, by=self._by()) if taken else None

    def _transfer(self) -> Transfer | None:
        item, user = self._heritable(lambda item: item.owner is not None), self._user()
        if item is None or item.is_owned_by(user):
            return None
        return Transfer(item.id, user.email, self._random.random() < 0.5)

    def _limit(self) -> Limit | None:
        item = self._item(lambda item: item.is_folder)
        return None if item is None else Limit(item.id, not item.traits.is_limited, by=self._by())

    # ── shared drives and groups ─────────────────────────────────────────────

    def _create_drive(self) -> CreateDrive | None:
        return CreateDrive(self._name(), by=self._by()) if len(self._world.drives) < _MOST_DRIVES else None

    def _update_drive(self) -> UpdateDrive | None:
        drive_id = self._drive_id()
        if drive_id is None:
            return None
        if self._random.random() < 0.5:
            return UpdateDrive(drive_id, self._name(), by=self._by())
        held = self._world.drives[drive_id].restrictions
        restrictions = DriveRestrictions(
            copy_requires_writer_permission=self._random.random() < 0.5,
            drive_members_only=self._random.random() < 0.3 if self._inherited else held.drive_members_only,
        )
        return UpdateDrive(drive_id, restrictions=restrictions, by=self._by())

    def _delete_drive(self) -> DeleteDrive | None:
        drive_id = self._drive_id()
        return None if drive_id is None or self._random.random() < 0.7 else DeleteDrive(drive_id, by=self._by())

    def _join(self) -> Share | None:
        drive_id = self._drive_id()
        root = None if drive_id is None else self._world.item(drive_id)
        share = None if root is None else self._share_of(root)
        return share if share is not None and share.type in {"user", "group"} else None

    def _leave(self) -> Unshare | None:
        drive_id = self._drive_id()
        return None if drive_id is None else self._unshare_of(drive_id)

    def _regroup(self) -> PutGroup | None:
        """Let someone join a group, or leave it."""
        groups, user = self._world.accounts.groups, self._user()
        if not groups:
            return None
        group = self._random.choice(groups)
        return PutGroup(group.email, tuple(sorted({*group.members} ^ {user.email})))
