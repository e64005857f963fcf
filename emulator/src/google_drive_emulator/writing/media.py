"""Bytes that come with a write: what was uploaded in, what of it a file is to hold out (facts A10)."""

import asyncio
import mimetypes
from dataclasses import dataclass

from google_drive_emulator.http.errors import bad_request
from google_drive_emulator.world import items
from google_drive_emulator.world.items import FOLDER, NATIVE_PREFIX, SHORTCUT, Content
from google_drive_emulator.writing.importing import imported_text
from google_drive_emulator.writing.refusals import no_content

UNKNOWN_TYPE = "application/octet-stream"
_INDEXABLE_CHARACTERS = 1 << 20
_NATIVE_TYPES = frozenset(
    {
        items.DOCUMENT,
        items.SPREADSHEET,
        items.PRESENTATION,
        items.DRAWING,
        items.SCRIPT,
        items.FORM,
        items.SITE,
        items.VIDEO,
        items.FOLDER,
        items.SHORTCUT,
        *(NATIVE_PREFIX + name for name in ("audio", "drive-sdk", "fusiontable", "jam", "map", "photo", "unknown")),
    }
)


@dataclass(frozen=True, slots=True)
class Media:
    """What was uploaded; ``mime_type`` is what the client called it, None when it did not say."""

    content: Content
    mime_type: str | None = None


@dataclass(frozen=True, slots=True)
class Substance:
    """What a file is to hold: its bytes, or the text of a document; neither when nothing came with the write."""

    mime_type: str
    content: Content | None = None
    text: str | None = None


async def substance(media: Media | None, wanted_type: str | None, name: str) -> Substance:
    """Return what a file of a wanted type is to hold; the type is that of the upload when none is wanted.

    Raises ``DriveError``: 400 for a type of Google's that does not exist, and for what cannot be converted.
    """
    mime_type = wanted_type or _type_of(media, name)
    if not mime_type.startswith(NATIVE_PREFIX):
        return Substance(mime_type, None if media is None else media.content)
    if mime_type not in _NATIVE_TYPES:
        raise bad_request("Bad Request")
    if media is None:
        return Substance(mime_type)
    if mime_type in {FOLDER, SHORTCUT}:
        raise no_content()
    text = await asyncio.to_thread(imported_text, media.content, _type_of(media, name), mime_type)
    return Substance(mime_type, text=text)


def _type_of(media: Media | None, name: str) -> str:
    if media is None:
        return UNKNOWN_TYPE
    return media.mime_type or mimetypes.guess_type(name)[0] or UNKNOWN_TYPE


async def indexable_text(media: Media) -> str:
    """Return the beginning of an upload as text, for ``useContentAsIndexableText``."""
    data = await asyncio.to_thread(media.content.read, 0, min(media.content.size, _INDEXABLE_CHARACTERS))
    return data.decode("utf-8", "replace")
