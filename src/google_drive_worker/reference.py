"""The reference of error codes, made from the code itself.

In: the error classes, the tables that classify Google's answers, and the notes below on codes that stand at the place
where they are raised. Out: `docs/reference/errors.md`, by `python -m google_drive_worker.reference docs/reference`.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from google_drive_worker.client import errors
from google_drive_worker.client.classify import REASON_ROWS, STATUS_ROWS, TOKEN_ROWS
from google_drive_worker.client.errors import DriveError, Kind
from google_drive_worker.credentials import CredentialError
from google_drive_worker.sync.engine import LostCorpusError
from google_drive_worker.sync.opening import AccountChangedError

DEAD_LETTER, LEFT_OUT, TOLD = "dead letter", "left out", "told"
FILE_NAME = "errors.md"
ELSEWHERE: Sequence[type[DriveError]] = (AccountChangedError, CredentialError, LostCorpusError)
"""Error classes that are not declared with the client's. The last one goes by the code of what it wraps."""

OUTCOMES: Mapping[str, str] = {
    Kind.RETRYABLE: "The call is repeated, then the job, with growing waits; when these end, the next trigger takes "
    "the job up where it is.",
    Kind.ITEM: "Final for one item: it becomes an error record, and the sync goes on. When it is the answer to a "
    "listing as a whole, the connection is parked.",
    Kind.CONNECTION: "The connection is parked: it costs nothing until new settings, a `full` or a `resume` trigger "
    "arrive.",
    Kind.CURSOR: "What the token belonged to is listed again: a range of a scan, or a new snapshot of that corpus.",
    DEAD_LETTER: "The inbound message goes to its dead letter topic as it came; its partition goes on.",
    LEFT_OUT: "The record or message is left out; everything beside it is written.",
    TOLD: "An error record tells operators; the sync goes on as the meaning says.",
}
"""What becomes of an error, by its kind."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One code: what becomes of it, what it means, which words of Google's lead to it."""

    code: str
    kind: str
    meaning: str
    reasons: tuple[str, ...] = ()


NOTES: Sequence[Entry] = (
    Entry("access_token_expired", Kind.CONNECTION, "A short-lived token was refused or is over: send a new one."),
    Entry(
        "access_token_refused",
        Kind.CONNECTION,
        "Google refuses the token that the control plane gave, before its time is over: the grant was revoked.",
    ),
    Entry("batch_refused", Kind.CONNECTION, "The Kafka cluster refuses what the connection's sync leads to."),
    Entry("connection_unknown", Kind.CONNECTION, "The control plane knows no such connection, or it was disconnected."),
    Entry(
        "control_plane_refused",
        Kind.RETRYABLE,
        "The control plane does not accept this worker, or does not answer as one: see `CONTROL_PLANE_BASE_URL`, "
        "`CONTROL_PLANE_CLIENT_ID`, `CONTROL_PLANE_CLIENT_SECRET`.",
    ),
    Entry("control_plane_unavailable", Kind.RETRYABLE, "The control plane is away, or asks to come later."),
    Entry(
        "credential_missing",
        Kind.CONNECTION,
        "The settings hold no credential that this worker can use: send `refresh_token`, `access_token` or "
        "`service_account`.",
    ),
    Entry(
        "credential_undecryptable",
        Kind.CONNECTION,
        "The credential does not open with any key of `CREDENTIALS_ENCRYPTION_KEYS`, or none is set.",
    ),
    Entry(
        "drive_not_visible",
        TOLD,
        "A shared drive that `corpora.drives` names is not one that the account is a member of; it is not followed.",
    ),
    Entry(
        "drives_not_visible",
        TOLD,
        "The credential's scope does not show shared drives: only those that `corpora.drives` names are followed.",
    ),
    Entry("empty", DEAD_LETTER, "The message has no value."),
    Entry(
        "internal_error",
        Kind.RETRYABLE,
        "A defect of the worker; its log has the cause. An inbound message that meets one is a dead letter.",
    ),
    Entry("invalid_field", DEAD_LETTER, "A field is missing or wrong; the detail names it and what is expected."),
    Entry("invalid_id", Kind.ITEM, "What was given as an id cannot be one of Drive's."),
    Entry(
        "listing_incomplete",
        TOLD,
        "The listing left out more folders than can be looked at one by one: its snapshot is not complete, and nothing "
        "is swept.",
    ),
    Entry("malformed_item", LEFT_OUT, "Drive sent an item that is not as documented; its snapshot is not complete."),
    Entry("missing_config", DEAD_LETTER, "The first trigger of a connection must hold `connection_config`."),
    Entry("not_json", DEAD_LETTER, "The message is not JSON in UTF-8."),
    Entry(
        "oauth_client_missing",
        Kind.CONNECTION,
        "A refresh token needs `GOOGLE_CLIENT_ID` and `GOOGLE_CLIENT_SECRET` of the client it was given to.",
    ),
    Entry("object_store_unavailable", Kind.RETRYABLE, "A payload too large for a message could not be stored."),
    Entry("quota_queue_full", Kind.RETRYABLE, "More calls wait for their turn in the quota than may wait."),
    Entry("record_refused", LEFT_OUT, "The Kafka cluster refuses this record or message; the text says why."),
    Entry("routing_loop", DEAD_LETTER, "The message was forwarded too often without reaching its owner."),
    Entry(
        "service_account_directory_unset",
        Kind.CONNECTION,
        "The settings name a key file, and `GOOGLE_SERVICE_ACCOUNT_DIRECTORY` is not set.",
    ),
    Entry(
        "service_account_invalid",
        Kind.CONNECTION,
        "What `service_account` names or holds is no service account's key file, or its key cannot sign.",
    ),
    Entry(
        "service_account_not_found",
        Kind.CONNECTION,
        "There is no file of that name below `GOOGLE_SERVICE_ACCOUNT_DIRECTORY`.",
    ),
    Entry(
        "service_account_outside",
        Kind.CONNECTION,
        "The name of the key file leads out of `GOOGLE_SERVICE_ACCOUNT_DIRECTORY`; nothing there is read.",
    ),
    Entry(
        "service_account_unreadable",
        Kind.CONNECTION,
        "The key file is there and cannot be read: the worker may not, or it is no ordinary file, or too large.",
    ),
    Entry(
        "subject_missing",
        Kind.CONNECTION,
        "`corpora.user` is `owned`, and a service account owns nothing: name the user it stands for in `subject`.",
    ),
    Entry("token_refused", Kind.CONNECTION, "The token endpoint refuses the credential for a reason not listed here."),
    Entry(
        "unknown_folder",
        DEAD_LETTER,
        "A `resnapshot` names a folder that is not known here: an `incremental` trigger finds one that was just made.",
    ),
    Entry(
        "unreadable_state",
        DEAD_LETTER,
        "The connection's stored state was written by a newer worker, or is damaged; it is not written over.",
    ),
)
"""Codes that are given where they are raised; a test finds one that is missing here."""


