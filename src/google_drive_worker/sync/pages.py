"""A page of Drive's answer to the records it becomes.

In: a page's bytes. Out: records, the token that follows, and the items that could not be understood. Pure and
CPU-bound: the engine runs it in a thread of its own, so that a page of a thousand files holds no loop up.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replace_field
from datetime import datetime
from functools import lru_cache
from sys import intern

import msgspec
from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import replace

from google_drive_worker.client.resources import (
    FOLDER,
    SHORTCUT,
    DriveChange,
    DriveFile,
)
from google_drive_worker.normalizer import file_data, resource_type
from google_drive_worker.normalizer.files import as_it_came
from google_drive_worker.schemas.record import DeleteReason, OutRecord, ResourceType
from google_drive_worker.schemas.state import FolderState
from google_drive_worker.schemas.times import parse_rfc3339
from google_drive_worker.sync.corpora import Belonging
from google_drive_worker.sync.folders import FolderSeen, FolderSights, hides_children, inherited_hash
from google_drive_worker.sync.lists import no_single_permissions
from google_drive_worker.sync.page_decoding import Rejected, decode_changes, decode_files, rejection
from google_drive_worker.sync.records import RecordWriter
from google_drive_worker.sync.scope import Scope

PERMISSION, REVISION, COMMENT = "permission", "revision", "comment"
"""Resources that are read by a call an item."""


@dataclass(frozen=True, slots=True)
class DriveEvent:
    """What a log says of a shared drive. `raw` is the drive as it is now, absent once the account is no member."""

    drive_id: str
    raw: Raw | None


@dataclass(frozen=True, slots=True)
class View:
    """What of a page belongs to a corpus and is wanted of it."""

    belonging: Belonging = field(default_factory=Belonging)
    scope: Scope = field(default_factory=Scope)
    folders: Mapping[str, FolderState] = field(default_factory=dict)
    """The folder index, which tells a folder that is gone from a file."""
    reads_lists: bool = False
    """Whether revisions and comments of what is listed are to be read, as those of what changed are."""
    single_permissions: bool = False
    """Whether each grant has a record of its own."""
    takes_back: bool = False
    """Whether what is not wanted is to be deleted: a listing of a whole corpus need not, its end sweeps."""


EVERYTHING = View()


@dataclass(frozen=True, slots=True)
class Page:
    """What a page became. `head` is the cursor to go on from, on the last page of a change log."""

    records: Sequence[OutRecord]
    next_page_token: str | None
    """None on the last page; Drive may say so by an empty one."""
    head: str | None = None
    incomplete_search: bool = False
    rejected: Sequence[Rejected] = ()
    counts: dict[str, int] = field(default_factory=dict)
    newest_change: datetime | None = None
    """When the log's last entry on this page happened."""
    sights: FolderSights = field(default_factory=FolderSights)
    drives: Sequence[DriveEvent] = ()
    follow: Mapping[str, list[str]] = field(default_factory=dict)
    """Of which items more is to be read: the item's type, then resources."""


_TEXTS = msgspec.json.Decoder(list[str])


def file_page(body: bytes, writer: RecordWriter, view: View = EVERYTHING) -> Page:
    """A page of `files.list`. Raises `MalformedResponseError` when it is not JSON of that shape at all."""
    listed, rejected = decode_files(body)
    files = _owned(listed.files, view)
    sights = _sights(files)
    wanted = files if view.scope.is_everything else _wanted(files, view)
    records = _upserts(wanted, writer, rejected)
    counts = Counter([record.resource_type for record in records])
    if view.takes_back and len(wanted) < len(files):
        records += _taken_back(files, wanted, writer)
    return Page(
        records,
        listed.next_page_token or None,
        incomplete_search=listed.incomplete_search,
        rejected=rejected,
        counts=counts,
        sights=sights,
        follow=_follow_changed(wanted) if view.reads_lists else _follow_listed(wanted),
    )


