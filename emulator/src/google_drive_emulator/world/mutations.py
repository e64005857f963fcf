"""Mutations as messages: operations in, changes of the world out (the control API, scenarios).

``id`` is an item's or a shared drive's; a shared drive's members are the permissions on it. ``by`` is the address of
who does it, by default the first user. What cannot be done raises ``MutationError``.
"""

from typing import TypeAlias

from google_drive_emulator.world.account_mutations import (
    AddUser,
    ByUser,
    CreateDrive,
    DeleteDrive,
    PutGroup,
    RemoveGroup,
    RemoveUser,
    UpdateDrive,
    user_at,
)
from google_drive_emulator.world.grantees import grant_to, roles_on
from google_drive_emulator.world.timestamps import parse_rfc3339
from google_drive_emulator.world.world import MutationError, World

# Fields are named as Drive spells them.
# ruff: noqa: N815


class Create(ByUser, frozen=True, tag="create"):
    """Add an item; ``parent`` is the root of who makes it by default, ``content`` the text of a blob."""

    name: str
    mimeType: str = "text/plain"
    parent: str | None = None
    content: str = ""
    targetId: str | None = None

    def apply(self, world: World) -> str:
        """Add the item."""
        created = world.create(
            self.name,
            mime_type=self.mimeType,
            parent=self.parent,
            data=self.content.encode(),
            target=self.targetId,
            owner=self.actor(world),
        )
        return created.id


class Rename(ByUser, frozen=True, tag="rename"):
    """Give an item another name."""

    id: str
    name: str

    def apply(self, world: World) -> str:
        """Rename the item."""
        return world.rename(self.id, self.name, by=self.actor(world)).id


class Move(ByUser, frozen=True, tag="move"):
    """Put an item into another folder, also of another drive."""

    id: str
    parent: str

    def apply(self, world: World) -> str:
        """Move the item."""
        return world.move(self.id, self.parent, by=self.actor(world)).id


class Trash(ByUser, frozen=True, tag="trash"):
    """Trash an item."""

    id: str

    def apply(self, world: World) -> str:
        """Trash the item."""
        return world.trash(self.id, by=self.actor(world)).id


class Restore(ByUser, frozen=True, tag="restore"):
    """Take an item out of the trash."""

    id: str

    def apply(self, world: World) -> str:
        """Restore the item."""
        return world.restore(self.id, by=self.actor(world)).id


class Delete(ByUser, frozen=True, tag="delete"):
    """Delete an item and all below it for good."""

    id: str

    def apply(self, world: World) -> str:
        """Delete the item."""
        world.delete(self.id, by=self.actor(world))
        return self.id


class Touch(ByUser, frozen=True, tag="touch"):
    """Set an item's modification to now."""

    id: str

    def apply(self, world: World) -> str:
        """Touch the item."""
        return world.touch(self.id, by=self.actor(world)).id


class Edit(ByUser, frozen=True, tag="edit"):
    """Give a file new content."""

    id: str
    content: str

    def apply(self, world: World) -> str:
        """Edit the file."""
        return world.edit(self.id, self.content.encode(), by=self.actor(world)).id


class Share(ByUser, frozen=True, tag="share"):
    """Give someone a role: ``emailAddress`` for type user or group, ``domain`` for type domain."""

    id: str
    role: str = "reader"
    type: str = "user"
    emailAddress: str | None = None
    domain: str | None = None
    allowFileDiscovery: bool = False
    expirationTime: str | None = None

    def apply(self, world: World) -> str:
        """Share the item."""
        item = world.item(self.id)
        if item is not None and self.role not in roles_on(item):
            raise MutationError(f"role must be one of {', '.join(sorted(roles_on(item)))}, not {self.role!r}")
        try:
            grant = grant_to(
                world.accounts,
                self.type,
                self.role,
                address=self.emailAddress,
                domain=self.domain,
                is_discoverable=self.allowFileDiscovery,
                expires_ms=None if self.expirationTime is None else parse_rfc3339(self.expirationTime),
            )
        except ValueError as error:
            raise MutationError(str(error)) from None
        return world.share(self.id, grant, by=self.actor(world)).id


class Unshare(ByUser, frozen=True, tag="unshare"):
    """Take a grant away, by the id of its permission."""

    id: str
    permissionId: str

    def apply(self, world: World) -> str:
        """Take the grant away."""
        return world.unshare(self.id, self.permissionId, by=self.actor(world)).id


class Transfer(ByUser, frozen=True, tag="transfer"):
    """Make someone else the owner of an item of My Drive."""

    id: str
    emailAddress: str
    moveToNewOwnersRoot: bool = False

    def apply(self, world: World) -> str:
        """Transfer the ownership."""
        by = None if self.by is None else self.actor(world)
        owner = user_at(world, self.emailAddress)
        return world.transfer(self.id, owner, by=by, to_root=self.moveToNewOwnersRoot).id


class Limit(ByUser, frozen=True, tag="limit"):
    """Let what is granted above a folder hold on it no longer, or again."""

    id: str
    inheritedPermissionsDisabled: bool = True

    def apply(self, world: World) -> str:
        """Limit the item."""
        return world.limit(self.id, limited=self.inheritedPermissionsDisabled, by=self.actor(world)).id


class Star(ByUser, frozen=True, tag="star"):
    """Star an item for who does it, or take the star away."""

    id: str
    starred: bool = True

    def apply(self, world: World) -> str:
        """Star the item."""
        return world.star(self.id, self.actor(world), starred=self.starred).id


class View(ByUser, frozen=True, tag="view"):
    """Let someone look at an item."""

    id: str

    def apply(self, world: World) -> str:
        """View the item."""
        return world.view(self.id, self.actor(world)).id


Operation: TypeAlias = (
    Create
    | Rename
    | Move
    | Trash
    | Restore
    | Delete
    | Touch
    | Edit
    | Share
    | Unshare
    | Transfer
    | Limit
    | Star
    | View
    | CreateDrive
    | UpdateDrive
    | DeleteDrive
    | AddUser
    | RemoveUser
    | PutGroup
    | RemoveGroup
)


def apply(world: World, operation: Operation) -> str:
    """Carry out an operation and return the id of its item. Raises ``MutationError``."""
    return operation.apply(world)
