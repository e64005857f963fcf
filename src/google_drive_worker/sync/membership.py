"""Shared drives: which there are, which are joined, which are left.

In: Drive's list of drives, or what the user's log says of one. Out: batches and patches. A drive that is left or
deleted takes its corpus with it: a closing marker tells consumers to drop all of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from google_drive_worker.client import drives
from google_drive_worker.client.errors import NotFoundError, ReauthorizationRequiredError
from google_drive_worker.schemas.event import ErrorRecord, EventName
from google_drive_worker.schemas.record import SnapshotData, SnapshotPhase
from google_drive_worker.schemas.state import (
    JOB,
    ConnectionState,
    CorpusState,
    DriveEntry,
    corpus_part,
)
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.corpora import (
    ALL,
    NONE,
    drive_corpus,
    drives_part,
    drives_target,
    tracks,
    user_corpus,
    user_part,
    with_answers,
)
from google_drive_worker.sync.folders import hash_of
from google_drive_worker.sync.patch import known_job, open_corpus, with_corpus
from google_drive_worker.sync.rescan import with_scan
from google_drive_worker.sync.run import Run

CLOSED = "closed"
"""The position of closing markers."""


@dataclass(frozen=True, slots=True)
class TrackDrives:
    """The drives were listed, in answer to the wish of that number."""

    drives: Mapping[str, DriveEntry]
    listed: int
    known: frozenset[str] = frozenset()
    """The drives that were known when they were listed: those that the log told of since are kept, or stay left."""

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Take the list over; corpora of drives that are not on it are closed by the plan."""
        job = known_job(state)
        joined = {drive: entry for drive, entry in job.drives.items() if drive not in self.known}
        listed = {
            drive: entry for drive, entry in self.drives.items() if drive in job.drives or drive not in self.known
        }
        job = replace(job, drives={**listed, **joined}, drives_listed=self.listed)
        return with_answers(state.with_part(JOB, job))


@dataclass(frozen=True, slots=True)
class JoinDrive:
    """The account is a member of a drive, as the log says; its name may be new."""

    drive_id: str
    entry: DriveEntry

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Follow it; the plan opens its corpus, and a new one is a wish of its own."""
        job = known_job(state)
        known = job.drives.get(self.drive_id)
        entry = replace(self.entry, name=self.entry.name or (known.name if known else None))
        if known == entry:
            return state
        is_new = self.entry.tracked and known is None
        drives = {**job.drives, self.drive_id: entry}
        return state.with_part(JOB, replace(job, drives=drives, incremental_wanted=job.incremental_wanted + is_new))


@dataclass(frozen=True, slots=True)
class LeaveDrive:
    """The account is no longer a member of a drive, or the drive is gone.

    Where the drive's own corpus never came to be live, the user's still has what of the drive was shared one by one. It
    has changed with the drive, or gone, and the log tells of the drive alone (facts A5): that corpus is listed anew.
    """

    drive_id: str

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Follow it no more; the plan closes its corpus."""
        job = known_job(state)
        own = state.corpus(drive_corpus(self.drive_id))
        if (own is None or not own.is_live) and user_part(job) == ALL and drives_part(job) != NONE:
            state = with_scan(state, user_corpus(job))
        if self.drive_id not in job.drives:
            return state
        others = {drive: entry for drive, entry in job.drives.items() if drive != self.drive_id}
        return with_answers(state.with_part(JOB, replace(job, drives=others)))


@dataclass(frozen=True, slots=True)
class SeeInherited:
    """What all of a shared drive inherits was read: its restrictions (facts A2), or its members (facts A7).

    The log tells of the drive alone when they change (facts A5), so everything in it is listed again then.
    """

    corpus: str
    snapshot_id: str
    restrictions: int = 0
    members: int = 0

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Compare with what was read before; 0 is what was not read."""
        corpus = open_corpus(state, self.corpus, self.snapshot_id)
        old, new = corpus.inherited, (self.restrictions or corpus.inherited[0], self.members or corpus.inherited[1])
        differs = any(before not in {0, after} for before, after in zip(old, new, strict=True))
        if new == old:
            return state
        changed = replace(corpus, inherited=new, rescan=corpus.rescan or differs)
        return with_corpus(state, changed)


@dataclass(frozen=True, slots=True)
class CloseCorpus:
    """All of a corpus was taken back."""

    corpus: str
    snapshot_id: str

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Drop the corpus, its folders and its follow-ups; see what of a left drive is still shared with the user."""
        corpus = open_corpus(state, self.corpus, self.snapshot_id)
        state = state.without_part(corpus_part(self.corpus))
        state = state.with_folders(
            {name: None for name, folder in state.folders.items() if folder.corpus == self.corpus}
        )
        for name, part in state.follow_ups.items():
            if part.corpus == self.corpus:
                state = state.without_part(name)
        return with_answers(_with_look(state, corpus))


def _with_look(state: ConnectionState, closed: CorpusState) -> ConnectionState:
    user = state.corpus(user_corpus(known_job(state)))
    if closed.drive_id is None or user is None or drives_part(known_job(state)) == NONE:
        return state
    return with_corpus(state, replace(user, looks={**user.looks, closed.drive_id: ""}))


def restrictions_hash(raw: Raw) -> int:
    """Hash what of a drive those in it inherit: all but its looks."""
    drive: dict[str, object] = msgspec.json.decode(raw)
    kept = {name: drive.get(name) for name in ("restrictions", "capabilities", "orgUnitId")}
    return hash_of(msgspec.json.encode(kept, order="sorted"))


async def list_drives(run: Run) -> Batch:
    """Ask which shared drives there are. One that is followed and not on the list is asked for by itself.

    Without the right to see drives (facts A2: a scope over content) none is followed, and operators are told.
    """
    target, known = drives_target(run.job), frozenset(run.job.drives)
    if not run.follows_drives:
        return Batch(TrackDrives({}, target, known))
    try:
        found = {drive.id: drive.name async for drive in drives.list_all(run.session)}
    except ReauthorizationRequiredError as error:
        if error.code != "insufficient_scopes":
            raise
        note = run.item_error("drives_not_visible", error.message, "drive", None, error)
        return Batch(TrackDrives(_named(run), target, known), notices=[note])
    missing = [drive for drive in {**run.job.drives, **_named(run)} if drive not in found]
    notices: list[ErrorRecord] = []
    for drive_id in missing:
        try:
            found[drive_id] = (await drives.get(run.session, drive_id)).name
        except NotFoundError as error:
            if drive_id in _named(run):
                notices.append(run.item_error("drive_not_visible", error.message, "drive", drive_id, error))
    entries = {drive_id: DriveEntry(name, tracks(run.job, drive_id)) for drive_id, name in found.items()}
    return Batch(TrackDrives(entries, target, known), notices=notices)


def _named(run: Run) -> dict[str, DriveEntry]:
    """The drives that the connection's settings name."""
    named = drives_part(run.job)
    return {drive_id: DriveEntry() for drive_id in named} if isinstance(named, list) else {}


def close(run: Run, corpus: CorpusState) -> Batch:
    """Take back all of a corpus: a closing marker, an event."""
    marker = SnapshotData(corpus.snapshot_id, SnapshotPhase.CLOSED, {}, complete=True)
    writer = run.writer(corpus, corpus.snapshot_id, CLOSED)
    return Batch(
        CloseCorpus(corpus.corpus, corpus.snapshot_id),
        records=[writer.snapshot(corpus.corpus, marker)],
        notices=[run.event(EventName.CORPUS_CLOSED, corpus.corpus, corpus.snapshot_id)],
        records_partition=corpus.records_partition,
    )
