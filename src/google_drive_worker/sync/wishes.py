"""What is wished for a connection, and what becomes of its wishes, as patches of its state.

In: what a trigger or a notification asks for. Out: the state after. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from google_drive_worker.schemas.state import (
    JOB,
    NO_FOLDERS,
    Applied,
    ConnectionState,
    CorpusState,
    JobState,
    Parked,
    Phase,
)
from google_drive_worker.sync.corpora import user_corpus
from google_drive_worker.sync.patch import known_job, with_corpus

SELECTION = ("corpora", "selected_folders")
"""Settings that say which items are wanted: other ones need a new snapshot, whose end sweeps what they leave out."""
MAX_CHANNELS = 16
"""A connection has one channel a log, two while one is renewed."""


@dataclass(frozen=True, slots=True)
class Accept:
    """A trigger or notification was accepted: its settings are the newest, and its work is wanted."""

    config: Mapping[str, Any] | None
    """None keeps the settings there are (a notification carries none)."""
    full: bool = False
    incremental: bool = True
    unpark: bool = False
    resume: bool = False
    last_cursor: str | None = None
    trigger_type: str | None = None
    message_id: str | None = None
    trace_id: str | None = None
    traceparent: str | None = None
    accepted_at: str | None = None

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Count the wishes up; keep what the message does not speak of."""
        job = state.job or JobState(config={}, born=self.accepted_at)
        config = job.config if self.config is None else dict(self.config)
        same_corpora = config.get("corpora") == job.config.get("corpora")
        selects_anew = state.job is not None and any(config.get(name) != job.config.get(name) for name in SELECTION)
        return state.with_part(
            JOB,
            replace(
                job,
                config=config,
                drives_listed=job.drives_listed if same_corpora else None,
                full_wanted=job.full_wanted + (self.full or selects_anew),
                incremental_wanted=job.incremental_wanted + self.incremental,
                paused=job.paused and not self.resume,
                parked=None if self.unpark else job.parked,
                last_cursor=self.last_cursor if state.job is None else job.last_cursor,
                trigger_type=self.trigger_type,
                message_id=self.message_id,
                trace_id=self.trace_id,
                traceparent=self.traceparent,
                accepted_at=self.accepted_at,
            ),
        )


@dataclass(frozen=True, slots=True)
class Nudge:
    """A notification speaks of one log: it alone is to be replayed."""

    corpus: str

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Count the wish up; a corpus that is not open yet will be read to its head anyway."""
        known_job(state)
        corpus = state.corpus(self.corpus)
        if corpus is None:
            return state
        return with_corpus(state, replace(corpus, nudges=corpus.nudges + 1))


@dataclass(frozen=True, slots=True)
class MarkApplied:
    """An inbound message was applied; the same one again is to be ignored."""

    topic: str
    applied: Applied

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Remember the message, if the connection is still known."""
        job = state.job
        if job is None:
            return state
        return state.with_part(JOB, replace(job, applied={**job.applied, self.topic: self.applied}))


@dataclass(frozen=True, slots=True)
class SeeNotification:
    """A push channel's message was seen; numbers of a channel only grow (facts B)."""

    channel: str
    number: int

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Remember it, and forget the oldest channels."""
        job = known_job(state)
        others = {name: seen for name, seen in job.channels.items() if name != self.channel}
        newest = dict(list(others.items())[1 - MAX_CHANNELS :])
        return state.with_part(JOB, replace(job, channels={**newest, self.channel: self.number}))


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop working for a connection until it is resumed; what is wanted stays wanted."""

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Set the flag."""
        return state.with_part(JOB, replace(known_job(state), paused=True))


@dataclass(frozen=True, slots=True)
class Cancel:
    """Give up what is wanted. A snapshot under way is left unfinished, and never marked complete."""

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Call all wishes answered; a corpus that never became live begins anew with the next trigger."""
        job = known_job(state)
        done = replace(job, full_done=job.full_wanted, incremental_done=job.incremental_wanted, parked=None)
        user = state.corpus(user_corpus(job))
        if user is None or not user.is_live:  # drives joined until it begins anew stand in no log that will be read
            done = replace(done, drives_listed=None)
        state = state.with_part(JOB, done)
        for corpus in state.corpora:
            state = with_corpus(state, _given_up(corpus, done))
        return state


def _given_up(corpus: CorpusState, job: JobState) -> CorpusState:
    """A corpus whose new snapshot, if one was under way, is left unfinished; its log goes on."""
    return replace(
        corpus,
        phase=Phase.LIVE,
        retraces=False,
        ranges={},
        accounted=False,
        held=None,
        confirmed=False,
        rescan=False,
        rescan_later=corpus.rescan or corpus.rescan_later,
        full_wanted=job.full_wanted,
        full_done=job.full_wanted,
        replayed=job.incremental_wanted,
    )


@dataclass(frozen=True, slots=True)
class Forget:
    """Drop everything that is known of a connection; the committer writes tombstones for it."""

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Nothing is left."""
        return ConnectionState(state.connection_id, {}, NO_FOLDERS, (*state.unsaved, frozenset(state.folders)))


@dataclass(frozen=True, slots=True)
class Park:
    """The connection is broken until someone acts."""

    parked: Parked

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Set the reason; what is wanted stays wanted."""
        return state.with_part(JOB, replace(known_job(state), parked=self.parked))
