"""Files deleted for good: a call in, the world without them out (facts A2)."""

import asyncio

from google_drive_emulator.http.calls import Call
from google_drive_emulator.routes.access import insufficient, require, visible_item
from google_drive_emulator.search.corpora import check_drive
from google_drive_emulator.search.plan import EVERYTHING, Plan
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.capabilities import may
from google_drive_emulator.writing.creating import google_errors

_STRIDE = 2000


def delete_file(state: EmulatorState, call: Call) -> None:
    """Delete an item, and with a folder what is below it. Raises ``DriveError``."""
    item = visible_item(state, call)
    require(state, call, item, "canDelete")
    with google_errors():
        state.world.delete(item.id, by=call.user)


async def empty_trash(state: EmulatorState, call: Call) -> None:
    """Delete what the caller owns in the trash, or all that is in a shared drive's trash. Raises ``DriveError``."""
    drive_id = call.params.text("driveId")
    if drive_id is not None:
        _check_drive(state, call, drive_id)
    for item_id in await _trashed(state, call, drive_id):
        if state.world.stored(item_id) is not None:  # it may have been below another one
            with google_errors():
                state.world.delete(item_id, by=call.user)


def _check_drive(state: EmulatorState, call: Call, drive_id: str) -> None:
    viewer = state.world.viewer(call.user)
    check_drive(state.world, viewer, drive_id)
    root = state.world.item(drive_id)
    if root is None or not may(root, viewer, "canDeleteChildren"):
        raise insufficient(drive_id)


async def _trashed(state: EmulatorState, call: Call, drive_id: str | None) -> list[str]:
    """Return the ids of what is to go, letting others run meanwhile."""
    found = []
    plan = EVERYTHING if drive_id is None else Plan(drive_id=drive_id)
    for index, position in enumerate(list(state.world.positions(plan))):
        if index % _STRIDE == 0:
            await asyncio.sleep(0)
        item = state.world.item_at(position)
        if item is None or not item.explicitly_trashed:
            continue
        if item.drive_id == drive_id and (drive_id is not None or item.is_owned_by(call.user)):
            found.append(item.id)
    return found
