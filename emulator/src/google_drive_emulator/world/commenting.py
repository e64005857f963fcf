"""Commenting: what someone says about a file in, the comment or reply as it is from then on out (facts A9).

A comment touches neither the file nor, unless the quirk ``comments_log_changes`` is on, the change log. Who is
addressed with a ``+`` in front is mentioned.
"""

import re
from base64 import urlsafe_b64encode
from hashlib import blake2b
from typing import Literal, TypeAlias

from msgspec.structs import replace

from google_drive_emulator.world.comments import Comment, Reply
from google_drive_emulator.world.events import CommentAction, CommentEvent
from google_drive_emulator.world.items import Item, User
from google_drive_emulator.world.world import MutationError, World

ReplyAction: TypeAlias = Literal["resolve", "reopen"]

MENTION = re.compile(r"\+([\w.%+-]+@[\w-]+(?:\.[\w-]+)+)")

_VERDICTS: dict[str | None, CommentAction] = {"resolve": "RESOLVED", "reopen": "REOPENED"}


def add_comment(
    world: World,
    item_id: str,
    author: User,
    content: str,
    *,
    anchor: str | None = None,
    quoted: tuple[str, str] | None = None,
    assignee: str | None = None,
) -> Comment:
    """Say something about a file; ``quoted`` is the MIME type and value of a part of it. Raises ``MutationError``."""
    item, now = _file(world, item_id), world.clock()
    comment = Comment(
        _new_id(world),
        author,
        content,
        now,
        now,
        anchor=anchor,
        quoted=quoted,
        assignee=assignee,
        mentioned=mentions(content),
    )
    _keep(world, item, comment, author, "ADDED")
    return comment


def edit_comment(world: World, item_id: str, comment_id: str, content: str) -> Comment:
    """Give a comment another text. Raises ``MutationError``."""
    comment = _comment(world, item_id, comment_id)
    edited = replace(comment, content=content, mentioned=mentions(content), modified_ms=world.clock())
    world.comments.put(item_id, edited)
    return edited


def delete_comment(world: World, item_id: str, comment_id: str, *, by: User | None = None) -> None:
    """Delete a comment: its id and its replies stay, its content goes. Raises ``MutationError``."""
    item, comment = _file(world, item_id), _comment(world, item_id, comment_id)
    emptied = replace(
        comment, content="", quoted=None, anchor=None, mentioned=(), is_deleted=True, modified_ms=world.clock()
    )
    _keep(world, item, emptied, by or comment.author, "DELETED")


def add_reply(
    world: World, item_id: str, comment_id: str, author: User, content: str = "", *, action: ReplyAction | None = None
) -> Reply:
    """Answer a comment, or resolve or reopen it. Raises ``MutationError``."""
    item, comment, now = _file(world, item_id), _comment(world, item_id, comment_id), world.clock()
    reply = Reply(_new_id(world), author, content, now, now, action, mentioned=mentions(content))
    resolved = comment.is_resolved if action is None else action == "resolve"
    answered = replace(comment, replies=(*comment.replies, reply), modified_ms=now, is_resolved=resolved)
    _keep(world, item, answered, author, _VERDICTS.get(action, "REPLY_ADDED"), reply)
    return reply


def edit_reply(world: World, item_id: str, comment_id: str, reply_id: str, content: str) -> Reply:
    """Give a reply another text. Raises ``MutationError``."""
    comment, reply = _reply(world, item_id, comment_id, reply_id)
    edited = replace(reply, content=content, mentioned=mentions(content), modified_ms=world.clock())
    world.comments.put(item_id, _with_reply(comment, edited))
    return edited


def delete_reply(world: World, item_id: str, comment_id: str, reply_id: str, *, by: User | None = None) -> None:
    """Delete a reply: its id stays, its content goes. Raises ``MutationError``."""
    item, (comment, reply) = _file(world, item_id), _reply(world, item_id, comment_id, reply_id)
    emptied = replace(reply, content="", mentioned=(), is_deleted=True, modified_ms=world.clock())
    _keep(world, item, _with_reply(comment, emptied), by or reply.author, "REPLY_DELETED", emptied)


def mentions(content: str) -> tuple[str, ...]:
    """Return the addresses that a text mentions, each once."""
    return tuple(dict.fromkeys(MENTION.findall(content)))


def _keep(
    world: World, item: Item, comment: Comment, actor: User, action: CommentAction, reply: Reply | None = None
) -> None:
    """Store a comment and tell what happened to it."""
    world.comments.put(item.id, comment)
    logs = world.log_mention(item.id) if world.quirks.comments_log_changes else frozenset[str]()
    world.emit(
        CommentEvent(
            actor,
            world.clock(),
            item,
            action,
            comment.id,
            reply_id=None if reply is None else reply.id,
            assignee=comment.assignee,
            mentioned=(comment if reply is None else reply).mentioned,
            logs=logs,
        )
    )


def _with_reply(comment: Comment, reply: Reply) -> Comment:
    replies = tuple(reply if each.id == reply.id else each for each in comment.replies)
    return replace(comment, replies=replies, modified_ms=reply.modified_ms)


def _file(world: World, item_id: str) -> Item:
    item = world.item(item_id)
    if item is None:
        raise MutationError(f"there is no item {item_id}")
    if not (item.is_blob or item.is_document):
        raise MutationError(f"{item_id} is a folder or shortcut and cannot be commented on")
    return item


def _comment(world: World, item_id: str, comment_id: str) -> Comment:
    comment = world.comments.get(item_id, comment_id)
    if comment is None or comment.is_deleted:
        raise MutationError(f"there is no comment {comment_id} on {item_id}")
    return comment


def _reply(world: World, item_id: str, comment_id: str, reply_id: str) -> tuple[Comment, Reply]:
    comment = world.comments.get(item_id, comment_id)
    reply = None if comment is None else comment.reply(reply_id)
    if comment is None or reply is None or reply.is_deleted:
        raise MutationError(f"there is no reply {reply_id} to the comment {comment_id} on {item_id}")
    return comment, reply


def _new_id(world: World) -> str:
    digest = blake2b(world.new_id().encode(), digest_size=6).digest()
    return "AAAA" + urlsafe_b64encode(digest).decode()
