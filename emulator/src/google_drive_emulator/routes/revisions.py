"""``revisions``: the past and present contents of files (facts A8)."""

import asyncio
from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from google_drive_emulator.downloads.refusals import not_downloadable
from google_drive_emulator.grammar import schema
from google_drive_emulator.grammar.fields import Json, Mask
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import DriveError, forbidden, not_found
from google_drive_emulator.rendering.revisions import revision_resource
from google_drive_emulator.routes.access import require, visible_item
from google_drive_emulator.routes.bodies import json_body
from google_drive_emulator.routes.masks import masked_reply, requested_mask
from google_drive_emulator.routes.media import check_download, content_reply
from google_drive_emulator.routes.paging import slice_of
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.items import Content, Item
from google_drive_emulator.world.revisions import MOST_KEPT, Revision, RevisionSettings, merged

_DEFAULT = "id,mimeType,kind,modifiedTime"
_LIST_DEFAULT = f"kind,nextPageToken,revisions({_DEFAULT})"


class _RevisionBody(msgspec.Struct, frozen=True, rename="camel"):
    keep_forever: bool | UnsetType = UNSET
    publish_auto: bool | UnsetType = UNSET
    published: bool | UnsetType = UNSET
    published_outside_domain: bool | UnsetType = UNSET


async def list_revisions(state: EmulatorState, call: Call) -> Reply:
    """``GET /drive/v3/files/{id}/revisions``: what is left of a file's revisions, oldest first."""
    size = call.params.page_size(200, 1000)
    item = _file(state, call)
    found = state.world.revisions.of(item, state.world.clock())
    if state.world.quirks.incomplete_revisions:
        found = merged(found)
    page, token = slice_of(state, call, found, size, f"revisions of {item.id}")
    mask = requested_mask(call, schema.REVISION_LIST, _LIST_DEFAULT)
    value: dict[str, Json] = {"kind": "drive#revisionList"}
    if token is not None:
        value["nextPageToken"] = token
    if "revisions" in mask:
        value["revisions"] = await _resources(call, item, page, mask.below("revisions"))
    return masked_reply(value, mask)


async def get(state: EmulatorState, call: Call) -> Reply:
    """``GET /drive/v3/files/{id}/revisions/{id}``: a revision's metadata, or with ``alt=media`` its bytes."""
    is_download = call.params.text("alt") == "media"
    if call.params.is_true("acknowledgeAbuse") and not is_download:
        message = "The acknowledgeAbuse parameter is only valid for downloads."
        raise forbidden("invalidAbuseAcknowledgment", message, "acknowledgeAbuse")
    item = _file(state, call)
    revision = _revision(state, call, item)
    if not is_download:
        return await _reply(call, item, revision)
    return content_reply(call, _downloadable(state, call, item, revision), revision.mime_type)


async def update(state: EmulatorState, call: Call) -> Reply:
    """``PATCH /drive/v3/files/{id}/revisions/{id}``: keep a blob's revision, or publish a document's."""
    body, item = await json_body(call, _RevisionBody), _file(state, call)
    require(state, call, item, "canEdit")
    revision = _revision(state, call, item)
    settings = _published(revision, body) if revision.content is None else _kept(state, item, revision, body)
    state.world.revisions.set(item, revision.id, settings)
    return await _reply(call, item, replace(revision, settings=settings))


async def delete(state: EmulatorState, call: Call) -> Reply:
    """``DELETE /drive/v3/files/{id}/revisions/{id}``: 204; only past revisions of blobs can be deleted."""
    item = _file(state, call)
    require(state, call, item, "canEdit")
    revision = _revision(state, call, item)
    if revision.content is None:
        raise forbidden("revisionDeletionNotSupported", "Revision deletion is not supported for this file.")
    if revision.is_head:
        only = len(state.world.revisions.of(item, state.world.clock())) == 1
        reason = "cannotDeleteOnlyRevision" if only else "revisionDeletionNotSupported"
        raise forbidden(reason, "The current revision of a file cannot be deleted.")
    state.world.revisions.drop(item.id, revision.id)
    return Reply(b"", 204)


