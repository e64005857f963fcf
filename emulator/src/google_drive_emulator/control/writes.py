"""``/__emulator__/``: what drives have room for, how long uploads can be resumed, and how long downloads take."""

from typing import TypeVar

import msgspec

from google_drive_emulator.control.messages import ControlError, control_route, read_message
from google_drive_emulator.downloads.operations import OperationSettings
from google_drive_emulator.http.calls import Call, Reply, json_reply
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.uploads.sessions import UploadSettings
from google_drive_emulator.writing.limits import WriteLimits

SettingsT = TypeVar("SettingsT", bound=msgspec.Struct)


async def limits(state: EmulatorState, _call: Call) -> Reply:
    """``GET limits``: what drives have room for, and which moves a domain allows."""
    return json_reply(state.limits)


async def set_limits(state: EmulatorState, call: Call) -> Reply:
    """``PUT limits``: replace them; what is not named gets its default, which is Google's."""
    state.limits = _at_least_nothing(await read_message(call, WriteLimits))
    return json_reply(state.limits)


async def uploads(state: EmulatorState, _call: Call) -> Reply:
    """``GET uploads``: how long a resumable upload can be resumed, and what an older one answers."""
    return json_reply(state.uploads.settings)


async def set_uploads(state: EmulatorState, call: Call) -> Reply:
    """``PUT uploads``: replace the settings; what is not named gets its default."""
    state.uploads.settings = _at_least_nothing(await read_message(call, UploadSettings))
    return json_reply(state.uploads.settings)


async def operations(state: EmulatorState, _call: Call) -> Reply:
    """``GET operations``: how long downloads are pending, and how long their results are kept."""
    return json_reply(state.operations.settings)


async def set_operations(state: EmulatorState, call: Call) -> Reply:
    """``PUT operations``: replace the settings; what is not named gets its default."""
    state.operations.settings = _at_least_nothing(await read_message(call, OperationSettings))
    return json_reply(state.operations.settings)


def _at_least_nothing(wanted: SettingsT) -> SettingsT:
    for name in wanted.__struct_fields__:
        if getattr(wanted, name) < 0:
            raise ControlError(f"{name} must be at least 0, not {getattr(wanted, name)}")
    return wanted


ROUTES = (
    control_route("limits", "GET", "limits", limits),
    control_route("limits.set", "PUT", "limits", set_limits),
    control_route("uploads", "GET", "uploads", uploads),
    control_route("uploads.set", "PUT", "uploads", set_uploads),
    control_route("operations", "GET", "operations", operations),
    control_route("operations.set", "PUT", "operations", set_operations),
)