def folder_page(body: bytes, view: View) -> tuple[dict[str, str | None], str | None, bool]:
    """A page of the folder listing: parents by folder, the next page's token, whether something was not searched.

    Raises `MalformedResponseError` as `file_page` does.
    """
    listed, _ = decode_files(body)
    files = _owned(listed.files, view)
    return (
        {intern(file.id): parent_of(file) for file in files},
        listed.next_page_token or None,
        listed.incomplete_search,
    )


def listed_lists(body: bytes, view: View) -> tuple[dict[str, list[str]], str | None]:
    """A page of a listing for enrichment: by item its type and the lists that may be read of it; the next token.

    Raises `MalformedResponseError` as `file_page` does.
    """
    listed, _ = decode_files(body)
    files = _owned(listed.files, view)
    wanted = files if view.scope.is_everything else _wanted(files, view)
    return {file.id: [resource_type(file).value, *_lists_of(file)] for file in wanted}, listed.next_page_token or None


def change_page(body: bytes, writer: RecordWriter, view: View = EVERYTHING) -> Page:
    """A page of `changes.list`, in the log's order. Raises `MalformedResponseError` as `file_page` does."""
    listed, rejected = decode_changes(body)
    shown = [change.file for change in listed.changes if _shows(change, view) and isinstance(change.file, DriveFile)]
    records = _changes(listed.changes, writer, rejected, view)
    return Page(
        records,
        listed.next_page_token or None,
        head=listed.new_start_page_token,
        rejected=[*rejected, *_unexplained(listed.changes)],
        newest_change=_newest(listed.changes),
        sights=replace_field(_sights(shown), gone=_gone(listed.changes, view)),
        drives=[_drive_event(change) for change in listed.changes if _is_of_a_drive(change)],
        follow=_follow_changed(shown if view.scope.is_everything else _wanted(shown, view)),
    )


def parent_of(file: DriveFile) -> str | None:
    """The one parent of an item; None where Drive shows none (facts A4)."""
    if isinstance(file.parents, UnsetType):
        return None
    parent = next(iter(_texts(bytes(file.parents))), None)
    return None if parent is None else intern(parent)  # the index holds each folder's id once, as key and as parent


def _texts(raw: bytes) -> list[str]:
    """Texts; none of what is not documented, which costs its item elsewhere."""
    try:
        return _TEXTS.decode(raw)
    except ValueError:
        return []


def _owned(files: Sequence[DriveFile], view: View) -> Sequence[DriveFile]:
    """Without those that another corpus has, and without roots of drives: they are told of as drives."""
    owns = view.belonging.owns
    if all(file.drive_id is UNSET or (owns(file.drive_id) and file.id != file.drive_id) for file in files):
        return files
    return [file for file in files if owns(file.drive_id) and file.id != file.drive_id]


def _wanted(files: Sequence[DriveFile], view: View) -> list[DriveFile]:
    """Those in scope. Folders of the page count as it shows them, wherever on it they stand."""
    for file in files:
        if file.mime_type == FOLDER:
            view.scope.show(file.id, parent_of(file))
    return [file for file in files if view.scope.holds(file, parent_of(file))]


def _taken_back(files: Sequence[DriveFile], wanted: Sequence[DriveFile], writer: RecordWriter) -> list[OutRecord]:
    kept = {file.id for file in wanted}
    return [
        writer.delete(resource_type(file), file.id, DeleteReason.OUT_OF_SCOPE) for file in files if file.id not in kept
    ]


def _sights(files: Sequence[DriveFile]) -> FolderSights:
    """Folders and parents of a page; parents recur, so that each is decoded once."""
    parents = {as_it_came(file.parents) for file in files if file.parents is not UNSET}
    return FolderSights(
        {
            intern(file.id): FolderSeen(parent_of(file), inherited_hash(file), hides_children(file))
            for file in files
            if file.mime_type == FOLDER
        },
        frozenset(intern(parent) for listed in parents for parent in _texts(listed)),
    )


