"""What a client may say of a file: the JSON of a File in, checked values or Google's refusal out (facts A6).

Fields that Google does not know are ignored; one that clients cannot set is refused.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from google_drive_emulator.grammar import schema
from google_drive_emulator.http.errors import DriveError
from google_drive_emulator.routes.bodies import decoded
from google_drive_emulator.world.items import DownloadRestriction
from google_drive_emulator.writing.refusals import field_not_writable

_MIME_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+*-]+", re.ASCII)
Color = Annotated[str, Meta(pattern=r"^#[0-9A-Fa-f]{6}\Z")]
Properties = Mapping[str, str | None]
"""Values by key; None takes a property away."""


class _Part(msgspec.Struct, frozen=True, rename="camel"):
    """A part of a File."""


class TargetBody(_Part, frozen=True):
    """``shortcutDetails``."""

    target_id: str | None = None


class HintsBody(_Part, frozen=True):
    """``contentHints``."""

    indexable_text: str | None = None


class RestrictionBody(_Part, frozen=True):
    """One of ``contentRestrictions``."""

    read_only: bool = False
    reason: str | None = None
    owner_restricted: bool = False


class DownloadsBody(_Part, frozen=True):
    """``downloadRestrictions``."""

    item_download_restriction: DownloadRestriction | None = None


class FileBody(_Part, frozen=True):
    """The fields of a File that clients set; None is a field that was not given."""

    id: str | None = None
    name: str | None = None
    mime_type: str | None = None
    parents: tuple[str, ...] | None = None
    description: str | UnsetType | None = UNSET
    starred: bool | None = None
    trashed: bool | None = None
    properties: Properties | None = None
    app_properties: Properties | None = None
    created_time: datetime | None = None
    modified_time: datetime | None = None
    viewed_by_me_time: datetime | None = None
    original_filename: str | None = None
    copy_requires_writer_permission: bool | None = None
    viewers_can_copy_content: bool | None = None
    writers_can_share: bool | None = None
    folder_color_rgb: Color | None = None
    content_restrictions: tuple[RestrictionBody, ...] | None = None
    shortcut_details: TargetBody | None = None
    content_hints: HintsBody | None = None
    inherited_permissions_disabled: bool | None = None
    download_restrictions: DownloadsBody | None = None

    @property
    def given(self) -> frozenset[str]:
        """Return the names, as here, of the fields that were given; a description may be given as None."""
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        names = {name for name, value in values if value is not None and value is not UNSET}
        return frozenset(names if self.description is UNSET else names | {"description"})


_WIRE_NAMES = frozenset(field.encode_name for field in msgspec.structs.fields(FileBody))
_IGNORED = frozenset({"kind", "clientEncryptionDetails", "linkShareMetadata"})
_READ_ONLY = frozenset(schema.FILE) - _WIRE_NAMES - _IGNORED
_SET_ONCE = frozenset({"id", "createdTime", "shortcutDetails"})
_FIRST_MS = -62_135_596_800_000
_LAST_MS = 253_402_300_799_999


def read_new(body: bytes) -> FileBody:
    """Read what a new file shall be. Raises ``DriveError`` (400, 403)."""
    _check_writable(body, _READ_ONLY)
    return _read(body)


def read_change(body: bytes) -> FileBody:
    """Read what a file shall be from now on. Raises ``DriveError`` (400, 403)."""
    names = _check_writable(body, _READ_ONLY | _SET_ONCE)
    if "parents" in names:
        raise field_not_writable(
            "The parents field is not directly writable in update requests. Use the addParents and removeParents"
            " parameters instead."
        )
    return _read(body)


def _read(body: bytes) -> FileBody:
    read = decoded(body, FileBody)
    if read.mime_type is None:
        return read
    bare = bare_type(read.mime_type)
    if bare is None:
        raise DriveError(400, f"Invalid value: {read.mime_type} is no MIME type", "invalid")
    return msgspec.structs.replace(read, mime_type=bare)


def bare_type(text: str) -> str | None:
    """Return a MIME type without its parameters; None for what is none."""
    mime_type = text.partition(";")[0].strip().lower()
    return mime_type if _MIME_TYPE.fullmatch(mime_type) else None


def _check_writable(body: bytes, read_only: frozenset[str]) -> frozenset[str]:
    """Return the names that a body has values for."""
    values = decoded(body, dict[str, msgspec.Raw])
    names = frozenset(name for name, value in values.items() if bytes(value) != b"null")
    if names & read_only:
        raise field_not_writable()
    return names


def epoch_ms(moment: datetime) -> int:
    """Return a moment in epoch milliseconds; without a zone it is UTC. Raises ``DriveError`` for one too far away."""
    in_zone = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    found = round(in_zone.timestamp() * 1000)
    if not _FIRST_MS <= found <= _LAST_MS:
        raise DriveError(400, f"Invalid value: {moment.isoformat()} is out of range", "invalid")
    return found
