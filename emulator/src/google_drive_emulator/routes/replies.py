"""``replies``: answers to comments, which may resolve and reopen them (facts A9)."""

import msgspec

from google_drive_emulator.grammar import schema
from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import DriveError, not_found
from google_drive_emulator.rendering.comments import reply_resource
from google_drive_emulator.routes.access import visible_item
from google_drive_emulator.routes.bodies import json_body
from google_drive_emulator.routes.comments import PATH, commented_file, find_comment, require_author, said
from google_drive_emulator.routes.masks import mandatory_mask, masked_reply
from google_drive_emulator.routes.paging import slice_of
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world import commenting, comments

_PATH = PATH + "/{comment_id}/replies"


class _ReplyBody(msgspec.Struct, frozen=True):
    content: str | None = None
    action: str | None = None


async def list_replies(state: EmulatorState, call: Call) -> Reply:
    """``GET …/comments/{id}/replies``: the oldest first; a mask is mandatory."""
    size, include_deleted = call.params.page_size(20, 100), call.params.flag("includeDeleted")
    mask = mandatory_mask(call, schema.REPLY_LIST)
    comment = find_comment(state, call, visible_item(state, call, gated=False), include_deleted=include_deleted)
    wanted = [reply for reply in comment.replies if include_deleted or not reply.is_deleted]
    page, token = slice_of(state, call, wanted, size, f"replies to {comment.id} {include_deleted}")
    value: dict[str, Json] = {"kind": "drive#replyList"}
    if token is not None:
        value["nextPageToken"] = token
    value["replies"] = [reply_resource(reply, call.user) for reply in page]
    return masked_reply(value, mask)


async def get(state: EmulatorState, call: Call) -> Reply:
    """``GET …/comments/{id}/replies/{id}``: a reply; a mask is mandatory."""
    include_deleted = call.params.flag("includeDeleted")
    mask = mandatory_mask(call, schema.REPLY)
    comment = find_comment(state, call, visible_item(state, call, gated=False), include_deleted=include_deleted)
    return masked_reply(reply_resource(_reply(call, comment, include_deleted=include_deleted), call.user), mask)


async def create(state: EmulatorState, call: Call) -> Reply:
    """``POST …/comments/{id}/replies``: for those who may comment; content or an action, and a mask, are mandatory."""
    mask, body = mandatory_mask(call, schema.REPLY), await json_body(call, _ReplyBody)
    item = commented_file(state, call)
    comment, action = find_comment(state, call, item), _action(body.action)
    content = said(body.content) if action is None else body.content or ""
    reply = commenting.add_reply(state.world, item.id, comment.id, call.user, content, action=action)
    return masked_reply(reply_resource(reply, call.user), mask)


async def update(state: EmulatorState, call: Call) -> Reply:
    """``PATCH …/comments/{id}/replies/{id}``: for its author; a mask is mandatory."""
    mask, body = mandatory_mask(call, schema.REPLY), await json_body(call, _ReplyBody)
    item = commented_file(state, call)
    comment = find_comment(state, call, item)
    reply = _reply(call, comment)
    require_author(call, item, reply.author)
    if body.content is not None:
        reply = commenting.edit_reply(state.world, item.id, comment.id, reply.id, said(body.content))
    return masked_reply(reply_resource(reply, call.user), mask)


async def delete(state: EmulatorState, call: Call) -> Reply:
    """``DELETE …/comments/{id}/replies/{id}``: 204, for its author; the id stays."""
    item = commented_file(state, call)
    comment = find_comment(state, call, item)
    reply = _reply(call, comment)
    require_author(call, item, reply.author)
    commenting.delete_reply(state.world, item.id, comment.id, reply.id)
    return Reply(b"", 204)


def _reply(call: Call, comment: comments.Comment, *, include_deleted: bool = False) -> comments.Reply:
    reply_id = call.path["reply_id"]
    reply = comment.reply(reply_id)
    if reply is None or (reply.is_deleted and not include_deleted):
        raise not_found(f"Reply not found: {reply_id}.", "replyId")
    return reply


def _action(text: str | None) -> commenting.ReplyAction | None:
    match text:
        case None | "resolve" | "reopen":
            return text
        case _:
            raise DriveError(400, f"Invalid value for action: {text}", "invalid")


ROUTES = (
    Route("replies.list", "GET", _PATH, list_replies),
    Route("replies.create", "POST", _PATH, create),
    Route("replies.get", "GET", _PATH + "/{reply_id}", get),
    Route("replies.update", "PATCH", _PATH + "/{reply_id}", update),
    Route("replies.delete", "DELETE", _PATH + "/{reply_id}", delete),
)
