"""What items inherit from above them: grants made on folders and drives, and trashed folders, in; effects out.

A grant on a folder holds for all below it, a member of a shared drive is one of all its items, and an item is trashed
when a folder above it is (facts A6, A7). The change log names the folder alone (facts A5), so these effects are worked
out when an item is read.
"""

from collections.abc import Callable

import msgspec

from google_drive_emulator.world.items import RANK, Detail, Item, Permission

_METADATA = "metadata"
_KEPT_MERGES = 50_000


class Inherited(msgspec.Struct, frozen=True):
    """What a folder passes on to all right below it."""

    trashed: bool = False
    grants: tuple[Permission, ...] = ()


NOTHING_INHERITED = Inherited()


class Inheritance:
    """Folders with an effect on what is below them. ``epoch`` moves whenever an item's effective state may have.

    ``folder_of`` gives a folder as stored, by its id; None for one that is gone.
    """

    def __init__(self, folder_of: Callable[[str], Item | None], epoch: int = 0) -> None:
        self._folder_of = folder_of
        self._gone: frozenset[str] = frozenset()
        self._trashed: set[str] = set()
        self._granting: dict[str, tuple[Permission, ...]] = {}
        self._memo: dict[str, Inherited] = {}
        self._merges: dict[tuple[int, int], tuple[tuple[Permission, ...], Inherited, tuple[Permission, ...]]] = {}
        self._only_drives = True
        self.epoch = epoch

    @property
    def trashed_folders(self) -> frozenset[str]:
        """Return the folders that were trashed themselves."""
        return frozenset(self._trashed)

    def copy(self, folder_of: Callable[[str], Item | None], epoch: int) -> "Inheritance":
        """Return an inheritance over other folders that can be changed apart from this one."""
        copied = Inheritance(folder_of, epoch)
        copied._trashed, copied._granting = set(self._trashed), dict(self._granting)
        copied._only_drives, copied._gone = self._only_drives, self._gone
        return copied

    def set_gone(self, grantee_ids: frozenset[str]) -> None:
        """Set the grantees that are no more: grants to them stay, marked as such (facts A7)."""
        self._gone = grantee_ids
        self._only_drives = False
        self.invalidate()

    def set_trashed(self, folder_id: str, *, trashed: bool) -> None:
        """Note that a folder was trashed or restored."""
        if trashed:
            self._trashed.add(folder_id)
        else:
            self._trashed.discard(folder_id)
        self._only_drives = False
        self.invalidate()

    def set_grants(self, folder_id: str, grants: tuple[Permission, ...], *, is_drive: bool = False) -> None:
        """Set the grants that a folder passes on."""
        kind = "member" if is_drive else "file"
        passed_on = tuple(_as_inherited(grant, kind, folder_id) for grant in grants)
        if passed_on == self._granting.get(folder_id, ()):
            return
        if passed_on:
            self._granting[folder_id] = passed_on
        else:
            del self._granting[folder_id]
        self._only_drives &= is_drive
        self.invalidate()

    def forget(self, folder_id: str) -> None:
        """Drop a deleted folder."""
        if folder_id in self._trashed or folder_id in self._granting:
            self._trashed.discard(folder_id)
            self._granting.pop(folder_id, None)
            self.invalidate()

    def invalidate(self) -> None:
        """Work everything out again; a moved or limited folder changes what is below it."""
        self._memo.clear()
        self._merges.clear()
        self.epoch += 1

    def from_folder(self, folder_id: str | None) -> Inherited:
        """Return what an item right below a folder inherits."""
        if folder_id is None or not (self._trashed or self._granting):
            return NOTHING_INHERITED
        known = self._memo.get(folder_id)
        if known is None:
            known = self._memo[folder_id] = self._work_out(folder_id)
        return known

    def _work_out(self, folder_id: str) -> Inherited:
        folder = self._folder_of(folder_id)
        above = NOTHING_INHERITED if folder is None else self.from_folder(folder.parent)
        if folder is not None and folder.traits.is_limited:
            above = Inherited(above.trashed, tuple(grant for grant in above.grants if _outlasts_limits(grant)))
        own = self._granting.get(folder_id, ())
        trashed = above.trashed or folder_id in self._trashed
        return Inherited(trashed, merged_grants(own, above.grants)) if own or trashed != above.trashed else above

    def effective(self, item: Item) -> Item:
        """Return a stored item with what it inherits."""
        if self._only_drives and item.drive_id is None:
            return item
        inherited = self.from_folder(item.parent)
        if not inherited.trashed and not inherited.grants and not self._gone:
            return item
        return msgspec.structs.replace(
            item,
            trashed=item.explicitly_trashed or inherited.trashed,
            permissions=self._merged(item, inherited),
        )

    def _merged(self, item: Item, inherited: Inherited) -> tuple[Permission, ...]:
        """Merge grants once for all items that have the same ones; what is kept holds on to what its key names."""
        if item.traits.is_limited:
            limited = _limited(inherited.grants, is_folder=item.is_folder)
            return self._marked(merged_grants(item.permissions, limited))
        key = (id(item.permissions), id(inherited))
        known = self._merges.get(key)
        if known is None:
            if len(self._merges) >= _KEPT_MERGES:
                self._merges.clear()
            merged = self._marked(merged_grants(item.permissions, inherited.grants))
            known = self._merges[key] = (item.permissions, inherited, merged)
        return known[2]

    def _marked(self, grants: tuple[Permission, ...]) -> tuple[Permission, ...]:
        if not any(grant.id in self._gone for grant in grants):
            return grants
        return tuple(
            msgspec.structs.replace(each, is_deleted=each.is_deleted or each.id in self._gone) for each in grants
        )


def merged_grants(own: tuple[Permission, ...], inherited: tuple[Permission, ...]) -> tuple[Permission, ...]:
    """Join own and inherited grants, one a grantee: the stronger role counts, and both are in the details."""
    if not own or not inherited:
        return own or inherited
    above = {permission.id: permission for permission in inherited}
    joined = tuple(_joined(mine, above.pop(mine.id, None)) for mine in own)
    return joined + tuple(above.values())


def _joined(own: Permission, inherited: Permission | None) -> Permission:
    if inherited is None or inherited.view == _METADATA or own.role == "owner":
        return own
    mine = own.details or (Detail("file", own.role),)
    stronger = own if RANK[own.role] >= RANK[inherited.role] else inherited
    ends = None if own.expires_ms is None or inherited.expires_ms is None else max(own.expires_ms, inherited.expires_ms)
    return msgspec.structs.replace(own, role=stronger.role, expires_ms=ends, details=mine + inherited.details)


def _as_inherited(grant: Permission, kind: str, folder_id: str) -> Permission:
    """An owner of a folder may write what others put into it, but does not own that (facts A7)."""
    role = "writer" if grant.role == "owner" else grant.role
    return msgspec.structs.replace(grant, role=role, details=(Detail(kind, role, folder_id),), pending_owner=False)


def _outlasts_limits(grant: Permission) -> bool:
    """Who manages a shared drive keeps access to its limited folders."""
    return grant.role == "organizer"


def _limited(inherited: tuple[Permission, ...], *, is_folder: bool) -> tuple[Permission, ...]:
    """Return what is left of inherited grants on a limited item: of a folder others may see that it is there."""
    kept = tuple(grant for grant in inherited if _outlasts_limits(grant))
    if not is_folder:
        return kept
    hidden = (grant for grant in inherited if not _outlasts_limits(grant))
    return kept + tuple(msgspec.structs.replace(grant, role="reader", view=_METADATA) for grant in hidden)
