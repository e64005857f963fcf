"""Lists below an item, and drives, to records.

In: raw JSON as the client gives it, and a writer for where it was read. Out: records, and the entries that could not be
understood. Pure. The records of a list come in Drive's order, then its manifest, which says what is gone
(docs/contracts.md, "Record").

None of these records has a version: of two rows of the same resource the later one in the log is the newer.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct

from google_drive_worker.normalizer import comment_data, drive_data, grant, permission_data, revision_data
from google_drive_worker.schemas.listed import (
    CommentData,
    ManifestData,
    PermissionData,
    PermissionSetData,
    RevisionData,
)
from google_drive_worker.schemas.record import ItemType, ListedType, OutRecord, PermissionsState, ResourceType
from google_drive_worker.sync.page_decoding import Rejected
from google_drive_worker.sync.records import RecordWriter

Converted = TypeVar("Converted")

GOOGLE_DOCUMENT = "application/vnd.google-apps."
"""How the MIME types of what is edited in Google's own editors begin (facts A6)."""


class Listed(NamedTuple):
    """What a list became. A rejected entry costs itself; a list that has any proves no absence."""

    records: list[OutRecord]
    rejected: list[Rejected]
    is_visible: bool = True
    """Whether the account may see the list at all."""


class _Identified(Struct):
    id: str


_IDENTIFIED = msgspec.json.Decoder(_Identified)


def permission_set(
    writer: RecordWriter,
    item_id: str,
    item_type: ItemType,
    raw_permissions: Sequence[Raw] | None,
    *,
    also_single: bool = False,
) -> Listed:
    """Who has access to an item: one `permission_set`, and with `also_single` a `permission` a grant and a manifest.

    `raw_permissions` is None when Drive does not let the account see them (`AccessDeniedError`). The set then has no
    `permissions`, `permissions_state: not_visible` and `complete: false`: it takes the place of what was known, and is
    never an empty list, which would say that nobody has access. The manifest of single grants is not complete then, so
    those known before stay. Whether the item is limited stands in its own record.
    """
    grants, rejected = _each(item_id, raw_permissions or (), grant)
    whole = raw_permissions is not None and not rejected
    data = PermissionSetData(
        item_id,
        item_type,
        whole,
        UNSET if raw_permissions is None else grants,  # type: ignore[arg-type] # encoded already
        PermissionsState.NOT_VISIBLE if raw_permissions is None else UNSET,
    )
    records = [writer.upsert(ResourceType.PERMISSION_SET, item_id, data, None)]
    if also_single:
        singles, _ = _each(item_id, raw_permissions or (), partial(permission_data, item_id, item_type))
        records += _with_manifest(writer, item_id, "permission", singles, complete=whole)
    return Listed(records, rejected, raw_permissions is not None)


def no_single_permissions(writer: RecordWriter, item_id: str) -> list[OutRecord]:
    """The manifest that says of an item that none of its single grants is left."""
    return _with_manifest(writer, item_id, "permission", (), complete=True)


def revisions(writer: RecordWriter, file_id: str, raws: Sequence[Raw]) -> Listed:
    """A file's revisions, of all pages, and their manifest.

    Lists of Google documents are never complete: Drive leaves older ones out and merges others (facts A8). Nor is a
    list without entries, since a file has its head revision at least.
    """
    found, rejected = _each(file_id, raws, partial(revision_data, file_id))
    whole = not rejected and bool(found) and not any(map(_is_of_document, found))
    return Listed(_with_manifest(writer, file_id, "revision", found, complete=whole), rejected)


def comments(writer: RecordWriter, file_id: str, raws: Sequence[Raw]) -> Listed:
    """A file's comments, of all pages and deleted ones too, and their manifest."""
    found, rejected = _each(file_id, raws, partial(comment_data, file_id))
    return Listed(_with_manifest(writer, file_id, "comment", found, complete=not rejected), rejected)


def drive(writer: RecordWriter, raw: Raw) -> OutRecord:
    """A shared drive. Raises `ValueError` when it is not as Drive documents it."""
    data = drive_data(raw)
    return writer.upsert(ResourceType.DRIVE, data.id, data, None)


def _with_manifest(
    writer: RecordWriter,
    item_id: str,
    of: ListedType,
    found: Sequence[PermissionData] | Sequence[RevisionData] | Sequence[CommentData],
    *,
    complete: bool,
) -> list[OutRecord]:
    kind = ResourceType(of)
    records = [writer.upsert(kind, f"{item_id}:{entry.id}", entry, None) for entry in found]
    manifest = ManifestData(item_id, of, [entry.id for entry in found], complete, writer.observed_at)
    return [*records, writer.upsert(ResourceType.MANIFEST, f"{item_id}:{of}", manifest, None)]


def _is_of_document(revision: RevisionData) -> bool:
    return isinstance(revision.mime_type, str) and revision.mime_type.startswith(GOOGLE_DOCUMENT)


def _each(
    item_id: str, raws: Iterable[Raw], convert: Callable[[Raw], Converted]
) -> tuple[list[Converted], list[Rejected]]:
    good: list[Converted] = []
    bad: list[Rejected] = []
    for raw in raws:
        try:
            good.append(convert(raw))
        except ValueError as error:
            bad.append(Rejected(_name(item_id, raw), f"Drive sent an item that is not as documented: {error}"))
    return good, bad


def _name(item_id: str, raw: Raw) -> str:
    """The resource id of a bad entry; of one without an id, its item's."""
    try:
        return f"{item_id}:{_IDENTIFIED.decode(raw).id}"
    except ValueError:
        return item_id
