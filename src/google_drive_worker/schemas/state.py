"""The sync state: what `integrations-sync-state` holds for a connection (docs/contracts.md, "Sync state").

In: JSON values of the state topic or of a local checkpoint. Out: frozen structs, one a *part*: `job` (what is
wanted), one a corpus (how far its snapshot and its change log are), one a folder (the folder index) and one a list of
items that are still to be asked for (follow-ups). Values are replaced, never changed.

Every part but the many folders, which share their job's, has a format version. A value of a newer version than this
code knows is refused, not guessed at.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import quote, unquote

from immutables import Map
from msgspec import Struct, field
from msgspec.json import Decoder, Encoder

VERSION = 1


class Phase(StrEnum):
    """Where a corpus stands."""

    SCANNING = "scanning"
    LIVE = "live"


class Range(Struct, frozen=True, omit_defaults=True):
    """A half-open range of `createdTime` that is listed on its own; open at both ends when it is the only one."""

    lower: str | None = None
    upper: str | None = None
    page_token: str | None = None
    done: bool = False
    counts: dict[str, int] = {}
    """What its pages have brought so far; taken back when it is listed anew."""


class CorpusState(Struct, frozen=True, omit_defaults=True, tag_field="part", tag="corpus"):
    """One change log and the snapshot it started from."""

    corpus: str
    phase: Phase
    snapshot_id: str
    start_token: str
    """Taken before anything was listed; the replay that ends the snapshot starts here."""
    cursor: str
    full_wanted: int
    """The number of the wish for a full snapshot that this snapshot answers."""
    full_done: int = 0
    """The newest such wish that a completed snapshot has answered."""
    replayed: int = 0
    """The newest wish for a replay that was answered: the log was read to its head after it."""
    nudges: int = 0
    """Notifications that speak of this log alone; each wishes for a replay of it."""
    nudges_done: int = 0
    is_live: bool = False
    """The log was read to its head once: it may be replayed, also beside a new snapshot's scan."""
    trail: tuple[tuple[str, str], ...] = ()
    """Cursors of the last minutes with their times, oldest first: a new snapshot's log is read from before the lag."""
    retraces: bool = False
    """A new snapshot was opened beside the log, which is first read once more from before the listings' lag."""
    read_at: str | None = None
    """When the log was last read to its head."""
    inherited: tuple[int, int] = (0, 0)
    """Hashes of what all of a shared drive inherits from it: its restrictions, its members; 0 while not read."""
    rescan: bool = False
    """Something happened that only a new snapshot can put right."""
    rescan_later: bool = False
    """So it is still, though the snapshot for it was cancelled: the next wish opens another."""
    records_partition: int | None = None
    """Kept while the snapshot lives, so that its records and its markers stay in one order."""
    drive_id: str | None = None
    ranges: dict[str, Range] = {}
    counts: dict[str, int] = {}
    complete: bool = True
    """False once something could not be accounted for; said in the closing marker."""
    started_at: str | None = None
    root_id: str | None = None
    """The folder that no listing shows: the root of My Drive, or of the shared drive."""
    dirty: dict[str, str] = {}
    """Folders whose children are to be listed again, each with the page token to go on from (empty: the first)."""
    scope: tuple[str, ...] = ()
    """Folders of which somebody asked for a snapshot that is under way."""
    walked: tuple[str, ...] = ()
    """Folders that were listed again since the log was last read to its head."""
    doubted: bool = False
    """The last snapshot named a parent that was gone when it was looked at, so that another one was asked for."""
    accounted: bool = False
    """Every folder that was listed or named as a parent was met by the scan, or looked at."""
    settle_from: str | None = None
    """What was made or changed since then is listed once more, since listings lag behind (facts A4)."""
    settle_at: str | None = None
    """When to do so."""
    settle_token: str | None = None
    looks: dict[str, str] = {}
    """Shared drives that were left, each with a page token: what of them is still shared with the user is listed."""
    held: int | None = None
    """So many items would the completion take away: it waits for somebody to confirm."""
    confirmed: bool = False
    """Somebody confirmed it."""
    expected: int = 0
    """Items that the last complete snapshot counted."""
    enrich: dict[str, Range] = {}
    """What the enrichment pass has listed of its ranges; those that are done are gone."""
    sweep_at: str | None = None
    """When comments are read again, since new ones need not be in any log (facts A9)."""
    follow_ups: int = 0
    """How many lists of follow-ups were made; the next one's number is one more."""
    v: int = field(default_factory=lambda: VERSION)  # not a plain default: those are left out when written

    @property
    def is_given_up(self) -> bool:
        """Whether its snapshot was cancelled before the corpus became live; it begins anew with the next wish."""
        return self.phase is Phase.LIVE and not self.is_live and not self.rescan

    @property
    def is_listed(self) -> bool:
        """Whether every range of the snapshot is done."""
        return all(part.done for part in self.ranges.values())


