"""What each event changes, what late and repeated ones do not, and that the worker's shapes are read whole."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.control_plane.worker_words import (
    CONN,
    CORPUS,
    ONE,
    TWO,
    at,
    connection,
    error,
    of_corpus,
    said,
)

from drive_control_plane.database.tables import Connection, ConnectionStatus, Job, JobStatus
from drive_control_plane.events import advice, alerts
from drive_control_plane.events.apply import HANDLERS, apply
from drive_control_plane.events.messages import ErrorRecord, NoNoticeError, SyncEvent, parse_error, parse_event
from drive_control_plane.events.rows import Rows, job_key
from google_drive_worker import reference
from google_drive_worker.client.errors import Kind
from google_drive_worker.schemas import event as worker
from google_drive_worker.schemas.event import EventName as Name


class World:
    """One connection and what is known of it."""

    def __init__(self, **fields: Any) -> None:
        self.rows = Rows({CONN: connection(**fields)})

    def hear(self, *values: bytes) -> "World":
        for value in values:
            assert apply(self.rows, parse_event(value)) == "applied"
        return self

    @property
    def connection(self) -> Connection:
        return self.rows.connections[CONN]

    @property
    def corpus(self) -> Any:  # its values change between two looks, which a type checker does not expect
        return self.rows.corpora[CONN, CORPUS]

    def job(self, snapshot: str = ONE) -> Job:
        return self.rows.jobs[job_key(CONN, CORPUS, snapshot)]

    def facts(self) -> dict[str, Any]:
        """Everything that is known, for comparing."""
        rows = self.rows
        tables: list[Any] = [*rows.connections.values(), *rows.corpora.values(), *rows.jobs.values()]
        tables += [*rows.minutes.values(), *rows.errors.values()]
        return {
            f"{row.__tablename__}.{number}.{column.key}": getattr(row, column.key)
            for number, row in enumerate(tables)
            for column in row.__table__.columns
        }


STORY = [
    said(Name.JOB_ACCEPTED, 0, trigger_type="incremental"),
    of_corpus(Name.CORPUS_OPENED, 1, None),
    of_corpus(Name.SNAPSHOT_STARTED, 1),
    of_corpus(Name.SNAPSHOT_PROGRESS, 6, files=100, ranges_done=1, ranges_total=4, eta_seconds=15.0),
    said(Name.JOB_FAILED, 7, code="network", message="no answer"),
    of_corpus(Name.SNAPSHOT_PROGRESS, 11, files=250, ranges_done=2, ranges_total=4, eta_seconds=10.0),
    of_corpus(Name.SNAPSHOT_HELD, 20, would_remove=500),
    of_corpus(Name.SNAPSHOT_COMPLETED, 30, counts={"file": 380, "folder": 20}, complete=True),
    of_corpus(Name.CHANGES_APPLIED, 40, count=3, lag_seconds=2.5),
    said(Name.PAUSED, 50),
    said(Name.RESUMED, 60),
    of_corpus(Name.CORPUS_CLOSED, 70),
]


UNREAD = {"trigger_type", "unit_kind", "seconds"}
"""Fields of the worker's that nothing here is made of."""


def test_every_event_of_the_worker_has_a_handler() -> None:
    """A new event of the worker's is noticed here first."""
    assert set(HANDLERS) == {name.value for name in Name}


def test_events_are_read_as_the_worker_writes_them() -> None:
    """Each field comes through under its name; times become moments."""
    written = worker.SyncEvent(
        Name.SNAPSHOT_PROGRESS,
        CONN,
        "2026-01-01T00:00:01.500Z",
        CORPUS,
        ONE,
        files=1,
        ranges_done=2,
        ranges_total=3,
        eta_seconds=4.5,
        counts={"file": 5},
        complete=False,
        would_remove=6,
        count=7,
        lag_seconds=8.5,
        code="network",
        message="words",
        calls=8,
        units=9,
        refused=10,
        records=11,
        waited_seconds=12.5,
        limit_per_minute=13,
    )
    read = parse_event(msgspec.json.encode(written))
    expected = {**msgspec.structs.asdict(written), "at": at(1.5), "event": "snapshot_progress"}
    assert {**msgspec.structs.asdict(read), **dict.fromkeys(UNREAD, msgspec.UNSET)} == expected
    assert {field.name for field in msgspec.structs.fields(SyncEvent)} | UNREAD == set(expected)


