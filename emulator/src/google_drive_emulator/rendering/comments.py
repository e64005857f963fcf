"""Comments and replies: what was said and who looks at it in, the JSON of Google's Comment and Reply out (facts A9)."""

from html import escape

from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.rendering.resources import user_resource
from google_drive_emulator.world.commenting import MENTION
from google_drive_emulator.world.comments import Comment, Reply
from google_drive_emulator.world.items import User
from google_drive_emulator.world.timestamps import rfc3339

_NOT_TOLD = ("emailAddress", "permissionId")


def comment_resource(comment: Comment, viewer: User, *, include_deleted: bool) -> dict[str, Json]:
    """Return a comment with its replies; a deleted one has lost its content."""
    resource = {"kind": "drive#comment", **_common(comment, viewer), "resolved": comment.is_resolved}
    if comment.anchor is not None:
        resource["anchor"] = comment.anchor
    if comment.quoted is not None:
        mime_type, value = comment.quoted
        resource["quotedFileContent"] = {"mimeType": mime_type, "value": value}
    replies = (reply for reply in comment.replies if include_deleted or not reply.is_deleted)
    return resource | {"replies": [reply_resource(reply, viewer) for reply in replies]}


def reply_resource(reply: Reply, viewer: User) -> dict[str, Json]:
    """Return a reply; a deleted one has lost its content."""
    resource = {"kind": "drive#reply", **_common(reply, viewer)}
    return resource if reply.action is None else resource | {"action": reply.action}


def _common(said: Comment | Reply, viewer: User) -> dict[str, Json]:
    resource: dict[str, Json] = {
        "id": said.id,
        "createdTime": rfc3339(said.created_ms),
        "modifiedTime": rfc3339(said.modified_ms),
        "author": {name: value for name, value in user_resource(said.author, viewer).items() if name not in _NOT_TOLD},
        "deleted": said.is_deleted,
    }
    if said.is_deleted:
        return resource
    resource |= {"content": said.content, "htmlContent": _html(said.content)}
    resource["mentionedEmailAddresses"] = list(said.mentioned)
    return resource if said.assignee is None else resource | {"assigneeEmailAddress": said.assignee}


def _html(content: str) -> str:
    """Write a text as HTML: addresses that are mentioned become links, line ends become breaks."""
    linked = MENTION.sub(r'<a href="mailto:\1" target="_blank">+\1</a>', escape(content))
    return linked.replace("\n", "<br>")
