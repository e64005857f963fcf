"""``/__emulator__/requests``: what was asked and how it was answered."""

from collections.abc import Mapping, Sequence

import msgspec

from google_drive_emulator.control.messages import control_route, whole
from google_drive_emulator.http.calls import Call, Reply, json_reply
from google_drive_emulator.http.request_log import KEPT_REQUESTS, LoggedRequest
from google_drive_emulator.state import EmulatorState


class _Counts(msgspec.Struct, frozen=True):
    requests: Mapping[str, Mapping[str, int]]


class _Log(msgspec.Struct, frozen=True):
    requests: Sequence[LoggedRequest]


async def requests(state: EmulatorState, _call: Call) -> Reply:
    """``GET requests``: how many answers each route gave, by status."""
    return json_reply(_Counts(state.requests.by_route()))


async def log(state: EmulatorState, call: Call) -> Reply:
    """``GET requests/log?limit=N``: the last requests, the newest last, without secrets."""
    limit = whole(call, "limit", 100, 1, KEPT_REQUESTS)
    return json_reply(_Log(state.requests.last(limit)))


async def forget_requests(state: EmulatorState, _call: Call) -> Reply:
    """``DELETE requests``: count from nothing again."""
    state.requests.clear()
    return json_reply({})


ROUTES = (
    control_route("requests", "GET", "requests", requests),
    control_route("requests.log", "GET", "requests/log", log),
    control_route("requests.forget", "DELETE", "requests", forget_requests),
)