def test_error_records_are_read_as_the_worker_writes_them() -> None:
    """What is kept of a record comes through, and is something that the worker writes."""
    read = parse_error(error(3, "forbidden", retryable=False, resource_type="file", resource_id="a"))
    assert (read.code, read.at, read.retryable, read.resource_id) == ("forbidden", at(3), False, "a")
    written = {field.name for field in msgspec.structs.fields(worker.ErrorRecord)}
    assert {field.name for field in msgspec.structs.fields(ErrorRecord)} <= written


@pytest.mark.parametrize(
    "value",
    [None, b"", b"{", b"[]", b"\xff", b'{"event":"paused"}', b"[" * 5000, said(Name.PAUSED, 1).replace(b"Z", b"")],
)
def test_what_is_no_event_is_refused(value: bytes | None) -> None:
    """Bytes that are no JSON, or lack a field, or a time without its zone."""
    with pytest.raises(NoNoticeError):
        parse_event(value)


@pytest.mark.parametrize(
    "fields",
    [{"corpus": "x" * 201}, {"corpus": "a\x00"}, {"files": -1}, {"files": 2**60}, {"ranges_done": 2**31}],
)
def test_values_that_fit_no_column_are_refused(fields: dict[str, Any]) -> None:
    """A database would refuse them later, with the whole batch."""
    with pytest.raises(NoNoticeError):
        parse_event(of_corpus(Name.SNAPSHOT_PROGRESS, 1, **fields))


def test_a_newer_workers_words_are_passed_over() -> None:
    """Unknown fields and unknown events do no harm."""
    rows = World().rows
    assert apply(rows, parse_event(said(Name.PAUSED, 1).replace(b'"paused"', b'"dreamed"'))) == "unknown_event"
    assert parse_event(said(Name.PAUSED, 1).replace(b"{", b'{"mood":"good",', 1)).event == "paused"


def test_a_connection_that_is_not_known_is_ignored() -> None:
    """The topic is shared; what is not ours is counted and left."""
    assert apply(World().rows, parse_event(said(Name.PAUSED, 1, "conn_of_others"))) == "unknown_connection"


def test_a_snapshot_is_told_from_its_start_to_its_end() -> None:
    """Progress shows in the corpus, the end in the job."""
    world = World().hear(*STORY[:4])
    corpus = world.corpus
    assert (corpus.files, corpus.ranges_done, corpus.ranges_total, corpus.eta_seconds) == (100, 1, 4, 15.0)
    assert world.job().status is JobStatus.RUNNING
    world.hear(*STORY[4:7])
    assert (world.job().status, corpus.held) == (JobStatus.HELD, 500)
    world.hear(STORY[7])
    job = world.job()
    assert (job.status, job.counts, job.complete) == (JobStatus.DONE, {"file": 380, "folder": 20}, True)
    assert (job.started_at, job.ended_at) == (at(1), at(30))
    assert (corpus.files, corpus.held, corpus.complete, corpus.ranges_done) == (400, None, True, 4)
    assert sum(minute.files for minute in world.rows.minutes.values()) == 400


