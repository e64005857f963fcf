"""What hangs below a file: permissions, revisions, comments with their replies.

In: the raw JSON of one of them and the id of its item, since their own ids are unique within it only. Out: record data.
Every function raises `ValueError` (of which `msgspec.ValidationError` is one) for what is not as Drive documents it.
"""

from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import asdict

from google_drive_worker.client.listed_resources import COMMENT, REVISION, DriveAuthor, DriveQuote, DriveReply
from google_drive_worker.client.resources import PERMISSION
from google_drive_worker.normalizer.files import GRANTS, as_it_came, permission, user
from google_drive_worker.schemas.listed import (
    Author,
    CommentData,
    PermissionData,
    QuotedContent,
    Reply,
    RevisionData,
)
from google_drive_worker.schemas.record import ItemType


def grant(raw: Raw) -> Raw:
    """Convert one grant of a permission set, as it is encoded: grants recur from item to item."""
    converted: Raw = GRANTS[as_it_came(raw)]
    return converted


def permission_data(item_id: str, item_type: ItemType, raw: Raw) -> PermissionData:
    """Turn a grant into the `data` of a record of its own."""
    return PermissionData(**asdict(permission(PERMISSION.decode(raw))), item_id=item_id, item_type=item_type)


def revision_data(file_id: str, raw: Raw) -> RevisionData:
    """Turn a revision of a file into its record's `data`."""
    revision = REVISION.decode(raw)
    person = revision.last_modifying_user
    return RevisionData(
        file_id,
        revision.id,
        revision.mime_type,
        revision.modified_time,
        revision.size,
        revision.keep_forever,
        revision.published,
        revision.published_link,
        revision.publish_auto,
        revision.published_outside_domain,
        revision.original_filename,
        revision.md5_checksum,
        revision.export_links,
        UNSET if isinstance(person, UnsetType) else user(person),
    )


def comment_data(file_id: str, raw: Raw) -> CommentData:
    """Turn a comment on a file into its record's `data`, replies included."""
    comment = COMMENT.decode(raw)
    replies = comment.replies
    return CommentData(
        file_id,
        comment.id,
        comment.content,
        comment.html_content,
        comment.created_time,
        comment.modified_time,
        comment.deleted,
        comment.assignee_email_address,
        comment.mentioned_email_addresses,
        _author(comment.author),
        comment.resolved,
        comment.anchor,
        _quoted(comment.quoted_file_content),
        UNSET if isinstance(replies, UnsetType) else [_reply(reply) for reply in replies],
    )


def _reply(reply: DriveReply) -> Reply:
    return Reply(
        reply.id,
        reply.content,
        reply.html_content,
        reply.created_time,
        reply.modified_time,
        reply.deleted,
        reply.assignee_email_address,
        reply.mentioned_email_addresses,
        _author(reply.author),
        reply.action,
    )


def _author(author: DriveAuthor | UnsetType) -> Author | UnsetType:
    return UNSET if isinstance(author, UnsetType) else Author(author.display_name, author.photo_link)


def _quoted(quote: DriveQuote | UnsetType) -> QuotedContent | UnsetType:
    return UNSET if isinstance(quote, UnsetType) else QuotedContent(quote.mime_type, quote.value)