def _follow_listed(files: Sequence[DriveFile]) -> dict[str, list[str]]:
    """What a listing leads to: who has access to items of drives with grants of their own. The rest is enrichment."""
    of_drives = [file for file in files if file.drive_id is not UNSET]
    return {file.id: [resource_type(file).value, PERMISSION] for file in of_drives if _has_own_grants(file)}


def _follow_changed(files: Sequence[DriveFile]) -> dict[str, list[str]]:
    """What a change leads to: the lists below the item may have changed with it."""
    found = {file.id: [resource_type(file).value, *_lists_of(file)] for file in files}
    return {name: wanted for name, wanted in found.items() if len(wanted) > 1}


def _lists_of(file: DriveFile) -> list[str]:
    lists = [PERMISSION] if _has_own_grants(file) else []
    if file.mime_type in {FOLDER, SHORTCUT}:
        return lists
    return [*lists, *([REVISION] if _may(file, "canReadRevisions") else []), COMMENT]


def _has_own_grants(file: DriveFile) -> bool:
    """Whether an item of a shared drive has a permission set of its own (facts A6, A7)."""
    return file.drive_id is not UNSET and (
        file.has_augmented_permissions is True or file.inherited_permissions_disabled is True
    )


def _may(file: DriveFile, capability: str) -> bool:
    """Whether the account may do it; capabilities are the authority (facts A6)."""
    return not isinstance(file.capabilities, UnsetType) and capability in _capabilities(bytes(file.capabilities))


@lru_cache(maxsize=1024)
def _capabilities(raw: bytes) -> frozenset[str]:
    flags: dict[str, bool] = msgspec.json.decode(raw)
    return frozenset(name for name, flag in flags.items() if flag is True)


def _upserts(files: Sequence[DriveFile], writer: RecordWriter, rejected: list[Rejected]) -> list[OutRecord]:
    """Convert one by one; what turns out not to be as documented joins the rejected."""
    records: list[OutRecord] = []
    for file in files:
        try:
            records.append(_upsert(file, writer))
        except (ValueError, RecursionError) as error:
            rejected.append(rejection(file.id, error))
    return records


def _changes(
    changes: Sequence[DriveChange], writer: RecordWriter, rejected: list[Rejected], view: View
) -> list[OutRecord]:
    """As `_upserts`, for the entries of a log."""
    records: list[OutRecord] = []
    for change in changes:
        try:
            records += _change(change, writer, view)
        except (ValueError, RecursionError) as error:
            rejected.append(rejection(str(change.file_id), error))
    return records


def _unexplained(changes: Sequence[DriveChange]) -> list[Rejected]:
    """Entries that call an item neither removed nor show it: to delete by them would be a guess (facts A5)."""
    return [
        Rejected(str(change.file_id), "Drive sent a change that is no removal and holds no file")
        for change in changes
        if _is_of_an_item(change) and not change.removed and change.file is UNSET
    ]


def _is_of_an_item(change: DriveChange) -> bool:
    return change.file_id is not UNSET and change.change_type != "drive"


def _is_of_a_drive(change: DriveChange) -> bool:
    return change.drive_id is not UNSET and change.change_type == "drive"


def _drive_event(change: DriveChange) -> DriveEvent:
    raw = None if change.removed or isinstance(change.drive, UnsetType) else change.drive
    return DriveEvent(str(change.drive_id), raw)


def _newest(changes: Sequence[DriveChange]) -> datetime | None:
    time = changes[-1].time if changes else UNSET
    return None if isinstance(time, msgspec.UnsetType) else parse_rfc3339(time)


def _upsert(file: DriveFile, writer: RecordWriter, change_time: str | None = None) -> OutRecord:
    version = None if isinstance(file.version, msgspec.UnsetType) else file.version
    drive_id = None if isinstance(file.drive_id, UnsetType) else file.drive_id
    if change_time is None and drive_id == writer.source.drive_id:
        return writer.upsert(resource_type(file), file.id, file_data(file), version)
    source = replace(writer.source, change_time=change_time, drive_id=drive_id)
    return writer.upsert(resource_type(file), file.id, file_data(file), version, source)