def test_a_new_snapshot_takes_the_place_of_one_that_runs() -> None:
    """Somebody asked for all of it again: the former one is given up, and its late words change nothing."""
    world = World().hear(*STORY[:4], of_corpus(Name.SNAPSHOT_STARTED, 20, TWO))
    assert (world.job().status, world.job().ended_at) == (JobStatus.FAILED, at(20))
    assert (world.corpus.snapshot_id, world.corpus.files) == (TWO, 0)
    world.hear(of_corpus(Name.SNAPSHOT_PROGRESS, 21, files=999), of_corpus(Name.SNAPSHOT_COMPLETED, 22, counts={}))
    assert (world.corpus.snapshot_id, world.corpus.files, world.job().status) == (TWO, 0, JobStatus.FAILED)


def test_changes_are_counted_by_the_minute() -> None:
    """A page's count and the greatest lag of its minute; the account is seen to be active."""
    pages = [of_corpus(Name.CHANGES_APPLIED, second, count=2, lag_seconds=lag) for second, lag in ((1, 9.0), (2, 3.0))]
    world = World().hear(*pages, of_corpus(Name.CHANGES_APPLIED, 61, count=0))
    first, second = world.rows.minutes.values()
    assert (first.changes, first.lag_seconds, second.changes, second.minute) == (4, 9.0, 0, at(60))
    assert world.corpus.lag_seconds == 3.0
    assert (world.connection.last_change_at, world.connection.last_success_at) == (at(2), at(61))


def test_use_is_added_up_by_the_minute() -> None:
    """All that is told counts, in any order and also twice at one moment: each event tells what no other does."""
    told = [(50, 3, 300, 1, 40), (8, 2, 10, 0, 0), (8, 2, 10, 0, 0), (61, 1, 5, 0, 7)]
    events = [
        said(Name.USAGE, moment, calls=calls, units=units, refused=refused, records=records)
        for moment, calls, units, refused, records in told
    ]
    world = World().hear(*events)
    counts = [(row.calls, row.units, row.refused, row.records) for row in world.rows.minutes.values()]
    assert counts == [(7, 320, 1, 40), (1, 5, 0, 7)]


def test_waits_are_added_up_and_of_limits_the_least_is_kept() -> None:
    """Whatever the order: no more is promised than the most careful worker believes; one that knows none says none."""
    told = [(50, 1.5, 900), (8, 0.25, 600), (9, 2.0, None), (10, 0.0, 800), (61, 3.0, None)]
    events = [
        said(Name.USAGE, moment, waited_seconds=waited, limit_per_minute=msgspec.UNSET if limit is None else limit)
        for moment, waited, limit in told
    ]
    for order in (events, events[::-1]):
        rows = World().hear(*order).rows.minutes
        counts = [(rows[key].waited_seconds, rows[key].limit_per_minute) for key in sorted(rows)]
        assert counts == [(3.75, 600), (3.0, None)]


@pytest.mark.parametrize("told", ['"waited_seconds":1e300', '"waited_seconds":-1', '"limit_per_minute":9e99'])
def test_waits_and_limits_that_no_column_takes_are_no_notice(told: str) -> None:
    """One of them would be the end of every sum that it is part of."""
    with pytest.raises(NoNoticeError):
        parse_event(f'{{"event":"usage","integration_connection_id":"c","at":"2026-01-01T00:00:00Z",{told}}}'.encode())


def test_use_is_no_success() -> None:
    """A call may fail: what it cost says nothing of how the run goes."""
    world = World(consecutive_failures=2, last_failure_at=at(0)).hear(said(Name.USAGE, 5, calls=1, units=100))
    assert (world.connection.consecutive_failures, world.connection.last_success_at) == (2, None)


def test_failures_are_counted_until_something_succeeds() -> None:
    """Each failure counts once, and the next page that is applied ends the row of them."""
    failures = [said(Name.JOB_FAILED, second, code="network", message="") for second in (1, 2, 3)]
    world = World().hear(*failures, failures[1])
    assert world.connection.consecutive_failures == 3
    world.hear(of_corpus(Name.CHANGES_APPLIED, 4, count=1))
    assert (world.connection.consecutive_failures, world.connection.last_success_at) == (0, at(4))


