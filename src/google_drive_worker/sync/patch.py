"""What a change of a connection's state is.

In: a state. Out: the state after; the one before stays as it is. The committer alone applies patches, in commit order,
so a patch says *what changed* and never carries a whole state: handlers and engine can then not overwrite each other.
Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from google_drive_worker.schemas.state import ConnectionState, CorpusState, JobState, corpus_part


class StalePatchError(Exception):
    """The state has moved on since the patch was made: it, and the records that came with it, are to be dropped.

    The connection was forgotten, the snapshot cancelled or replaced by another.
    """


class Patch(Protocol):
    """One change to one connection's state."""

    def apply(self, state: ConnectionState) -> ConnectionState:
        """The state after; the one before stays as it is. Raises `StalePatchError`."""
        ...


@dataclass(frozen=True, slots=True)
class All:
    """Several patches as one."""

    patches: Sequence[Patch]

    def apply(self, state: ConnectionState) -> ConnectionState:
        """One after the other."""
        for patch in self.patches:
            state = patch.apply(state)
        return state


def known_job(state: ConnectionState) -> JobState:
    """The job of a connection that is still known. Raises `StalePatchError`."""
    if state.job is None:
        raise StalePatchError("the connection was forgotten")
    return state.job


def open_corpus(state: ConnectionState, name: str, snapshot: str) -> CorpusState:
    """The corpus, if that snapshot is still its newest. Raises `StalePatchError`."""
    corpus = state.corpus(name)
    if corpus is None or corpus.snapshot_id != snapshot:
        raise StalePatchError("the snapshot was given up or replaced")
    return corpus


def with_corpus(state: ConnectionState, corpus: CorpusState) -> ConnectionState:
    """The state with a corpus as it is now."""
    return state.with_part(corpus_part(corpus.corpus), corpus)


def snapshot_id(number: int) -> str:
    """Twelve digits, so that ids compare as text the way they do as numbers."""
    return f"{number:012d}"
