"""Rendering a page: items and a mask in, the JSON of each out, from the cache where it has them."""

import asyncio
from collections.abc import Iterable, Sequence

from google_drive_emulator.fields import Mask
from google_drive_emulator.items import Content, User
from google_drive_emulator.listing import Located
from google_drive_emulator.render import needs_checksums
from google_drive_emulator.state import EmulatorState

_ROOT = -1


async def render_items(state: EmulatorState, user: User, mask: Mask, located: Sequence[Located]) -> list[bytes]:
    """Render items as a user sees them; checksums that must be computed first are, in a thread."""
    if needs_checksums(mask):
        unhashed = [item.content for _, item in located if item.content and not item.content.is_hashed]
        if unhashed:
            await asyncio.to_thread(_hash, unhashed)
    renderer, viewer = state.renderer(mask), state.viewer(user)
    shelf = state.rendered.shelf((renderer, user.email), state.world.epoch)
    rendered = []
    for position, item in located:
        revision = state.world.revision_at(position)
        found = None if position == _ROOT else shelf.get(position, revision)
        if found is None:
            found = renderer(item, viewer)
            if position != _ROOT:
                shelf.put(position, revision, found)
        rendered.append(found)
    return rendered


def _hash(contents: Iterable[Content]) -> None:
    for content in contents:
        content.checksum("md5")  # reads the content once for all of them