def test_a_poll_that_found_nothing_is_a_success() -> None:
    """The worker is silent about it; the next trigger that it takes up shows that the run before ended well."""
    world = World(consecutive_failures=2, last_failure_at=at(0))
    world.hear(said(Name.JOB_ACCEPTED, 1))
    assert (world.connection.consecutive_failures, world.connection.last_success_at) == (2, None)
    world.hear(said(Name.JOB_ACCEPTED, 301))
    assert (world.connection.consecutive_failures, world.connection.last_success_at) == (0, at(1))


def test_a_run_that_failed_is_no_success() -> None:
    """Between two triggers there was a failure."""
    world = World().hear(
        said(Name.JOB_ACCEPTED, 1), said(Name.JOB_FAILED, 2, code="network"), said(Name.JOB_ACCEPTED, 301)
    )
    assert (world.connection.consecutive_failures, world.connection.last_success_at) == (1, None)


def test_a_run_that_still_lists_is_no_success_yet() -> None:
    """A snapshot's own events say how it does."""
    world = World().hear(said(Name.JOB_ACCEPTED, 1), of_corpus(Name.SNAPSHOT_STARTED, 2), said(Name.JOB_ACCEPTED, 301))
    assert world.connection.last_success_at == at(2)


def test_a_revoked_consent_needs_a_person_until_it_is_given_again() -> None:
    """The status says it and the reason what to do; the worker takes up the connection once there is a new grant."""
    world = World().hear(said(Name.REAUTHORIZATION_REQUIRED, 1, code="reauthorization_required", message=""))
    assert world.connection.status is ConnectionStatus.REAUTHORIZATION_REQUIRED
    assert (world.connection.status_reason, world.connection.consecutive_failures) == (advice.CONSENT, 1)
    world.hear(said(Name.JOB_ACCEPTED, 9))
    assert (world.connection.status, world.connection.status_reason) == (ConnectionStatus.ACTIVE, None)


def test_the_end_of_a_former_grant_is_no_news() -> None:
    """The account was connected again while the event was on its way."""
    world = World()
    world.rows.granted_at[CONN] = at(5)
    world.hear(said(Name.REAUTHORIZATION_REQUIRED, 4, code="reauthorization_required", message=""))
    assert (world.connection.status, world.connection.consecutive_failures) == (ConnectionStatus.ACTIVE, 0)


def test_an_operators_word_stands_above_an_older_event() -> None:
    """`resumed` of a moment ago does not undo a pause of now."""
    world = World(status=ConnectionStatus.PAUSED, status_at=at(10)).hear(said(Name.RESUMED, 9))
    assert world.connection.status is ConnectionStatus.PAUSED
    world.hear(said(Name.RESUMED, 11))
    assert (world.connection.status, world.connection.status_at) == (ConnectionStatus.ACTIVE, at(11))


def test_a_disconnected_connection_stays_so() -> None:
    """Whatever was on its way from the worker."""
    world = World(status=ConnectionStatus.DISCONNECTED).hear(*STORY, said(Name.FORGOTTEN, 80))
    assert world.connection.status is ConnectionStatus.DISCONNECTED
    assert world.corpus.closed_at == at(70)


def test_forgetting_closes_all_corpora() -> None:
    """With the snapshots that they are in."""
    world = World().hear(*STORY[:4], said(Name.FORGOTTEN, 80))
    assert (world.corpus.closed_at, world.job().status) == (at(80), JobStatus.FAILED)
    assert world.rows.closed == [(CONN, CORPUS)]


def test_a_corpus_may_be_followed_again() -> None:
    """A drive that was left is joined again: its channel is wanted twice, and closed once."""
    world = World().hear(
        of_corpus(Name.CORPUS_OPENED, 1), of_corpus(Name.CORPUS_CLOSED, 2), of_corpus(Name.CORPUS_OPENED, 1)
    )
    assert world.corpus.closed_at == at(2)
    world.hear(of_corpus(Name.CORPUS_OPENED, 3))
    assert (world.corpus.closed_at, world.corpus.opened_at) == (None, at(3))
    assert (world.rows.opened, world.rows.closed) == ([(CONN, CORPUS)] * 2, [(CONN, CORPUS)])


