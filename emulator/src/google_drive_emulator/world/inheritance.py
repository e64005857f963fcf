"""What items inherit from the folders above them: trashed folders and grants made on folders in, effects out.

In My Drive a grant on a folder holds for all below it, and an item is trashed when a folder above it is (facts A6). The
change log names the folder alone (facts A5), so these effects are worked out when an item is read.
"""

from collections.abc import Callable

import msgspec

from google_drive_emulator.world.items import Item, Permission


class Inherited(msgspec.Struct, frozen=True):
    """What a folder passes on to all below it."""

    trashed: bool = False
    grants: tuple[Permission, ...] = ()


NOTHING_INHERITED = Inherited()


class Inheritance:
    """Folders with an effect on what is below them. ``epoch`` moves whenever an item's effective state may have."""

    def __init__(self, parent_of: Callable[[str], str | None], epoch: int = 0) -> None:
        self._parent_of = parent_of
        self._trashed: set[str] = set()
        self._grants: dict[str, tuple[Permission, ...]] = {}
        self._memo: dict[str, Inherited] = {}
        self.epoch = epoch

    @property
    def trashed_folders(self) -> frozenset[str]:
        """Return the folders that were trashed themselves."""
        return frozenset(self._trashed)

    def set_trashed(self, folder_id: str, *, trashed: bool) -> None:
        """Note that a folder was trashed or restored."""
        if trashed:
            self._trashed.add(folder_id)
        else:
            self._trashed.discard(folder_id)
        self.invalidate()

    def set_grants(self, folder_id: str, grants: tuple[Permission, ...]) -> None:
        """Set the grants that a folder passes on."""
        if grants:
            self._grants[folder_id] = grants
        else:
            self._grants.pop(folder_id, None)
        self.invalidate()

    def grants(self, folder_id: str) -> tuple[Permission, ...]:
        """Return the grants made on this very folder."""
        return self._grants.get(folder_id, ())

    def forget(self, folder_id: str) -> None:
        """Drop a deleted folder."""
        self._trashed.discard(folder_id)
        self._grants.pop(folder_id, None)
        self.invalidate()

    def invalidate(self) -> None:
        """Work everything out again; a moved folder changes what is below it."""
        self._memo.clear()
        self.epoch += 1

    def from_folder(self, folder_id: str | None) -> Inherited:
        """Return what an item right below a folder inherits."""
        if folder_id is None or not (self._trashed or self._grants):
            return NOTHING_INHERITED
        known = self._memo.get(folder_id)
        if known is None:
            known = self._memo[folder_id] = self._work_out(folder_id)
        return known

    def _work_out(self, folder_id: str) -> Inherited:
        above = self.from_folder(self._parent_of(folder_id))
        own = self._grants.get(folder_id, ())
        trashed = above.trashed or folder_id in self._trashed
        return Inherited(trashed, merged_grants(own, above.grants)) if own or trashed != above.trashed else above

    def effective(self, item: Item) -> Item:
        """Return an item with what it inherits."""
        inherited = self.from_folder(item.parent)
        if inherited is NOTHING_INHERITED:
            return item
        return msgspec.structs.replace(
            item,
            trashed=item.explicitly_trashed or inherited.trashed,
            permissions=merged_grants(item.permissions, inherited.grants),
        )


def merged_grants(own: tuple[Permission, ...], inherited: tuple[Permission, ...]) -> tuple[Permission, ...]:
    """Join own and inherited grants, one a grantee; the own one wins."""
    if not inherited:
        return own
    held = {permission.id for permission in own}
    return own + tuple(permission for permission in inherited if permission.id not in held)
