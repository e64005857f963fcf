"""Rendering a page: items and a mask in, the JSON of each out, from the cache where it has them."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from google_drive_emulator.grammar.fields import Mask
from google_drive_emulator.http.calls import Call
from google_drive_emulator.rendering.render import needs_checksums
from google_drive_emulator.rendering.render_cache import Shelf
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.items import Content, Item, User

Located: TypeAlias = tuple[int, Item]

_PRISTINE = 0  # the version under which a cache keeps what never changed; changed items count from 1


def included_labels(call: Call) -> frozenset[str]:
    """Return the ids of the labels that a call asks to see (``includeLabels``)."""
    return frozenset(filter(None, (call.params.text("includeLabels") or "").split(",")))


async def render_positions(
    state: EmulatorState,
    user: User,
    mask: Mask,
    positions: Sequence[int],
    epoch: int,
    labels: frozenset[str] = frozenset(),
    made: Mapping[int, Item] = MappingProxyType({}),
) -> list[bytes]:
    """Render the items at positions as a user sees them; ``epoch`` is the world's when they were found.

    What is in the cache is not even made, nor is what was ``made`` in this epoch and not changed since. An item deleted
    since is left out.
    """
    world, shelf = state.world, _shelf(state, user, mask, epoch, labels)
    found: dict[int, bytes] = {}
    missing: list[Located] = []
    for position in positions:
        settled = shelf if world.is_pristine(position) else None
        if settled and (rendered := settled.get(position, _PRISTINE)) is not None:
            found[position] = rendered
            continue
        item = (made.get(position) if settled else None) or world.item_at(position)
        if item is not None:
            missing.append((position, item))
    fresh = await render_items(state, user, mask, missing, epoch, labels)
    found.update(zip((position for position, _ in missing), fresh, strict=True))
    return [found[position] for position in positions if position in found]


async def render_items(
    state: EmulatorState,
    user: User,
    mask: Mask,
    located: Sequence[Located],
    epoch: int,
    labels: frozenset[str] = frozenset(),
) -> list[bytes]:
    """Render items as a user sees them; ``epoch`` is the world's when they were read.

    Checksums that must be computed first are, in a thread. When the world's epoch moved meanwhile, the items may be
    those of before or after, so the cache is left alone.
    """
    if needs_checksums(mask):
        unhashed = [item.content for _, item in located if item.content and not item.content.is_hashed]
        if unhashed:
            await asyncio.to_thread(_hash, unhashed)
    renderer, viewer = state.renderer(mask, labels), state.world.viewer(user)
    shelf = _shelf(state, user, mask, epoch, labels)
    rendered = []
    for position, item in located:
        version = _PRISTINE if state.world.is_pristine(position) else item.version
        found = shelf.get(position, version) if shelf else None
        if found is None:
            found = renderer(item, viewer)
            if shelf is not None and position >= 0:
                shelf.put(position, version, found)
        rendered.append(found)
    return rendered


def _shelf(state: EmulatorState, user: User, mask: Mask, epoch: int, labels: frozenset[str]) -> Shelf | None:
    """Return what is kept for a mask and user; None when the world has moved on."""
    if epoch != state.world.epoch:
        return None
    return state.rendered.shelf((state.renderer(mask, labels), user.email), epoch)


def _hash(contents: Iterable[Content]) -> None:
    for content in contents:
        content.checksum("md5")  # reads the content once for all of them