def _shows(change: DriveChange, view: View) -> bool:
    """Whether an entry shows an item of this corpus.

    The user's log also tells of items that moved into a drive which the account is no member of, and that it may see
    all the same; an item that left the log without being of a drive is only visible, and belongs to nobody here.
    """
    if not _is_of_an_item(change) or isinstance(change.file, UnsetType):
        return False
    drive_id = change.file.drive_id
    if drive_id == change.file.id:  # the root of a drive
        return False
    return view.belonging.owns(drive_id) and not (change.removed and drive_id is UNSET)


def _change(change: DriveChange, writer: RecordWriter, view: View) -> list[OutRecord]:
    """An entry's records.

    What left is deleted wherever it is now: nobody else may come to tell of it, since the account may lose a drive
    before its log or listing was read, and what anybody may see in a My Drive need not be the user's. A delete does no
    harm to what another corpus may have told by now: it applies to this corpus's rows alone (docs/contracts.md).
    """
    if not _is_of_an_item(change):
        return []
    time = None if isinstance(change.time, msgspec.UnsetType) else change.time
    if _shows(change, view) and isinstance(change.file, DriveFile):
        return _shown(change.file, writer, view, time)
    return _deleted(change, writer, view, time) if change.removed or _is_nobodys(change, view) else []


def _is_nobodys(change: DriveChange, view: View) -> bool:
    """Whether an entry shows an item that lies in a drive which is not followed: where it was before, it is no more."""
    file = change.file
    if not _is_of_an_item(change) or isinstance(file, UnsetType) or file.drive_id in {UNSET, file.id}:
        return False
    return not view.belonging.owns(file.drive_id) and file.drive_id not in view.belonging.followed


def _shown(file: DriveFile, writer: RecordWriter, view: View, time: str | None) -> list[OutRecord]:
    source = replace(writer.source, change_time=time)
    if not view.scope.is_everything:
        parent = parent_of(file)
        if file.mime_type == FOLDER:
            view.scope.show(file.id, parent)
        if not view.scope.holds(file, parent):
            return [writer.delete(resource_type(file), file.id, DeleteReason.OUT_OF_SCOPE, source)]
    records = [_upsert(file, writer, time)]
    if file.drive_id is not UNSET and not _has_own_grants(file):  # it may have had some before
        records.append(writer.delete(ResourceType.PERMISSION_SET, file.id, DeleteReason.REMOVED, source))
        if view.single_permissions:
            records += no_single_permissions(writer, file.id)
    return records


def _deleted(change: DriveChange, writer: RecordWriter, view: View, time: str | None) -> list[OutRecord]:
    """Drive does not say whether a removed id was a folder; where nothing else does, both are deleted."""
    item, source = str(change.file_id), replace(writer.source, change_time=time)
    reason = DeleteReason.REMOVED if change.file is UNSET else DeleteReason.LEFT_CORPUS
    return [writer.delete(kind, item, reason, source) for kind in _removed_kinds(change, view)]


def _removed_kinds(change: DriveChange, view: View) -> tuple[ResourceType, ...]:
    if isinstance(change.file, DriveFile):
        return (resource_type(change.file),)
    known = view.folders.get(str(change.file_id))
    return (ResourceType.FOLDER,) if known is not None and known.snapshot else (ResourceType.FILE, ResourceType.FOLDER)


def _gone(changes: Sequence[DriveChange], view: View) -> frozenset[str]:
    """Items that are no longer of this corpus."""
    return frozenset(
        str(change.file_id)
        for change in changes
        if _is_of_an_item(change) and (_is_nobodys(change, view) or (change.removed and not _shows(change, view)))
    )
