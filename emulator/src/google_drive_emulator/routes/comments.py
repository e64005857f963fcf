"""``comments``: what is said about files (facts A9)."""

import msgspec

from google_drive_emulator.grammar import schema
from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import DriveError, invalid_value, not_found
from google_drive_emulator.rendering.comments import comment_resource
from google_drive_emulator.routes.access import insufficient, require, visible_item
from google_drive_emulator.routes.bodies import json_body
from google_drive_emulator.routes.masks import mandatory_mask, masked_reply
from google_drive_emulator.routes.paging import slice_of
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world import commenting
from google_drive_emulator.world.comments import Comment
from google_drive_emulator.world.items import Item, User
from google_drive_emulator.world.timestamps import parse_rfc3339

PATH = "/drive/v3/files/{file_id}/comments"


class _Quoted(msgspec.Struct, frozen=True, rename="camel"):
    mime_type: str = "text/plain"
    value: str = ""


class _CommentBody(msgspec.Struct, frozen=True, rename="camel"):
    content: str | None = None
    anchor: str | None = None
    quoted_file_content: _Quoted | None = None


async def list_comments(state: EmulatorState, call: Call) -> Reply:
    """``GET /drive/v3/files/{id}/comments``: the newest first; a mask is mandatory."""
    size, since = call.params.page_size(20, 100), _since(call)
    include_deleted = call.params.flag("includeDeleted")
    mask = mandatory_mask(call, schema.COMMENT_LIST)
    item = visible_item(state, call, gated=False)
    wanted = [
        comment
        for comment in reversed(state.world.comments.of(item.id))
        if comment.modified_ms >= since and (include_deleted or not comment.is_deleted)
    ]
    page, token = slice_of(state, call, wanted, size, f"comments on {item.id} {since} {include_deleted}")
    value: dict[str, Json] = {"kind": "drive#commentList"}
    if token is not None:
        value["nextPageToken"] = token
    value["comments"] = [comment_resource(each, call.user, include_deleted=include_deleted) for each in page]
    return masked_reply(value, mask)


async def get(state: EmulatorState, call: Call) -> Reply:
    """``GET /drive/v3/files/{id}/comments/{id}``: a comment with its replies; a mask is mandatory."""
    include_deleted = call.params.flag("includeDeleted")
    mask = mandatory_mask(call, schema.COMMENT)
    comment = find_comment(state, call, visible_item(state, call, gated=False), include_deleted=include_deleted)
    return masked_reply(comment_resource(comment, call.user, include_deleted=include_deleted), mask)


async def create(state: EmulatorState, call: Call) -> Reply:
    """``POST /drive/v3/files/{id}/comments``: for those who may comment; a mask is mandatory."""
    mask, body = mandatory_mask(call, schema.COMMENT), await json_body(call, _CommentBody)
    item = commented_file(state, call)
    quoted = body.quoted_file_content
    comment = commenting.add_comment(
        state.world,
        item.id,
        call.user,
        said(body.content),
        anchor=body.anchor,
        quoted=None if quoted is None else (quoted.mime_type, quoted.value),
    )
    return masked_reply(comment_resource(comment, call.user, include_deleted=False), mask)


async def update(state: EmulatorState, call: Call) -> Reply:
    """``PATCH /drive/v3/files/{id}/comments/{id}``: for its author; a mask is mandatory."""
    mask, body = mandatory_mask(call, schema.COMMENT), await json_body(call, _CommentBody)
    item = commented_file(state, call)
    comment = find_comment(state, call, item)
    require_author(call, item, comment.author)
    if body.content is not None:
        comment = commenting.edit_comment(state.world, item.id, comment.id, said(body.content))
    return masked_reply(comment_resource(comment, call.user, include_deleted=False), mask)


async def delete(state: EmulatorState, call: Call) -> Reply:
    """``DELETE /drive/v3/files/{id}/comments/{id}``: 204, for its author; the id stays."""
    item = commented_file(state, call)
    comment = find_comment(state, call, item)
    require_author(call, item, comment.author)
    commenting.delete_comment(state.world, item.id, comment.id)
    return Reply(b"", 204)


def commented_file(state: EmulatorState, call: Call) -> Item:
    """Return a file that the caller may comment on. Raises ``DriveError``."""
    item = visible_item(state, call, gated=False)
    require(state, call, item, "canComment")
    return item


def find_comment(state: EmulatorState, call: Call, item: Item, *, include_deleted: bool = False) -> Comment:
    """Return the comment that a call's path names. Raises ``DriveError`` (404), also for a deleted one."""
    comment_id = call.path["comment_id"]
    comment = state.world.comments.get(item.id, comment_id)
    if comment is None or (comment.is_deleted and not include_deleted):
        raise not_found(f"Comment not found: {comment_id}.", "commentId")
    return comment


def require_author(call: Call, item: Item, author: User) -> None:
    """Refuse who did not say it themselves: 403 ``insufficientFilePermissions``."""
    if call.user.email != author.email:
        raise insufficient(item.id)


def said(content: str | None) -> str:
    """Return what was said. Raises ``DriveError`` (400) when that is nothing."""
    if not content:
        raise DriveError(400, "Required: content", "required")
    return content


def _since(call: Call) -> int:
    text = call.params.text("startModifiedTime")
    try:
        return 0 if text is None else parse_rfc3339(text)
    except (ValueError, OverflowError):
        raise invalid_value("startModifiedTime") from None


ROUTES = (
    Route("comments.list", "GET", PATH, list_comments),
    Route("comments.create", "POST", PATH, create),
    Route("comments.get", "GET", PATH + "/{comment_id}", get),
    Route("comments.update", "PATCH", PATH + "/{comment_id}", update),
    Route("comments.delete", "DELETE", PATH + "/{comment_id}", delete),
)
