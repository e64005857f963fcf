"""Rendering a page: items and a mask in, the JSON of each out, from the cache where it has them."""

import asyncio
from collections.abc import Iterable, Sequence

from google_drive_emulator.grammar.fields import Mask
from google_drive_emulator.rendering.render import needs_checksums
from google_drive_emulator.search.listing import Located
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.items import Content, User


async def render_items(
    state: EmulatorState, user: User, mask: Mask, located: Sequence[Located], epoch: int
) -> list[bytes]:
    """Render items as a user sees them; ``epoch`` is the world's when they were read.

    Checksums that must be computed first are, in a thread. When the world's epoch moved meanwhile, the items may be
    those of before or after, so the cache is left alone.
    """
    if needs_checksums(mask):
        unhashed = [item.content for _, item in located if item.content and not item.content.is_hashed]
        if unhashed:
            await asyncio.to_thread(_hash, unhashed)
    renderer, viewer = state.renderer(mask), state.viewer(user)
    if epoch != state.world.epoch:
        return [renderer(item, viewer) for _, item in located]
    shelf = state.rendered.shelf((renderer, user.email), epoch)
    rendered = []
    for position, item in located:
        found = shelf.get(position, item.version)
        if found is None:
            found = renderer(item, viewer)
            shelf.put(position, item.version, found)
        rendered.append(found)
    return rendered


def _hash(contents: Iterable[Content]) -> None:
    for content in contents:
        content.checksum("md5")  # reads the content once for all of them
