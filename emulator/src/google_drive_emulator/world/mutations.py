"""Mutations as messages: operations in, changes of the world out; and random ones from a seed."""

import random
from collections.abc import Callable, Sequence
from itertools import islice
from typing import TypeAlias

import msgspec

from google_drive_emulator.sources.names import item_name
from google_drive_emulator.world.items import FOLDER, Item, Permission, User
from google_drive_emulator.world.world import MutationError, World

_ROLES = frozenset({"reader", "commenter", "writer"})
_SMALL = 30


class _Operation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="op"):
    """A change of the world."""


class Create(_Operation, frozen=True, tag="create"):
    """Add an item; ``parent`` is the first user's root by default, ``content`` the text of a blob."""

    name: str
    mimeType: str = "text/plain"  # noqa: N815  # as Drive spells it
    parent: str | None = None
    content: str = ""
    targetId: str | None = None  # noqa: N815


class Rename(_Operation, frozen=True, tag="rename"):
    """Give an item another name."""

    id: str
    name: str


class Move(_Operation, frozen=True, tag="move"):
    """Put an item into another folder."""

    id: str
    parent: str


class Trash(_Operation, frozen=True, tag="trash"):
    """Trash an item."""

    id: str


class Restore(_Operation, frozen=True, tag="restore"):
    """Take an item out of the trash."""

    id: str


class Delete(_Operation, frozen=True, tag="delete"):
    """Delete an item and all below it for good."""

    id: str


class Touch(_Operation, frozen=True, tag="touch"):
    """Set an item's modification to now."""

    id: str


class Edit(_Operation, frozen=True, tag="edit"):
    """Give a file new content."""

    id: str
    content: str


class Share(_Operation, frozen=True, tag="share"):
    """Give someone a role: ``emailAddress`` for type user or group, ``domain`` for type domain."""

    id: str
    role: str = "reader"
    type: str = "user"
    emailAddress: str | None = None  # noqa: N815
    domain: str | None = None


class Unshare(_Operation, frozen=True, tag="unshare"):
    """Take a grant away, by the id of its permission."""

    id: str
    permissionId: str  # noqa: N815


Operation: TypeAlias = Create | Rename | Move | Trash | Restore | Delete | Touch | Edit | Share | Unshare


def apply(world: World, operation: Operation) -> str:
    """Carry out an operation and return the id of its item. Raises ``MutationError``."""
    match operation:
        case Create():
            return _create(world, operation)
        case Rename(item_id, name):
            return world.rename(item_id, name).id
        case Move(item_id, parent):
            return world.move(item_id, parent).id
        case Trash(item_id):
            return world.trash(item_id).id
        case Restore(item_id):
            return world.restore(item_id).id
        case Delete(item_id):
            world.delete(item_id)
            return item_id
        case Touch(item_id):
            return world.touch(item_id).id
        case Edit(item_id, content):
            return world.edit(item_id, content.encode()).id
        case Share():
            return world.share(operation.id, _permission(world, operation)).id
        case Unshare(item_id, permission_id):
            return world.unshare(item_id, permission_id).id


def _create(world: World, operation: Create) -> str:
    created = world.create(
        operation.name,
        mime_type=operation.mimeType,
        parent=operation.parent,
        data=operation.content.encode(),
        target=operation.targetId,
    )
    return created.id


def _permission(world: World, share: Share) -> Permission:
    if share.role not in _ROLES:
        raise MutationError(f"role must be one of {', '.join(sorted(_ROLES))}, not {share.role!r}")
    if share.type == "anyone":
        return Permission("anyoneWithLink", "anyone", share.role, allow_file_discovery=False)
    if share.type == "domain":
        if not share.domain:
            raise MutationError("a permission of type domain needs a domain")
        return Permission(f"{_number(share.domain)}k", "domain", share.role, None, share.domain, share.domain, False)
    if share.type not in {"user", "group"}:
        raise MutationError(f"type must be user, group, domain or anyone, not {share.type!r}")
    if not share.emailAddress:
        raise MutationError(f"a permission of type {share.type} needs an emailAddress")
    return _person(world.user(share.emailAddress), share.emailAddress, share)


