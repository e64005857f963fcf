"""What is said about files: comments and replies in, and out again as they were last (facts A9)."""

from collections.abc import Sequence

import msgspec

from google_drive_emulator.world.items import User


class Reply(msgspec.Struct, frozen=True):
    """An answer to a comment; ``action`` is resolve or reopen. Times are epoch milliseconds."""

    id: str
    author: User
    content: str
    created_ms: int
    modified_ms: int
    action: str | None = None
    is_deleted: bool = False
    assignee: str | None = None
    mentioned: tuple[str, ...] = ()


class Comment(msgspec.Struct, frozen=True):
    """A comment with its replies, oldest first. Times are epoch milliseconds; a reply moves ``modified_ms`` too.

    ``assignee`` and ``mentioned`` are addresses. Who deletes a comment or a reply leaves its id and its times.
    """

    id: str
    author: User
    content: str
    created_ms: int
    modified_ms: int
    anchor: str | None = None
    quoted: tuple[str, str] | None = None
    """The MIME type and value of what it quotes."""
    is_resolved: bool = False
    is_deleted: bool = False
    assignee: str | None = None
    mentioned: tuple[str, ...] = ()
    replies: tuple[Reply, ...] = ()

    def reply(self, reply_id: str) -> Reply | None:
        """Return a reply by its id, or None."""
        return next((each for each in self.replies if each.id == reply_id), None)


class Comments:
    """The comments on all files, by the files' ids."""

    def __init__(self) -> None:
        self._by_item: dict[str, dict[str, Comment]] = {}

    def copy(self) -> "Comments":
        """Return comments that can be changed apart from these."""
        copied = Comments()
        copied._by_item = {item_id: dict(comments) for item_id, comments in self._by_item.items()}
        return copied

    def of(self, item_id: str) -> Sequence[Comment]:
        """Return the comments on a file, oldest first, deleted ones too."""
        return tuple(self._by_item.get(item_id, {}).values())

    def get(self, item_id: str, comment_id: str) -> Comment | None:
        """Return a comment on a file, or None."""
        return self._by_item.get(item_id, {}).get(comment_id)

    def put(self, item_id: str, comment: Comment) -> None:
        """Add a comment on a file, or replace the one with its id."""
        self._by_item.setdefault(item_id, {})[comment.id] = comment

    def forget(self, item_id: str) -> None:
        """Drop the comments on a deleted file."""
        self._by_item.pop(item_id, None)
