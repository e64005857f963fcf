"""Mutations of accounts and shared drives as messages: operations in, changes of the world out (the control API).

What cannot be done raises ``MutationError``.
"""

import msgspec

from google_drive_emulator.world.accounts import grantee_number
from google_drive_emulator.world.items import DriveRestrictions, Group, User
from google_drive_emulator.world.world import MutationError, World

# Fields are named as Drive spells them.
# ruff: noqa: N815


class Mutation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="op"):
    """A change of the world; ``apply`` carries it out and returns the id of what it was done to."""


class ByUser(Mutation, frozen=True, kw_only=True):
    """A change that someone makes."""

    by: str | None = None

    def actor(self, world: World) -> User:
        """Return who makes it."""
        return user_at(world, self.by)


class CreateDrive(ByUser, frozen=True, tag="create_drive"):
    """Make a shared drive; who makes it is its organizer."""

    name: str
    id: str | None = None

    def apply(self, world: World) -> str:
        """Make the drive."""
        return world.create_drive(self.name, by=self.actor(world), drive_id=self.id).id


class UpdateDrive(ByUser, frozen=True, tag="update_drive"):
    """Change a shared drive's name, colour or restrictions; what is not given stays."""

    id: str
    name: str | None = None
    colorRgb: str | None = None
    restrictions: DriveRestrictions | None = None

    def apply(self, world: World) -> str:
        """Change the drive."""
        drive = world.drives.get(self.id)
        if drive is None:
            raise MutationError(f"there is no shared drive {self.id}")
        given = {"name": self.name, "color": self.colorRgb, "restrictions": self.restrictions}
        changed = {name: value for name, value in given.items() if value is not None}
        return world.update_drive(msgspec.structs.replace(drive, **changed), by=self.actor(world)).id


class DeleteDrive(ByUser, frozen=True, tag="delete_drive"):
    """Delete a shared drive and all in it."""

    id: str

    def apply(self, world: World) -> str:
        """Delete the drive."""
        world.delete_drive(self.id, by=self.actor(world))
        return self.id


class AddUser(Mutation, frozen=True, tag="add_user"):
    """Add an account with an empty My Drive."""

    emailAddress: str
    displayName: str | None = None

    def apply(self, world: World) -> str:
        """Add the account and return its permission id."""
        email = self.emailAddress
        user = User(email, self.displayName or email.partition("@")[0], grantee_number(email))
        world.add_user(user)
        return user.permission_id


class RemoveUser(Mutation, frozen=True, tag="remove_user"):
    """Remove an account; what was granted to it stays, marked as a deleted account's."""

    emailAddress: str

    def apply(self, world: World) -> str:
        """Remove the account."""
        world.remove_user(self.emailAddress)
        return self.emailAddress


class PutGroup(Mutation, frozen=True, tag="put_group"):
    """Add a group, or change who is in it; ``members`` are addresses of users and of other groups."""

    emailAddress: str
    members: tuple[str, ...] = ()
    name: str | None = None

    def apply(self, world: World) -> str:
        """Put the group and return its permission id."""
        email, held = self.emailAddress, world.accounts.group(self.emailAddress)
        group = held or Group(email, email.partition("@")[0], grantee_number(email))
        changed = msgspec.structs.replace(group, name=self.name or group.name, members=self.members)
        world.put_group(changed)
        return changed.permission_id


class RemoveGroup(Mutation, frozen=True, tag="remove_group"):
    """Remove a group; what was granted to it stays, and reaches nobody."""

    emailAddress: str

    def apply(self, world: World) -> str:
        """Remove the group."""
        world.remove_group(self.emailAddress)
        return self.emailAddress


def user_at(world: World, email: str | None) -> User:
    """Return the user with an address, by default the first. Raises ``MutationError``."""
    user = world.users[0] if email is None else world.user(email)
    if user is None:
        raise MutationError(f"there is no user {email}")
    return user
