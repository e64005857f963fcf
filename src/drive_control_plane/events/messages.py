"""What the worker writes to its topics of events and errors, as far as it is read here (docs/contracts.md).

In: bytes. Out: a notice with values that fit their columns, or `NoNoticeError`. Unknown fields are ignored: a newer
worker may say more.
"""

from datetime import UTC, datetime
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

Moment = Annotated[datetime, Meta(tz=True)]
Id = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^\x00]+$")]
Corpus = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
SnapshotId = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[^\x00]+$")]
Code = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00]+$")]
Count = Annotated[int, Meta(ge=0, le=2**53)]
SmallCount = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Seconds = Annotated[float, Meta(ge=0)]
SumOfSeconds = Annotated[float, Meta(ge=0, le=2**53)]
"""What is added up: so bounded that the sum stays a number."""

TEXT_LENGTH = 2_000
RESOURCE_TYPE_LENGTH = 32
RESOURCE_ID_LENGTH = 200


class NoNoticeError(Exception):
    """A message that is none of the worker's; the text names the place and repeats no value."""


class SyncEvent(Struct, frozen=True):
    """One event of a connection. Counts are numbers of resources; lag and estimates are seconds.

    `calls` to Drive, the quota `units` that they cost (queries, where the worker's limits count those), calls that
    were `refused` because they came too often, and committed `records` are of `usage` alone, and differences: to be
    added up, and so are `waited_seconds`, the sum of the calls' waits for their turn. They cover some ten seconds
    before `at`, or five minutes of polls that found nothing. `limit_per_minute` are the units that the project may use
    as the worker believes; None where it does not know.
    """

    event: str
    integration_connection_id: Id
    at: Moment
    corpus: Corpus | None = None
    snapshot_id: SnapshotId | None = None
    files: Count = 0
    ranges_done: SmallCount = 0
    ranges_total: SmallCount = 0
    eta_seconds: Seconds | None = None
    counts: dict[str, Count] = {}
    complete: bool | None = None
    would_remove: Count = 0
    count: Count = 0
    lag_seconds: Seconds | None = None
    code: Code = "unknown"
    message: str = ""
    calls: Count = 0
    units: Count = 0
    refused: Count = 0
    records: Count = 0
    waited_seconds: SumOfSeconds = 0.0
    limit_per_minute: Count | None = None


class ErrorRecord(Struct, frozen=True):
    """One failure. Without a connection it is of a message that named none."""

    integration_connection_id: Id | None
    occurred_at: Moment
    stage: Annotated[str, Meta(max_length=32)]
    code: Code
    retryable: bool
    message: str
    resource_type: str | None = None
    resource_id: str | None = None

    @property
    def at(self) -> datetime:
        """When it happened."""
        return self.occurred_at


Notice = SyncEvent | ErrorRecord
Wanted = TypeVar("Wanted", SyncEvent, ErrorRecord)

_EVENT = msgspec.json.Decoder(SyncEvent)
_ERROR = msgspec.json.Decoder(ErrorRecord)


def parse_event(value: bytes | None) -> SyncEvent:
    """Decode a sync event. Raises `NoNoticeError`."""
    return _decoded(_EVENT, value)


def parse_error(value: bytes | None) -> ErrorRecord:
    """Decode an error record. Raises `NoNoticeError`."""
    return _decoded(_ERROR, value)


def text_of(value: str, length: int = TEXT_LENGTH) -> str:
    """Words of others as a column takes them: PostgreSQL knows no NUL, and nobody reads more than so much."""
    return value.replace("\x00", "")[:length]


def minute_of(moment: datetime) -> datetime:
    """The minute it lies in, in UTC."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _decoded(decoder: msgspec.json.Decoder[Wanted], value: bytes | None) -> Wanted:
    try:
        return decoder.decode(value or b"")
    except msgspec.ValidationError as error:
        raise NoNoticeError(str(error)) from None
    except (ValueError, RecursionError):
        raise NoNoticeError("it is not JSON in UTF-8") from None
