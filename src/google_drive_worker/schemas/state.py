"""The sync state: what `integrations-sync-state` holds for a connection (docs/contracts.md, "Sync state").

In: JSON values of the state topic or of a local checkpoint. Out: frozen structs, one a *part*: `job` (what is
wanted) and one a corpus (how far its snapshot and its change log are). Values are replaced, never changed.

Every part has a format version. A value of a newer version than this code knows is refused, not guessed at.
"""

from enum import StrEnum
from typing import Any
from urllib.parse import quote, unquote

from msgspec import Struct
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
    records_partition: int | None = None
    """Kept while the snapshot lives, so that its records and its markers stay in one order."""
    drive_id: str | None = None
    ranges: dict[str, Range] = {}
    counts: dict[str, int] = {}
    complete: bool = True
    """False once something could not be accounted for; said in the closing marker."""
    started_at: str | None = None
    v: int = VERSION


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
    applied: dict[str, Applied] = {}
    """By inbound topic."""
    channels: dict[str, int] = {}
    """The newest notification's number by push channel; the newest channels only."""
    trigger_type: str | None = None
    message_id: str | None = None
    trace_id: str | None = None
    traceparent: str | None = None
    accepted_at: str | None = None
    v: int = VERSION


Part = JobState | CorpusState
JOB = "job"


class ConnectionState(Struct, frozen=True):
    """All parts of one connection, by part name."""

    connection_id: str
    parts: dict[str, Part] = {}

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

    def with_part(self, name: str, part: Part) -> "ConnectionState":
        """The same state with one part replaced."""
        return ConnectionState(self.connection_id, {**self.parts, name: part})


class UnreadableStateError(ValueError):
    """A stored state value cannot be used; the text says why and holds none of it."""


_ENCODER = Encoder()
_PART: Decoder[Part] = Decoder(Part)


class _Versioned(Struct):
    v: int = VERSION


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
