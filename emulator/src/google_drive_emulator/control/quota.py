"""``/__emulator__/quota``: what calls may cost, and what they cost so far."""

from collections.abc import Sequence

import msgspec

from google_drive_emulator.control.messages import ControlError, control_route, read_message
from google_drive_emulator.http.calls import Call, Reply, json_reply
from google_drive_emulator.http.quota import QuotaSettings, Usage
from google_drive_emulator.state import EmulatorState


class _Quota(msgspec.Struct, frozen=True):
    settings: QuotaSettings
    usage: Sequence[Usage]


async def quota(state: EmulatorState, _call: Call) -> Reply:
    """``GET quota``: the settings, and for each minute and limit how many calls were let through and refused."""
    return json_reply(_Quota(state.quota.settings, state.quota.usage()))


async def set_quota(state: EmulatorState, call: Call) -> Reply:
    """``PUT quota``: replace the settings; what is not named gets its default. The count starts from nothing."""
    wanted = await read_message(call, QuotaSettings)
    problem = wanted.problem()
    if problem is not None:
        raise ControlError(problem)
    state.quota.configure(wanted)
    return json_reply(wanted)


async def forget_usage(state: EmulatorState, _call: Call) -> Reply:
    """``DELETE quota``: count from nothing again; the settings stay."""
    state.quota.clear()
    return json_reply({})


ROUTES = (
    control_route("quota", "GET", "quota", quota),
    control_route("quota.set", "PUT", "quota", set_quota),
    control_route("quota.forget", "DELETE", "quota", forget_usage),
)
