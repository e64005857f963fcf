"""``/__emulator__/``: health, reset, and settings of the whole emulator: latency, pages, quirks, the clock."""

from google_drive_emulator.control.messages import ControlError, Message, control_route, read_message
from google_drive_emulator.grammar.pages import PageSettings
from google_drive_emulator.http.calls import Call, Reply, json_reply
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.clock import WorldClock
from google_drive_emulator.world.quirks import Quirks
from google_drive_emulator.world.timestamps import parse_rfc3339, rfc3339

MAX_LATENCY_MS = 60_000
_MAX_TIME_MS = 253_402_300_799_999  # the end of the year 9999


class _Latency(Message, frozen=True):
    milliseconds: int


class _Clock(Message, frozen=True):
    """``now`` is RFC 3339 text or epoch milliseconds; what is not given stays."""

    now: int | str | None = None
    advance_ms: int | None = None
    frozen: bool | None = None


async def health(_state: EmulatorState, _call: Call) -> Reply:
    """``GET health``: 200 once requests are served."""
    return json_reply({"status": "ok"})


async def reset(state: EmulatorState, _call: Call) -> Reply:
    """``POST reset``: world, tokens, faults and counts as at the start; settings stay."""
    state.reset()
    return json_reply({})


async def latency(state: EmulatorState, _call: Call) -> Reply:
    """``GET latency``: how much later every answer comes."""
    return json_reply({"milliseconds": state.latency_ms})


async def set_latency(state: EmulatorState, call: Call) -> Reply:
    """``PUT latency``: how much later every answer comes, in milliseconds."""
    milliseconds = (await read_message(call, _Latency)).milliseconds
    if not 0 <= milliseconds <= MAX_LATENCY_MS:
        raise ControlError(f"milliseconds must be from 0 to {MAX_LATENCY_MS}, not {milliseconds}")
    state.latency_ms = milliseconds
    return json_reply({"milliseconds": milliseconds})


async def pages(state: EmulatorState, _call: Call) -> Reply:
    """``GET pages``: caps on page sizes, and short pages."""
    return json_reply(state.pages)


async def set_pages(state: EmulatorState, call: Call) -> Reply:
    """``PUT pages``: caps on page sizes, and short pages."""
    wanted = await read_message(call, PageSettings)
    for cap in (wanted.cap_with_parents, wanted.cap_with_permissions):
        if cap is not None and cap < 1:
            raise ControlError(f"a cap must be at least 1, not {cap}")
    if not wanted.token_hours > 0:
        raise ControlError(f"token_hours must be above 0, not {wanted.token_hours}")
    state.pages = wanted
    return json_reply(wanted)


async def quirks(state: EmulatorState, _call: Call) -> Reply:
    """``GET quirks``: which of Drive's quiet habits there are."""
    return json_reply(state.world.quirks)


async def set_quirks(state: EmulatorState, call: Call) -> Reply:
    """``PUT quirks``: replace them; what is not named gets its default."""
    state.world.quirks = await read_message(call, Quirks)
    return json_reply(state.world.quirks)


async def clock(state: EmulatorState, _call: Call) -> Reply:
    """``GET clock``: the emulator's present moment, and whether time stands still."""
    return _told(state.world.clock)


async def set_clock(state: EmulatorState, call: Call) -> Reply:
    """``PUT clock``: set, advance, stop or start the emulator's time, in this order."""
    wanted = await read_message(call, _Clock)
    world_clock = state.world.clock
    moment = (world_clock() if wanted.now is None else _moment(wanted.now)) + (wanted.advance_ms or 0)
    if not 0 <= moment <= _MAX_TIME_MS:
        raise ControlError("the clock must stay between the years 1970 and 9999")
    if wanted.frozen:
        world_clock.freeze()
    if wanted.now is not None or wanted.advance_ms is not None:
        world_clock.set(moment)
    if wanted.frozen is False:
        world_clock.unfreeze()
    state.world.settle()
    return _told(world_clock)


def _moment(now: int | str) -> int:
    try:
        return now if isinstance(now, int) else parse_rfc3339(now)
    except ValueError:
        raise ControlError(f"now must be epoch milliseconds or RFC 3339 text, not {now!r}") from None


def _told(world_clock: WorldClock) -> Reply:
    now = world_clock()
    return json_reply({"now": rfc3339(now), "now_ms": now, "frozen": world_clock.is_frozen})


ROUTES = (
    control_route("health", "GET", "health", health),
    control_route("reset", "POST", "reset", reset),
    control_route("latency", "GET", "latency", latency),
    control_route("latency.set", "PUT", "latency", set_latency),
    control_route("pages", "GET", "pages", pages),
    control_route("pages.set", "PUT", "pages", set_pages),
    control_route("quirks", "GET", "quirks", quirks),
    control_route("quirks.set", "PUT", "quirks", set_quirks),
    control_route("clock", "GET", "clock", clock),
    control_route("clock.set", "PUT", "clock", set_clock),
)