def _file(state: EmulatorState, call: Call) -> Item:
    """Return a file whose revisions the caller may read. Raises ``DriveError``."""
    item = visible_item(state, call, gated=False)
    if item.is_folder or item.is_shortcut:
        raise forbidden("revisionsNotSupported", "The file does not support revisions.")
    require(state, call, item, "canReadRevisions")
    return item


def _revision(state: EmulatorState, call: Call, item: Item) -> Revision:
    revision_id = call.path["revision_id"]
    revision = state.world.revisions.find(item, revision_id, state.world.clock())
    if revision is None:
        raise not_found(f"Revision not found: {revision_id}.", "revisionId")
    return revision


def _downloadable(state: EmulatorState, call: Call, item: Item, revision: Revision) -> Content:
    """Return a revision's bytes, if the caller may have them. Raises ``DriveError`` (403)."""
    if revision.content is None:
        raise not_downloadable()
    if not (revision.is_head or revision.settings.keep_forever):
        message = "This revision cannot be downloaded by the authenticated user."
        raise forbidden("download_restricted_for_revision", message)
    check_download(state, call, item)
    return revision.content


def _kept(state: EmulatorState, item: Item, revision: Revision, body: _RevisionBody) -> RevisionSettings:
    """Return a blob's settings; what was kept stays kept once there is newer content. Raises ``DriveError``."""
    settings, keep = revision.settings, body.keep_forever
    if keep is UNSET or keep == settings.keep_forever:
        return settings
    if not keep and not revision.is_head:
        message = "Bad Request. Cannot update a revision to false that is marked as keepForever."
        raise DriveError(400, message, "illegalKeepForeverModification")
    kept = sum(each.settings.keep_forever for each in state.world.revisions.of(item, state.world.clock()))
    if keep and kept >= MOST_KEPT:
        raise DriveError(400, f"At most {MOST_KEPT} revisions of a file can be kept forever.", "badRequest")
    return replace(settings, keep_forever=keep)


def _published(revision: Revision, body: _RevisionBody) -> RevisionSettings:
    """Return a document's settings; ``keepForever`` is taken and means nothing."""
    old = revision.settings
    return replace(
        old,
        publish_auto=old.publish_auto if body.publish_auto is UNSET else body.publish_auto,
        published=old.published if body.published is UNSET else body.published,
        published_outside_domain=(
            old.published_outside_domain if body.published_outside_domain is UNSET else body.published_outside_domain
        ),
    )


async def _reply(call: Call, item: Item, revision: Revision) -> Reply:
    mask = requested_mask(call, schema.REVISION, _DEFAULT)
    resources = await _resources(call, item, [revision], mask)
    return masked_reply(resources[0], mask)


async def _resources(call: Call, item: Item, revisions: Sequence[Revision], mask: Mask) -> list[Json]:
    """Render revisions; checksums that must be computed first are, in a thread."""
    hashed = "md5Checksum" in mask
    unhashed = [each.content for each in revisions if each.content is not None and not each.content.is_hashed]
    if hashed and unhashed:
        await asyncio.to_thread(lambda: [content.checksum("md5") for content in unhashed])
    return [revision_resource(item, revision, call.user, hashed=hashed) for revision in revisions]


_PATH = "/drive/v3/files/{file_id}/revisions"

ROUTES = (
    Route("revisions.list", "GET", _PATH, list_revisions),
    Route("revisions.get", "GET", (_PATH + "/{revision_id}", "/download" + _PATH + "/{revision_id}"), get),
    Route("revisions.update", "PATCH", _PATH + "/{revision_id}", update),
    Route("revisions.delete", "DELETE", _PATH + "/{revision_id}", delete),
)
