"""``/__emulator__/faults``: what shall go wrong."""

from collections.abc import Sequence

from google_drive_emulator.control.messages import ControlError, control_route, read_message
from google_drive_emulator.http.calls import Call, Reply, json_reply
from google_drive_emulator.http.faults import Fault, FaultError, FaultList
from google_drive_emulator.state import EmulatorState


async def faults(state: EmulatorState, _call: Call) -> Reply:
    """``GET faults``: the faults still to come."""
    return _waiting(state.faults.faults)


async def add_faults(state: EmulatorState, call: Call) -> Reply:
    """``POST faults``: add faults."""
    wanted = await read_message(call, FaultList)
    try:
        state.faults.add(wanted.faults)
    except FaultError as error:
        raise ControlError(str(error)) from None
    return _waiting(state.faults.faults)


async def drop_faults(state: EmulatorState, _call: Call) -> Reply:
    """``DELETE faults``: drop all faults."""
    state.faults.clear()
    return _waiting(())


def _waiting(faults: Sequence[Fault]) -> Reply:
    return json_reply(FaultList(list(faults)))


ROUTES = (
    control_route("faults", "GET", "faults", faults),
    control_route("faults.add", "POST", "faults", add_faults),
    control_route("faults.drop", "DELETE", "faults", drop_faults),
)