def entries() -> list[Entry]:
    """Every code, in the order of the alphabet."""
    by_code: dict[str, Entry] = {}
    for entry in (*NOTES, *_of_classes(), *_of_tables()):
        known = by_code.get(entry.code, entry)
        reasons = dict.fromkeys([*known.reasons, *entry.reasons])
        by_code[entry.code] = Entry(known.code, known.kind, known.meaning, tuple(reasons))
    return [by_code[code] for code in sorted(by_code)]


def markdown() -> str:
    """The reference as it stands in its file."""
    return "\n".join(_lines()) + "\n"


def error_classes() -> list[type[DriveError]]:
    """Every error of a call or a connection, wherever it is declared."""
    declared = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DriveError)]
    return [kind for kind in (*declared, *ELSEWHERE) if kind is not DriveError]


def _of_classes() -> Iterator[Entry]:
    for error in error_classes():
        yield Entry(error.default_code, error.kind, _first_line(error))


def _of_tables() -> Iterator[Entry]:
    for row in (*REASON_ROWS, *STATUS_ROWS, *TOKEN_ROWS):
        yield Entry(row.code, row.error.kind, _first_line(row.error), tuple(sorted(row.reasons)))


def _first_line(error: type[DriveError]) -> str:
    text = (error.__doc__ or "").strip().splitlines()[0].replace("`limit_bytes`", "the permitted number of")
    return f"{text.split(' (facts')[0].split(';')[0].rstrip('.')}."


def _lines() -> Iterator[str]:
    yield "# Error codes"
    yield ""
    yield "`code` of an error record, of a `job_failed` event and of a parked connection, and `dlq.reason` of a dead"
    yield "letter, are one of these and keep their meaning."
    yield "This page is generated: `python -m google_drive_worker.reference docs/reference`."
    yield ""
    yield "## What becomes of an error"
    yield from _table(("kind", "what the worker does"), ((kind, text) for kind, text in OUTCOMES.items()))
    yield ""
    yield "## Codes"
    yield from _table(
        ("code", "kind", "meaning", "Google's words"),
        ((f"`{entry.code}`", entry.kind, entry.meaning, _listed(entry.reasons)) for entry in entries()),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _row(head)
    yield _row(["---"] * len(head))
    yield from map(_row, rows)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def main(arguments: Sequence[str]) -> str | None:
    """Write the reference into the directory that the one argument names; what is wrong, or None."""
    if len(arguments) != 1:
        return "usage: python -m google_drive_worker.reference DIRECTORY"
    try:
        directory = Path(arguments[0])
        directory.mkdir(parents=True, exist_ok=True)
        (directory / FILE_NAME).write_text(markdown(), encoding="utf-8")
    except OSError as error:
        return f"the reference cannot be written to {arguments[0]}: {error.strerror}"
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
