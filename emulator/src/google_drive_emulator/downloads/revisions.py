"""Past contents to be downloaded: a file and a revision's id in, what it held then out (facts A8, A10)."""

from msgspec.structs import replace

from google_drive_emulator.downloads.refusals import revision_restricted
from google_drive_emulator.http.errors import not_found
from google_drive_emulator.rendering.exports import Page, page_of
from google_drive_emulator.sources.documents import document_text
from google_drive_emulator.world.items import Content, Item
from google_drive_emulator.world.reading import Reading
from google_drive_emulator.world.revisions import Revision


def page_at(world: Reading, item: Item, revision_id: str | None) -> Page:
    """Return a document as it was at a revision, by default as it is. Raises ``DriveError`` (404)."""
    if revision_id is None:
        return page_of(item)
    revision = _revision(world, item, revision_id)
    if revision.text is not None:
        return page_of(item, revision.text)
    unwritten = replace(item, size=revision.size, traits=replace(item.traits, text=None))
    return page_of(item, document_text(unwritten))


def content_at(world: Reading, item: Item, revision_id: str) -> Content:
    """Return the bytes of a blob at a revision. Raises ``DriveError``: 404, or 403 for one that is not kept."""
    revision = _revision(world, item, revision_id)
    if revision.content is None or not (revision.is_head or revision.settings.keep_forever):
        raise revision_restricted()
    return revision.content


def _revision(world: Reading, item: Item, revision_id: str) -> Revision:
    revision = world.revisions.find(item, revision_id, world.clock())
    if revision is None:
        raise not_found(f"Revision not found: {revision_id}.", "revisionId")
    return revision