def _person(user: User | None, email: str, share: Share) -> Permission:
    if user is not None:
        return Permission(user.permission_id, share.type, share.role, email, None, user.display_name)
    return Permission(_number(email), share.type, share.role, email, None, email.partition("@")[0])


def _number(text: str) -> str:
    return str(10**19 + random.Random(text).randrange(10**19))


class RandomMutations:
    """Valid operations on a world, chosen by a seed; each one is meant to be applied before the next is chosen.

    Without `inherited`, no folder is changed in a way that what is below it inherits: every effect is then an entry
    of the change log.
    """

    def __init__(self, world: World, seed: int, *, inherited: bool = True) -> None:
        self._world = world
        self._inherited = inherited
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
        )

    def next(self) -> Operation:
        """Choose an operation that the world allows now."""
        for _ in range(100):
            operation = self._random.choice(self._kinds)()
            if operation is not None:
                return operation
        return self._create()

    def _item(self, wanted: Callable[[Item], bool] = lambda _item: True) -> Item | None:
        """Pick an item by a few throws; a throw may miss, for items may be deleted or not as wanted."""
        size = self._world.next_position
        for _ in range(20):
            item = self._world.item_at(self._random.randrange(size)) if size else None
            if item is not None and item.owner is self._world.users[0] and wanted(item):
                return item
        return None

    def _heritable(self, wanted: Callable[[Item], bool] = lambda _item: True) -> Item | None:
        """Pick an item for a change that a folder hands down."""
        return self._item(lambda item: (self._inherited or not item.is_folder) and wanted(item))

    def _folder_id(self) -> str:
        folder = self._item(lambda item: item.is_folder and not item.trashed)
        if folder is None or self._random.random() < 0.1:
            return self._world.roots[self._world.users[0].email].id
        return folder.id

    def _name(self) -> str:
        return item_name(self._random.getrandbits(40))

    def _text(self) -> str:
        return "".join(self._random.choices("abcdefgh \n", k=self._random.randrange(200)))

    def _create(self) -> Create:
        if self._random.random() < 0.25:
            return Create(self._name(), FOLDER, self._folder_id())
        return Create(self._name() + ".txt", "text/plain", self._folder_id(), self._text())

    def _rename(self) -> Rename | None:
        item = self._item()
        return None if item is None else Rename(item.id, self._name())

    def _move(self) -> Move | None:
        item, folder_id = self._heritable(), self._folder_id()
        if item is None or self._world.is_below(folder_id, item.id):
            return None
        return Move(item.id, folder_id)

    def _trash(self) -> Trash | None:
        item = self._heritable(lambda item: not item.trashed)
        return None if item is None else Trash(item.id)

    def _restore(self) -> Restore | None:
        item = self._heritable(lambda item: item.explicitly_trashed)
        return None if item is None else Restore(item.id)

    def _delete(self) -> Delete | None:
        item = self._heritable(self._is_small)
        return None if item is None else Delete(item.id)

    def _is_small(self, item: Item) -> bool:
        """A folder with much below it is left alone, so that chance does not empty the world."""
        return not item.is_folder or sum(1 for _ in islice(self._world.descendants(item.id), _SMALL)) < _SMALL

    def _touch(self) -> Touch | None:
        item = self._item()
        return None if item is None else Touch(item.id)

    def _edit(self) -> Edit | None:
        item = self._item(lambda item: item.size is not None)
        return None if item is None else Edit(item.id, self._text())

    def _share(self) -> Share | None:
        item = self._heritable()
        if item is None:
            return None
        role = self._random.choice(sorted(_ROLES))
        return Share(item.id, role, "user", f"guest{self._random.randrange(50)}@example.org")

    def _unshare(self) -> Unshare | None:
        item = self._heritable(lambda item: len(item.permissions) > 1)
        if item is None:
            return None
        own = self._world.own_permissions(item.id)
        taken = [each for each in own if each.role != "owner"]
        return Unshare(item.id, self._random.choice(taken).id) if taken else None
