"""What may happen to who sees what: chance in, mutations out that the world may or may not allow."""

from collections.abc import Iterator

from tests.support.convergence.picks import Picks
from tests.support.convergence.talk import Choice, Mutation

from google_drive_emulator.world.account_mutations import CreateDrive, DeleteDrive, PutGroup, UpdateDrive
from google_drive_emulator.world.items import DriveRestrictions, Item
from google_drive_emulator.world.mutations import Limit, Move, Share, Transfer, Unshare

MOST_DRIVES = 4


class AccessChoices(Picks):
    """Sharing with anyone, taking back, giving away, limiting; people come into groups and leave them."""

    def weighted(self) -> Iterator[tuple[Choice, int]]:
        """Each kind with its weight."""
        yield self._share, 8
        yield self._share_with_me, 6
        yield self._unshare, 7
        yield self._transfer, 2
        yield self._limit, 4
        yield self._regroup, 1

    def _share(self) -> Mutation | None:
        item = self.item()
        return None if item is None else self._share_of(item)

    def _share_of(self, item: Item) -> Mutation | None:
        role, by = self.role_on(item), self.somebody().email
        match self.chance.choice(("user", "user", "user", "outsider", "group", "domain", "anyone")):
            case "user":
                return Share(item.id, role, "user", self.somebody().email, by=by)
            case "outsider":
                return Share(item.id, role, "user", f"guest{self.chance.randrange(9)}@example.org", by=by)
            case "group":
                group = self.chance.choice(self.world.accounts.groups)
                return Share(item.id, role, "group", group.email, by=by)
            case "domain":
                return Share(item.id, self.wide_role(), "domain", domain=self.people[0].domain, by=by)
            case _:
                return Share(item.id, self.wide_role(), "anyone", by=by)

    def _share_with_me(self) -> Mutation | None:
        me = self.people[0]
        item = self.item(lambda item: not item.is_owned_by(me))
        if item is None:
            return None
        return Share(item.id, self.role_on(item), "user", me.email, by=self.colleague().email)

    def _unshare(self) -> Mutation | None:
        item = self.item(lambda item: len(self.world.own_permissions(item.id)) > (item.owner is not None))
        return None if item is None else self.unshare_of(item.id)

    def unshare_of(self, item_id: str) -> Mutation | None:
        grants = [grant for grant in self.world.own_permissions(item_id) if grant.role != "owner"]
        mine = [grant for grant in grants if grant.id == self.people[0].permission_id]
        chosen = mine if mine and self.chance.random() < 0.5 else grants
        return Unshare(item_id, self.chance.choice(chosen).id, by=self.somebody().email) if chosen else None

    def _transfer(self) -> Mutation | None:
        item = self.item(lambda item: item.owner is not None)
        if item is None:
            return None
        return Transfer(item.id, self.somebody().email, self.chance.random() < 0.5)

    def _limit(self) -> Mutation | None:
        item = self.item(lambda item: item.is_folder)
        return None if item is None else Limit(item.id, not item.traits.is_limited, by=self.somebody().email)

    def _regroup(self) -> Mutation:
        """Somebody joins a group, or leaves it."""
        group, who = self.chance.choice(self.world.accounts.groups), self.somebody().email
        return PutGroup(group.email, tuple(sorted({*group.members} ^ {who})))


class DriveChoices(AccessChoices):
    """Shared drives come and go, with their members; items go from one corpus into another, with all below them."""

    def weighted(self) -> Iterator[tuple[Choice, int]]:
        """Each kind with its weight."""
        yield self._create_drive, 3
        yield self._join, 5
        yield self._leave, 5
        yield self._update_drive, 3
        yield self._delete_drive, 2
        yield self._cross, 6

    def _create_drive(self) -> Mutation | None:
        if len(self.world.drives) >= MOST_DRIVES:
            return None
        return CreateDrive(self.name(), by=self.somebody().email)

    def _join(self) -> Mutation | None:
        drive_id = self.drive_id()
        root = None if drive_id is None else self.world.item(drive_id)
        if root is None:
            return None
        return Share(root.id, self.role_on(root), "user", self.somebody().email, by=self.colleague().email)

    def _leave(self) -> Mutation | None:
        drive_id = self.drive_id()
        return None if drive_id is None else self.unshare_of(drive_id)

    def _update_drive(self) -> Mutation | None:
        drive_id = self.drive_id()
        if drive_id is None:
            return None
        if self.chance.random() < 0.5:
            return UpdateDrive(drive_id, self.name(), by=self.somebody().email)
        restrictions = DriveRestrictions(
            copy_requires_writer_permission=self.chance.random() < 0.5,
            drive_members_only=self.chance.random() < 0.3,
        )
        return UpdateDrive(drive_id, restrictions=restrictions, by=self.somebody().email)

    def _delete_drive(self) -> Mutation | None:
        drive_id = self.drive_id()
        return None if drive_id is None else DeleteDrive(drive_id, by=self.somebody().email)

    def _cross(self) -> Mutation | None:
        """From one corpus to another, with all that is below."""
        item, there = self.item(), self.chance.choice([None, *sorted(self.world.drives)])
        if item is None or item.drive_id == there:
            return None
        return Move(item.id, self.folder_id(there), by=self.somebody().email)