class FolderState(Struct, frozen=True, omit_defaults=True, gc=False, tag_field="part", tag="folder"):
    """A folder of the index: what the log does not tell of those below it is worked out from here."""

    corpus: str
    snapshot: int = 0
    """The number of the snapshot under which its record was written last; 0 for one that was only heard of."""
    parent: str | None = None
    inherited: int = 0
    """A hash of all that those below it inherit."""
    listed: int = 0
    """The number of the snapshot whose folder listing has named it."""
    children: int = 0
    """The number of the newest snapshot in which something named it as its parent."""


class FollowUp(Struct, frozen=True, tag_field="part", tag="follow_up"):
    """Items of which more is to be read, call by call."""

    corpus: str
    items: dict[str, list[str]]
    """By id: the resources to read, and the item's type first (`file`, `folder`, `drive`)."""
    v: int = field(default_factory=lambda: VERSION)  # not a plain default: those are left out when written


class DriveEntry(Struct, frozen=True, omit_defaults=True):
    """A shared drive that the account is a member of."""

    name: str | None = None
    tracked: bool = True
    """Whether its items are this connection's to follow."""


class Applied(Struct, frozen=True):
    """The last inbound message that was applied. Offsets compare only within one topic id."""

    topic_id: str
    partition: int
    offset: int


class Parked(Struct, frozen=True):
    """Why a connection costs nothing until someone acts."""

    code: str
    message: str
    since: str


class JobState(Struct, frozen=True, omit_defaults=True, tag_field="part", tag="job"):
    """What is wanted of a connection.

    Wishes are numbers that only grow, so that a wish made while its forerunner runs is not lost and none can pile up.
    """

    config: dict[str, Any]
    """`connection_config` as received: credentials as ciphertext."""
    full_wanted: int = 0
    full_done: int = 0
    incremental_wanted: int = 0
    incremental_done: int = 0
    snapshots: int = 0
    """Snapshots opened so far; the next id is one more."""
    account_id: str | None = None
    """The Drive account that the first snapshot saw; another one would mix two drives."""
    last_cursor: str | None = None
    """A cursor from elsewhere, used only while the connection has no corpus."""
    paused: bool = False
    parked: Parked | None = None
    born: str | None = None
    """When the connection was first accepted: what was planned before it was forgotten is told by it."""
    drives: dict[str, DriveEntry] = {}
    """By id, all that the account is a member of."""
    drives_listed: int | None = None
    """The newest wish for a full snapshot for which the drives were listed."""
    applied: dict[str, Applied] = {}
    """By inbound topic."""
    channels: dict[str, int] = {}
    """The newest notification's number by push channel; the newest channels only."""
    trigger_type: str | None = None
    message_id: str | None = None
    trace_id: str | None = None
    traceparent: str | None = None
    accepted_at: str | None = None
    v: int = field(default_factory=lambda: VERSION)  # not a plain default: those are left out when written


Part = JobState | CorpusState | FolderState | FollowUp
JOB = "job"
FOLDER_PREFIX = "folder:"
FOLLOW_PREFIX = "follow:"
NO_FOLDERS: Map[str, FolderState] = Map()