def test_a_stopped_connection_says_what_to_do() -> None:
    """The worker waits for a person, whom an alert tells; until the worker takes it up again."""
    world = World().hear(said(Name.JOB_FAILED, 1, code="api_disabled", message=""))
    assert world.connection.status_reason == advice.when_stopped("api_disabled")
    assert (CONN, alerts.PARKED) in world.rows.alerts
    world.hear(said(Name.RESUMED, 2), said(Name.JOB_FAILED, 1, code="api_disabled", message=""))
    assert world.connection.status_reason is None


def test_every_code_that_stops_a_connection_has_its_advice() -> None:
    """A code that the worker learns is noticed here first."""
    stopping = {entry.code for entry in reference.entries() if entry.kind == Kind.CONNECTION}
    assert {code for code in stopping if advice.when_stopped(code) is None} == set()


def test_errors_of_a_code_are_counted_together() -> None:
    """The newest one's words stand; an older one that comes late counts and changes no word."""
    rows = World().rows
    for value in (error(5, message="second"), error(9, message="third"), error(1, message="first")):
        assert apply(rows, parse_error(value)) == "applied"
    (kept,) = rows.errors.values()
    assert (kept.count, kept.message, kept.first_at, kept.seen_at) == (3, "third", at(1), at(9))
    assert [minute.errors for minute in rows.minutes.values()] == [3]


def test_an_errors_words_fit_their_columns() -> None:
    """They are cut, since somebody else wrote them."""
    rows = World().rows
    long = error(1, message="a\x00" + "x" * 9000, resource_id="y" * 900, resource_type="z" * 90)
    apply(rows, parse_error(long))
    (kept,) = rows.errors.values()
    assert "\x00" not in kept.message
    assert [len(each or "") for each in (kept.message, kept.resource_id, kept.resource_type)] == [2000, 200, 32]


@settings(deadline=None)
@given(st.lists(st.integers(0, len(STORY) - 1), max_size=20))
def test_repeated_events_change_nothing(repeated: list[int]) -> None:
    """After the whole story, any of its events in any order leave everything as it is."""
    world = World().hear(*STORY)
    before = world.facts()
    assert world.hear(*[STORY[number] for number in repeated]).facts() == before


@settings(deadline=None)
@given(st.permutations(STORY))
def test_times_never_go_backwards(order: list[bytes]) -> None:
    """In whichever order events come: the newest of something stays so, and what ended has ended."""
    world = World()
    past: dict[str, Any] = {}
    for value in order:
        world.hear(value)
        now = {key: when for key, when in world.facts().items() if key.endswith(("_at", "seen_at")) and when}
        ended = {key for key in past if key.endswith(("closed_at", "ended_at", "opened_at"))}
        assert all(now[key] >= past[key] for key in past.keys() - ended)
        past = now
    assert world.job().status is not JobStatus.RUNNING


def test_a_lag_is_alarming_when_it_is_told_again_and_again() -> None:
    """Since when is kept while reports follow each other, and begins anew after a pause or a good one."""
    late: dict[str, Any] = {"count": 1, "lag_seconds": 1000.0}
    world = World().hear(*[of_corpus(Name.CHANGES_APPLIED, second, **late) for second in (0, 300, 600)])
    assert world.corpus.lag_above_since == at(0)
    world.hear(of_corpus(Name.CHANGES_APPLIED, 600 + 601, **late))
    assert world.corpus.lag_above_since == at(1201)
    world.hear(of_corpus(Name.CHANGES_APPLIED, 1300, count=1, lag_seconds=1.0))
    assert world.corpus.lag_above_since is None
    assert world.corpus.changes_at == at(0) + timedelta(seconds=1300)
