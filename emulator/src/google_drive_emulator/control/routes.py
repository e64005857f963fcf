"""The control API under ``/__emulator__/``: JSON in, the state of the emulator read or changed.

What a message means is checked; what is wrong with it is said in ``{"error": "…"}`` with status 400.
"""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Literal, TypeVar

import msgspec

from google_drive_emulator.grammar.fields import ALL, Json
from google_drive_emulator.grammar.pages import PageSettings
from google_drive_emulator.http.calls import Call, Handler, Reply, Route, json_reply
from google_drive_emulator.http.faults import MAX_FAULTS, Fault
from google_drive_emulator.rendering.render_page import render_items
from google_drive_emulator.search.listing import Located
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.items import User
from google_drive_emulator.world.mutations import Operation, RandomMutations, apply
from google_drive_emulator.world.world import MutationError, World

MAX_LATENCY_MS = 60_000
_MAX_ITEMS = 5_000
_MAX_RANDOM = 100_000
_BREATH = 100

MessageT = TypeVar("MessageT", bound=msgspec.Struct)


class ControlError(ValueError):
    """A control message that cannot be carried out; the text says what is wrong and how to mend it."""


class _Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message to the control API."""


class _Mutations(_Message, frozen=True):
    mutations: list[Operation]


class _Random(_Message, frozen=True):
    count: int
    seed: int = 0
    inherited: bool = True


class _Faults(_Message, frozen=True):
    faults: list[Fault]


class _OAuth(_Message, frozen=True):
    action: Literal["revoke", "register", "expire_access_tokens"]
    refresh_token: str | None = None
    user: str | None = None


class _Latency(_Message, frozen=True):
    milliseconds: int


def _read(call: Call, kind: type[MessageT]) -> MessageT:
    try:
        return msgspec.json.decode(call.body, type=kind)
    except msgspec.DecodeError as error:
        raise ControlError(f"the body is not what is expected here: {error}") from None


def _whole(text: str, name: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdecimal()) or not low <= int(text[:12]) <= high:
        raise ControlError(f"{name} must be a whole number from {low} to {high}, not {text!r}")
    return int(text)


def _user(state: EmulatorState, call: Call) -> User:
    """Return the user a call asks about; by default the first one."""
    email = call.params.text("user")
    user = state.world.users[0] if email is None else state.world.user(email)
    if user is None:
        raise ControlError(f"there is no user {email!r}; GET /__emulator__/world names them")
    return user


async def health(_state: EmulatorState, _call: Call) -> Reply:
    """``GET health``: 200 once requests are served."""
    return json_reply({"status": "ok"})


async def world(state: EmulatorState, _call: Call) -> Reply:
    """``GET world``: what there is; items do not count root folders."""
    counts, first = state.world.counts(), state.world.users[0]
    return json_reply(
        {
            "items": counts.items,
            "files": counts.files,
            "folders": counts.folders,
            "shortcuts": counts.shortcuts,
            "trashed": counts.trashed,
            "users": list[Json](user.email for user in state.world.users),
            "drives": list[Json](sorted(state.world.drives)),
            "change_id": state.world.change_id,
            "root_id": state.world.roots[first.email].id,
        }
    )


async def items(state: EmulatorState, call: Call) -> Reply:
    """``GET world/items?after=ID&limit=N&user=EMAIL``: all a user may see, the root folder first, in pages.

    Each entry is the full File resource with ``isRoot`` beside it; ``next`` is the ``after`` of the next page, or null.
    """
    user = _user(state, call)
    limit = _whole(call.params.text("limit") or "1000", "limit", 1, _MAX_ITEMS)
    after = call.params.text("after")
    root = state.world.roots[user.email]
    roots: list[Located] = [(-1, root)] if after is None else []
    start = -1 if after is None or after == root.id else state.world.position(after)
    if start is None:
        raise ControlError(f"after must be the id of an item, not {after!r}")
    seen = _visible(state.world, user, start)
    located = roots + list(islice(seen, limit + 1 - len(roots)))
    page, more = located[:limit], len(located) > limit
    rendered = await render_items(state, user, ALL, page, state.world.epoch)
    entries = [
        b'{"isRoot":%b,%b' % (b"true" if item is root else b"false", text[1:])
        for (_, item), text in zip(page, rendered, strict=True)
    ]
    following = b'"%b"' % page[-1][1].id.encode() if more else b"null"
    return Reply(b'{"items":[' + b",".join(entries) + b'],"next":' + following + b"}")


def _visible(world: World, user: User, after: int) -> Iterator[Located]:
    for position in world.positions(after=after):
        item = world.item_at(position)
        if item is not None and item.role_of(user) is not None:
            yield position, item


async def mutate(state: EmulatorState, call: Call) -> Reply:
    """``POST world``: carry out mutations in order; stops at the first that cannot be, and says which."""
    done: list[Json] = []
    for number, operation in enumerate(_read(call, _Mutations).mutations):
        try:
            done.append({"id": apply(state.world, operation)})
        except MutationError as error:
            raise ControlError(f"mutation {number} cannot be carried out, those before it were: {error}") from None
        if number % _BREATH == _BREATH - 1:
            await asyncio.sleep(0)
    return json_reply({"results": done})


async def mutate_randomly(state: EmulatorState, call: Call) -> Reply:
    """``POST world/random``: carry out random mutations; the answer lists them.

    With ``inherited`` false, none that descendants inherit, so that the change log tells every effect.
    """
    wanted = _read(call, _Random)
    if not 0 <= wanted.count <= _MAX_RANDOM:
        raise ControlError(f"count must be from 0 to {_MAX_RANDOM}, not {wanted.count}")
    chooser = RandomMutations(state.world, wanted.seed, inherited=wanted.inherited)
    done: list[Operation] = []
    results: list[Json] = []
    for number in range(wanted.count):
        operation = chooser.next()
        results.append({"id": apply(state.world, operation)})
        done.append(operation)
        if number % _BREATH == _BREATH - 1:
            await asyncio.sleep(0)
    return Reply(msgspec.json.encode({"results": results, "mutations": done}))


async def reset(state: EmulatorState, _call: Call) -> Reply:
    """``POST reset``: world, tokens, faults and counts as at the start."""
    state.reset()
    return json_reply({})


async def faults(state: EmulatorState, _call: Call) -> Reply:
    """``GET faults``: the faults still to come."""
    return json_reply(_faults(state.faults.faults))


async def add_faults(state: EmulatorState, call: Call) -> Reply:
    """``POST faults``: add faults."""
    wanted = _read(call, _Faults).faults
    if len(state.faults.faults) + len(wanted) > MAX_FAULTS:
        raise ControlError(f"at most {MAX_FAULTS} faults can be waiting; DELETE /__emulator__/faults drops them")
    for number, fault in enumerate(wanted):
        problem = fault.problem()
        if problem is not None:
            raise ControlError(f"fault {number}: {problem}")
    state.faults.add(wanted)
    return json_reply(_faults(state.faults.faults))


async def drop_faults(state: EmulatorState, _call: Call) -> Reply:
    """``DELETE faults``: drop all faults."""
    state.faults.clear()
    return json_reply(_faults(()))


def _faults(waiting: Sequence[Fault]) -> _Faults:
    return _Faults(list(waiting))


async def oauth(state: EmulatorState, call: Call) -> Reply:
    """``POST oauth``: register or revoke a refresh token, or outdate all access tokens."""
    wanted = _read(call, _OAuth)
    if wanted.action == "expire_access_tokens":
        state.tokens.expire_access_tokens()
        return json_reply({})
    if not wanted.refresh_token:
        raise ControlError(f"the action {wanted.action} needs a refresh_token")
    if wanted.action == "revoke":
        state.tokens.revoke(wanted.refresh_token)
        return json_reply({})
    user = state.world.users[0] if wanted.user is None else state.world.user(wanted.user)
    if user is None:
        raise ControlError(f"there is no user {wanted.user!r}; GET /__emulator__/world names them")
    state.tokens.register(wanted.refresh_token, user)
    return json_reply({})


async def requests(state: EmulatorState, _call: Call) -> Reply:
    """``GET requests``: how many answers each route gave, by status."""
    return Reply(msgspec.json.encode({"requests": state.requests.by_route()}))


async def forget_requests(state: EmulatorState, _call: Call) -> Reply:
    """``DELETE requests``: count from nothing again."""
    state.requests.clear()
    return json_reply({})


async def set_latency(state: EmulatorState, call: Call) -> Reply:
    """``PUT latency``: how much later every answer comes, in milliseconds."""
    milliseconds = _read(call, _Latency).milliseconds
    if not 0 <= milliseconds <= MAX_LATENCY_MS:
        raise ControlError(f"milliseconds must be from 0 to {MAX_LATENCY_MS}, not {milliseconds}")
    state.latency_ms = milliseconds
    return json_reply({"milliseconds": milliseconds})


async def set_pages(state: EmulatorState, call: Call) -> Reply:
    """``PUT pages``: caps on page sizes, and short pages."""
    wanted = _read(call, PageSettings)
    for cap in (wanted.cap_with_parents, wanted.cap_with_permissions):
        if cap is not None and cap < 1:
            raise ControlError(f"a cap must be at least 1, not {cap}")
    state.pages = wanted
    return json_reply(wanted)


def _route(name: str, method: str, path: str, handler: Handler) -> Route:
    return Route(f"control.{name}", method, f"/__emulator__/{path}", handler, needs_user=False)


ROUTES: Sequence[Route] = (
    _route("health", "GET", "health", health),
    _route("world", "GET", "world", world),
    _route("mutate", "POST", "world", mutate),
    _route("items", "GET", "world/items", items),
    _route("random", "POST", "world/random", mutate_randomly),
    _route("reset", "POST", "reset", reset),
    _route("faults", "GET", "faults", faults),
    _route("faults.add", "POST", "faults", add_faults),
    _route("faults.drop", "DELETE", "faults", drop_faults),
    _route("oauth", "POST", "oauth", oauth),
    _route("requests", "GET", "requests", requests),
    _route("requests.forget", "DELETE", "requests", forget_requests),
    _route("latency", "PUT", "latency", set_latency),
    _route("pages", "PUT", "pages", set_pages),
)
