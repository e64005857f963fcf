"""What operators and dashboards read: sync events and error records (docs/contracts.md).

In: facts of the engine, the handlers and the committer. Out: the JSON bytes of `integrations-sync-events` and
`integrations-errors`. Nothing here carries a credential or a resource's content.
"""

from enum import StrEnum
from typing import Literal

from msgspec import UNSET, Struct, UnsetType


class EventName(StrEnum):
    """What happened."""

    JOB_ACCEPTED = "job_accepted"
    CORPUS_OPENED = "corpus_opened"
    CORPUS_CLOSED = "corpus_closed"
    SNAPSHOT_STARTED = "snapshot_started"
    SNAPSHOT_PROGRESS = "snapshot_progress"
    SNAPSHOT_COMPLETED = "snapshot_completed"
    SNAPSHOT_HELD = "snapshot_held"
    CHANGES_APPLIED = "changes_applied"
    JOB_FAILED = "job_failed"
    REAUTHORIZATION_REQUIRED = "reauthorization_required"
    PAUSED = "paused"
    RESUMED = "resumed"
    FORGOTTEN = "forgotten"
    USAGE = "usage"


class SyncEvent(Struct, frozen=True, omit_defaults=True):
    """One event of a connection. Counts are numbers of resources, lag and estimates are seconds.

    Those of `usage` are differences: what was used in the `seconds` before `at` and not told before. `units` are what
    `unit_kind` names, and so is `limit_per_minute`, the project's limit as it is believed to be.
    """

    event: EventName
    integration_connection_id: str
    at: str
    corpus: str | None = None
    snapshot_id: str | None = None
    files: int | UnsetType = UNSET
    ranges_done: int | UnsetType = UNSET
    ranges_total: int | UnsetType = UNSET
    eta_seconds: float | UnsetType = UNSET
    counts: dict[str, int] | UnsetType = UNSET
    complete: bool | UnsetType = UNSET
    would_remove: int | UnsetType = UNSET
    count: int | UnsetType = UNSET
    lag_seconds: float | UnsetType = UNSET
    code: str | UnsetType = UNSET
    message: str | UnsetType = UNSET
    trigger_type: str | UnsetType = UNSET
    calls: int | UnsetType = UNSET
    units: int | UnsetType = UNSET
    unit_kind: Literal["units", "queries"] | UnsetType = UNSET
    refused: int | UnsetType = UNSET
    records: int | UnsetType = UNSET
    waited_seconds: float | UnsetType = UNSET
    limit_per_minute: int | UnsetType = UNSET
    seconds: float | UnsetType = UNSET


class ErrorRecord(Struct, frozen=True):
    """One failure, for operators; `code` is stable and documented in docs/reference/errors.md."""

    message_id: str | None
    integration_connection_id: str | None
    occurred_at: str
    stage: str
    code: str
    retryable: bool
    message: str
    http_status: int | None = None
    reason: str | None = None
    resource_type: str | None = None
    resource_id: str | None = None
    attempts: int = 1
    trace_id: str | None = None


Notice = SyncEvent | ErrorRecord
