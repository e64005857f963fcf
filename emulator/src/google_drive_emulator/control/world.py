"""``/__emulator__/world``: what there is, and changes of it."""

import asyncio
from collections.abc import Iterator
from itertools import islice

import msgspec

from google_drive_emulator.control.messages import (
    ControlError,
    Message,
    asked_user,
    control_route,
    read_message,
    whole,
)
from google_drive_emulator.grammar.fields import ALL, Json
from google_drive_emulator.http.calls import Call, Reply, json_reply
from google_drive_emulator.rendering.render_page import Located, render_items
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.items import User
from google_drive_emulator.world.mutations import Operation, apply
from google_drive_emulator.world.random_mutations import RandomMutations
from google_drive_emulator.world.world import MutationError, World

_MAX_ITEMS = 5_000
_MAX_RANDOM = 100_000
_BREATH = 100


class _Mutations(Message, frozen=True):
    mutations: list[Operation]


class _Random(Message, frozen=True):
    count: int
    seed: int = 0
    inherited: bool = True
    everyone: bool = False


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
    """``GET world/items?after=ID&limit=N&user=EMAIL``: all a user finds in listings, the root folder first, in pages.

    Each entry is the full File resource with ``isRoot`` beside it; ``next`` is the ``after`` of the next page, or null.
    """
    user = asked_user(state, call.params.text("user"))
    limit = whole(call, "limit", 1000, 1, _MAX_ITEMS)
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
    viewer = world.viewer(user)
    for position in world.positions(after=after):
        item = world.item_at(position)
        if item is not None and viewer.lists(item):
            yield position, item


async def mutate(state: EmulatorState, call: Call) -> Reply:
    """``POST world``: carry out mutations in order; stops at the first that cannot be, and says which."""
    done: list[Json] = []
    for number, operation in enumerate((await read_message(call, _Mutations)).mutations):
        try:
            done.append({"id": apply(state.world, operation)})
        except MutationError as error:
            raise ControlError(f"mutation {number} cannot be carried out, those before it were: {error}") from None
        if number % _BREATH == _BREATH - 1:
            await asyncio.sleep(0)
    return json_reply({"results": done})


async def mutate_randomly(state: EmulatorState, call: Call) -> Reply:
    """``POST world/random``: carry out random mutations; the answer lists them.

    With ``inherited`` false, none that descendants inherit, so that the change log tells every effect. With
    ``everyone`` they are by all users, and on shared drives too, which come and go.
    """
    wanted = await read_message(call, _Random)
    if not 0 <= wanted.count <= _MAX_RANDOM:
        raise ControlError(f"count must be from 0 to {_MAX_RANDOM}, not {wanted.count}")
    chooser = RandomMutations(state.world, wanted.seed, inherited=wanted.inherited, everyone=wanted.everyone)
    done: list[Operation] = []
    results: list[Json] = []
    for number in range(wanted.count):
        operation = chooser.next()
        results.append({"id": apply(state.world, operation)})
        done.append(operation)
        if number % _BREATH == _BREATH - 1:
            await asyncio.sleep(0)
    return Reply(msgspec.json.encode({"results": results, "mutations": done}))


ROUTES = (
    control_route("world", "GET", "world", world),
    control_route("mutate", "POST", "world", mutate),
    control_route("items", "GET", "world/items", items),
    control_route("random", "POST", "world/random", mutate_randomly),
)
