"""What is listed by calls of its own alone, as this worker asks for it and decodes it (facts A8, A9).

In: the raw JSON of a revision or a comment. Out: structs with Drive's values under Python names, as in `resources`,
which has permissions and shared drives: those come within other answers as well.
"""

from msgspec import UNSET, Struct, UnsetType
from msgspec.json import Decoder

from google_drive_worker.client.resources import USER_FIELDS, DriveUser

REVISION_FIELDS = (
    "id,mimeType,modifiedTime,size,keepForever,published,publishedLink,publishAuto,publishedOutsideDomain,"
    f"originalFilename,md5Checksum,exportLinks,lastModifyingUser({USER_FIELDS})"
)
AUTHOR_FIELDS = "displayName,photoLink"
_SAID_FIELDS = (
    "id,content,htmlContent,createdTime,modifiedTime,deleted,assigneeEmailAddress,mentionedEmailAddresses,"
    f"author({AUTHOR_FIELDS})"
)
COMMENT_FIELDS = f"{_SAID_FIELDS},resolved,anchor,quotedFileContent(mimeType,value),replies({_SAID_FIELDS},action)"


class DriveRevision(Struct, rename="camel", gc=False):
    """A revision of a file (facts A8). Of Google documents it has neither size nor checksum."""

    id: str
    mime_type: str | UnsetType = UNSET
    modified_time: str | UnsetType = UNSET
    size: int | UnsetType = UNSET
    keep_forever: bool | UnsetType = UNSET
    published: bool | UnsetType = UNSET
    published_link: str | UnsetType = UNSET
    publish_auto: bool | UnsetType = UNSET
    published_outside_domain: bool | UnsetType = UNSET
    original_filename: str | UnsetType = UNSET
    md5_checksum: str | UnsetType = UNSET
    export_links: dict[str, str] | UnsetType = UNSET
    last_modifying_user: DriveUser | UnsetType = UNSET


class DriveAuthor(Struct, rename="camel", gc=False):
    """Who said something. Drive gives neither address nor permission id of them (facts A9)."""

    display_name: str | UnsetType = UNSET
    photo_link: str | UnsetType = UNSET


class DriveQuote(Struct, rename="camel", gc=False):
    """The part of the file that a comment is about."""

    mime_type: str | UnsetType = UNSET
    value: str | UnsetType = UNSET


class DriveReply(Struct, rename="camel", gc=False):
    """A reply to a comment; a deleted one has lost its content (facts A9)."""

    id: str
    content: str | UnsetType = UNSET
    html_content: str | UnsetType = UNSET
    created_time: str | UnsetType = UNSET
    modified_time: str | UnsetType = UNSET
    deleted: bool | UnsetType = UNSET
    assignee_email_address: str | UnsetType = UNSET
    mentioned_email_addresses: list[str] | UnsetType = UNSET
    author: DriveAuthor | UnsetType = UNSET
    action: str | UnsetType = UNSET


class DriveComment(Struct, rename="camel", gc=False):
    """A comment with all of its replies; a deleted one has lost its content (facts A9)."""

    id: str
    content: str | UnsetType = UNSET
    html_content: str | UnsetType = UNSET
    created_time: str | UnsetType = UNSET
    modified_time: str | UnsetType = UNSET
    deleted: bool | UnsetType = UNSET
    assignee_email_address: str | UnsetType = UNSET
    mentioned_email_addresses: list[str] | UnsetType = UNSET
    author: DriveAuthor | UnsetType = UNSET
    resolved: bool | UnsetType = UNSET
    anchor: str | UnsetType = UNSET
    quoted_file_content: DriveQuote | UnsetType = UNSET
    replies: list[DriveReply] | UnsetType = UNSET


REVISION = Decoder(DriveRevision, strict=False)
COMMENT = Decoder(DriveComment)
