"""Where files lie: the parents that a call wants in, the folder or Google's refusal out (facts A4, A6, C2)."""

from google_drive_emulator.http.calls import Call
from google_drive_emulator.routes.access import insufficient, require, visible_item
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.capabilities import may
from google_drive_emulator.world.items import RANK, Item
from google_drive_emulator.writing.limits import check_owner, check_room
from google_drive_emulator.writing.refusals import (
    cyclic_parents,
    folder_move_in,
    insufficient_parent,
    not_a_folder,
    one_parent_only,
    owner_not_member,
    too_many_parents,
    writer_move_in,
)


def folder_for_new(
    state: EmulatorState, call: Call, parents: tuple[str, ...] | None, *, is_folder: bool, beside: Item | None = None
) -> Item:
    """Return the folder that a new item comes into: the one asked for, else that of the item it is a copy of.

    Otherwise, or where the caller may not add to that one, it is their My Drive. Raises ``DriveError``.
    """
    if parents:
        folder = _open_folder(state, call, parents[0])
        if len(parents) > 1:
            raise one_parent_only() if folder.drive_id else too_many_parents()
    else:
        folder = _folder_beside(state, call, beside) or visible_item(state, call, file_id="root")
    check_owner(call.user, folder)
    check_room(state.world, state.limits, folder, is_folder=is_folder, is_new_in_drive=True)
    return folder


def _folder_beside(state: EmulatorState, call: Call, item: Item | None) -> Item | None:
    folder = None if item is None or item.parent is None else state.world.item(item.parent)
    viewer = state.world.viewer(call.user)
    return folder if folder is not None and may(folder, viewer, "canAddChildren") else None


def _open_folder(state: EmulatorState, call: Call, folder_id: str) -> Item:
    """Return a folder that the caller may add to. Raises ``DriveError``."""
    folder = visible_item(state, call, file_id=folder_id)
    if not folder.is_folder:
        raise not_a_folder()
    if not may(folder, state.world.viewer(call.user), "canAddChildren"):
        raise insufficient_parent()
    return folder


def folder_for_move(state: EmulatorState, call: Call, item: Item) -> Item | None:
    """Return the folder that ``addParents`` and ``removeParents`` move an item to; None when it stays where it is.

    An item has one parent: to add another one without taking the first away is refused, unless
    ``enforceSingleParent`` does that. What loses its parent goes to its owner's My Drive. Raises ``DriveError``.
    """
    added = [each for each in _parents(state, call, "addParents") if each != item.parent]
    is_removed = item.parent in _parents(state, call, "removeParents")
    if not added:
        return _orphans_home(state, call, item) if is_removed else None
    folder = _open_folder(state, call, added[0])
    if len(added) > 1 or not (is_removed or call.params.is_true("enforceSingleParent")):
        raise one_parent_only() if folder.drive_id or item.drive_id else too_many_parents()
    _check_move(state, call, item, folder)
    return folder


def _parents(state: EmulatorState, call: Call, name: str) -> list[str]:
    root_id = state.world.root_id(call.user)
    names = (each.strip() for each in (call.params.text(name) or "").split(","))
    return [root_id if each == "root" else each for each in names if each]


def _orphans_home(state: EmulatorState, call: Call, item: Item) -> Item | None:
    """Return where an item goes that loses its only parent; None when it is there already."""
    if item.owner is None:
        raise one_parent_only()
    require(state, call, item, "canMoveItemWithinDrive")
    root_id = state.world.root_id(item.owner)
    return None if item.parent == root_id else state.world.item(root_id)


def _check_move(state: EmulatorState, call: Call, item: Item, folder: Item) -> None:
    if state.world.is_below(folder.id, item.id):
        raise cyclic_parents()
    if folder.drive_id == item.drive_id:
        require(state, call, item, "canMoveItemWithinDrive")
    elif item.drive_id is None:
        _check_move_in(state, call, item, folder)
    else:
        require(state, call, item, "canMoveItemOutOfDrive")
        check_owner(call.user, folder)
        if folder.drive_id is not None and item.is_folder:
            _require_of_parent(state, call, folder, "canAddFolderFromAnotherDrive")
    is_new = folder.drive_id != item.drive_id
    check_room(state.world, state.limits, folder, is_folder=item.is_folder, is_new_in_drive=is_new)


def _check_move_in(state: EmulatorState, call: Call, item: Item, folder: Item) -> None:
    """Check a move from My Drive into a shared drive: an owner may, a writer hardly ever. Raises ``DriveError``."""
    role = state.world.viewer(call.user).role(item)
    if role is None or RANK[role] < RANK["writer"]:
        raise insufficient(item.id)
    if item.is_folder and not state.limits.folders_move_into_drives:
        raise folder_move_in()
    if role == "owner" or item.owner is None:
        return
    if not state.world.viewer(item.owner).is_member(folder.drive_id or ""):
        raise owner_not_member()
    if not state.limits.writers_move_into_drives:
        raise writer_move_in()


def _require_of_parent(state: EmulatorState, call: Call, folder: Item, capability: str) -> None:
    if not may(folder, state.world.viewer(call.user), capability):
        raise insufficient_parent()
