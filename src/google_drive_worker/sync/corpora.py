"""Which corpora a connection has, and whose an item is.

In: a connection's state. Out: names of the corpora that are wanted, which wishes all of them have answered, and for a
corpus, what of Drive belongs to it. Pure.

An item belongs to one corpus: its shared drive's if that is followed, else the user's (ARCHITECTURE.md, "Keeping a
corpus in step"). A drive that the account is a member of but that is not followed here is somebody else's to follow.
"""

from dataclasses import dataclass
from typing import Any

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from google_drive_worker.schemas.record import Source
from google_drive_worker.schemas.state import JOB, ConnectionState, CorpusState, JobState

ALL, OWNED, NONE = "all", "owned", "none"


@dataclass(frozen=True, slots=True)
class Belonging:
    """What belongs to a corpus. `followed` are the drives with a corpus of their own, `members` all that are known."""

    drive_id: str | None = None
    followed: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    only_owned: bool = False
    """Whether the user's corpus is limited to what the user owns."""

    def owns(self, drive_id: str | UnsetType | None) -> bool:
        """Whether an item of that drive (none: of somebody's My Drive) is this corpus's."""
        if self.drive_id is not None:
            return drive_id == self.drive_id
        return drive_id is None or drive_id is UNSET or drive_id not in self.members


def user_corpus(job: JobState) -> str:
    """The name of the user's own change log: `user:me`, or the delegated subject."""
    subject = job.config.get("subject")
    return f"user:{subject}" if subject else "user:me"


def drive_corpus(drive_id: str) -> str:
    """The name of a shared drive's change log."""
    return f"drive:{drive_id}"


def source_of(job: JobState, corpus: str, drive_id: str | None) -> Source:
    """What a record says of where it was read, if it is not of an item of another drive."""
    subject = job.config.get("subject")
    return Source(corpus, drive_id, subject if isinstance(subject, str) else None)


def user_part(job: JobState) -> str:
    """How much of the user's own corpus is wanted: `all`, `owned` or `none`."""
    return str(_corpora(job).get("user") or ALL)


def drives_part(job: JobState) -> str | list[str]:
    """Which shared drives are wanted: `all`, `none` or a list of ids."""
    wanted = _corpora(job).get("drives")
    return [str(drive) for drive in wanted] if isinstance(wanted, list) else str(wanted or ALL)


def tracks(job: JobState, drive_id: str) -> bool:
    """Whether a drive that the account is a member of is to be followed."""
    wanted = drives_part(job)
    return drive_id in wanted if isinstance(wanted, list) else wanted == ALL


def wanted_corpora(job: JobState) -> list[str]:
    """The corpora to keep in step, as far as is known; the user's own first."""
    drives = [drive_corpus(drive) for drive, entry in job.drives.items() if entry.tracked]
    return drives if user_part(job) == NONE else [user_corpus(job), *drives]


def drives_target(job: JobState) -> int:
    """The number that `drives_listed` must have reached for the drives to be known.

    The user's own log tells of drives joined and left (facts A5); without it they are listed for every replay.
    """
    return job.full_wanted if user_part(job) != NONE else job.full_wanted + job.incremental_wanted


def drives_are_known(job: JobState) -> bool:
    """Whether the shared drives were listed since a full snapshot was last wished for."""
    return job.drives_listed is not None and job.drives_listed >= drives_target(job)


def belonging(job: JobState, corpus: CorpusState) -> Belonging:
    """What belongs to a corpus of a connection."""
    followed = frozenset(drive for drive, entry in job.drives.items() if entry.tracked)
    return Belonging(corpus.drive_id, followed, frozenset(job.drives), only_owned=user_part(job) == OWNED)


def with_answers(state: ConnectionState) -> ConnectionState:
    """The state with every wish called answered that all wanted corpora have answered."""
    job = state.job
    if job is None or not drives_are_known(job):
        return state
    corpora = [state.corpus(name) for name in wanted_corpora(job)]
    replayed = min([corpus.replayed if corpus else 0 for corpus in corpora], default=job.incremental_wanted)
    completed = min([corpus.full_done if corpus else 0 for corpus in corpora], default=job.full_wanted)
    answered = replace(
        job,
        incremental_done=max(job.incremental_done, replayed),
        full_done=max(job.full_done, completed),
    )
    return state if answered == job else state.with_part(JOB, answered)


def _corpora(job: JobState) -> dict[str, Any]:
    found = job.config.get("corpora")
    return found if isinstance(found, dict) else {}