class ConnectionState(Struct, frozen=True):
    """All parts of one connection, by part name; the folder index apart, since it alone grows with a drive."""

    connection_id: str
    parts: dict[str, Part] = {}
    folders: Map[str, FolderState] = NO_FOLDERS
    """By folder id."""
    unsaved: tuple[frozenset[str], ...] = ()
    """Ids of folders that differ from what is stored."""

    @property
    def job(self) -> JobState | None:
        """What is wanted, once a trigger was accepted."""
        part = self.parts.get(JOB)
        return part if isinstance(part, JobState) else None

    def corpus(self, name: str) -> CorpusState | None:
        """How far a corpus is, once its first snapshot was opened."""
        part = self.parts.get(corpus_part(name))
        return part if isinstance(part, CorpusState) else None

    @property
    def corpora(self) -> list[CorpusState]:
        """All open corpora."""
        return [part for part in self.parts.values() if isinstance(part, CorpusState)]

    @property
    def follow_ups(self) -> dict[str, FollowUp]:
        """What is to be read call by call, by part name, oldest first."""
        return {name: part for name, part in self.parts.items() if isinstance(part, FollowUp)}

    def with_part(self, name: str, part: Part) -> "ConnectionState":
        """The same state with one part replaced."""
        if isinstance(part, FolderState):
            return self.with_folders({name.removeprefix(FOLDER_PREFIX): part})
        return ConnectionState(self.connection_id, {**self.parts, name: part}, self.folders, self.unsaved)

    def without_part(self, name: str) -> "ConnectionState":
        """The same state without a part."""
        if name.startswith(FOLDER_PREFIX):
            return self.with_folders({name.removeprefix(FOLDER_PREFIX): None})
        parts = {other: part for other, part in self.parts.items() if other != name}
        return ConnectionState(self.connection_id, parts, self.folders, self.unsaved)

    def with_folders(self, changed: Mapping[str, FolderState | None]) -> "ConnectionState":
        """The same state with folders of the index replaced, or taken out."""
        if not changed:
            return self
        folders = self.folders.mutate()
        for folder_id, folder in changed.items():
            if folder is not None:
                folders[folder_id] = folder
            elif folder_id in folders:
                del folders[folder_id]
        unsaved = (*self.unsaved, frozenset(changed))
        return ConnectionState(self.connection_id, self.parts, folders.finish(), unsaved)

    def saved(self) -> "ConnectionState":
        """The same state, once it is stored."""
        return self if not self.unsaved else ConnectionState(self.connection_id, self.parts, self.folders)

    def changes_since(self, before: "ConnectionState") -> dict[str, Part | None]:
        """By name, the parts that differ from those of `before`; None for what is gone.

        Folders are told by `unsaved`, as far as it reaches back: to compare a whole index would cost as much as it.
        """
        changed: dict[str, Part | None] = {
            name: part for name, part in self.parts.items() if before.parts.get(name) is not part
        }
        changed.update(dict.fromkeys(name for name in before.parts if name not in self.parts))
        for folder_id in _distinct(self.unsaved):
            folder = self.folders.get(folder_id)
            if folder is not before.folders.get(folder_id):
                changed[FOLDER_PREFIX + folder_id] = folder
        return changed


def _distinct(groups: Iterable[frozenset[str]]) -> set[str]:
    return set().union(*groups)


class UnreadableStateError(ValueError):
    """A stored state value cannot be used; the text says why and holds none of it."""


_ENCODER = Encoder()
_PART: Decoder[Part] = Decoder(Part)


class _Versioned(Struct):
    v: int = 1


_VERSION = Decoder(_Versioned)


def corpus_part(corpus: str) -> str:
    """The part name of a corpus; a slash (legal in an address) would end the connection id too early."""
    return f"corpus:{quote(corpus, safe=':@+.-_')}"


def state_key(connection_id: str, part: str) -> bytes:
    """The key of a part in the state topic."""
    return f"{quote(connection_id, safe=':@+.-_ ')}/{part}".encode()


def parse_key(key: bytes) -> tuple[str, str]:
    """Connection id and part of a state key. Raises `UnreadableStateError`."""
    try:
        connection, part = key.decode().rsplit("/", 1)
    except ValueError as error:
        raise UnreadableStateError("a state key is not of the form connection/part") from error
    return unquote(connection), part


def encode_part(part: Part) -> bytes:
    """A part as stored."""
    return _ENCODER.encode(part)


def decode_part(value: bytes) -> Part:
    """A stored part. Raises `UnreadableStateError` when it is of a newer format or not a part at all."""
    try:
        version = _VERSION.decode(value).v
        if version > VERSION:
            raise UnreadableStateError(f"written by a newer worker (format {version}, this one reads {VERSION})")
        return _PART.decode(value)
    except UnreadableStateError:
        raise
    except ValueError as error:
        raise UnreadableStateError("not a state value of this worker") from error
