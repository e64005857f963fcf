"""Batches in a real database: each message once, all or nothing, and none that stops the others."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from tests.support.control_plane.context import ManualTime
from tests.support.control_plane.databases import url_of
from tests.support.control_plane.worker_words import (
    CONN,
    CORPUS,
    ERRORS,
    EVENTS,
    TOPIC_IDS,
    all_of,
    at,
    connection,
    error,
    message,
    of_corpus,
    populate,
    said,
)

from drive_control_plane.database import Database
from drive_control_plane.database.tables import (
    Alert,
    AppliedOffset,
    AuditEntry,
    Connection,
    ConnectionStatus,
    Corpus,
    Job,
    JobStatus,
    MinuteCount,
    RecentError,
)
from drive_control_plane.events.batch import Applier, Listeners
from drive_control_plane.events.feed import Feed, FeedWatch
from drive_control_plane.events.metrics import OUTCOMES, EventMetrics
from drive_control_plane.events.offsets import TopicMadeAnewError
from drive_control_plane.scheduler.pacing import hasten
from drive_control_plane.scheduler.schedule import Pace
from drive_control_plane.webhooks import due
from google_drive_worker.schemas.event import EventName as Name

PAGE = of_corpus(Name.CHANGES_APPLIED, 1, count=2, lag_seconds=1.0)


class KilledError(BaseException):
    """The process ends here."""


class Channels:
    """Hears of corpora; fails when it is told to."""

    def __init__(self, failure: BaseException | None = None) -> None:
        self.heard: list[tuple[str, str]] = []
        self.failure = failure

    async def hear(self, session: AsyncSession, connection_id: str, corpus: str) -> None:
        assert await session.get(Corpus, (connection_id, corpus)) is not None
        if self.failure is not None:
            raise self.failure
        self.heard.append((connection_id, corpus))


def applier(database: Database, **listeners: Any) -> Applier:
    return Applier(database, ManualTime(at(100)).clock, ERRORS, Listeners(**listeners))


async def changes(database: Database) -> int:
    minutes: list[MinuteCount] = await all_of(database, MinuteCount)
    return sum(row.changes for row in minutes)


async def following(database: Database) -> int:
    rows: list[AppliedOffset] = await all_of(database, AppliedOffset)
    return next(row.following for row in rows if row.topic == EVENTS)


async def test_a_batch_becomes_rows(databases: Database) -> None:
    """Events and errors are there after it, with the offsets, and the connection is seen to have changed."""
    await populate(databases)
    values = [
        said(Name.JOB_ACCEPTED, 0),
        of_corpus(Name.CORPUS_OPENED, 1),
        of_corpus(Name.SNAPSHOT_STARTED, 1),
        of_corpus(Name.SNAPSHOT_COMPLETED, 9, counts={"file": 3}, complete=True),
        PAGE,
    ]
    batch = [message(value, offset=number) for number, value in enumerate(values)]
    await applier(databases).apply([*batch, message(error(5), ERRORS, 0)], TOPIC_IDS)
    (job,), (corpus,), (known,) = [await all_of(databases, table) for table in (Job, Corpus, Connection)]
    assert (job.status, job.counts, corpus.files, corpus.snapshot_id) == (
        JobStatus.DONE,
        {"file": 3},
        3,
        job.snapshot_id,
    )
    assert (known.last_success_at, known.last_change_at, known.updated_at) == (at(9), at(1), at(100))
    assert [row.code for row in await all_of(databases, RecentError)] == ["network"]
    assert await following(databases) == 5


async def test_a_message_is_applied_once(databases: Database) -> None:
    """A batch that comes again, as after a restart of the group, finds that the offsets have moved on."""
    await populate(databases)
    first, second = message(PAGE, offset=7), message(of_corpus(Name.CHANGES_APPLIED, 2, count=5), offset=8)
    applying = applier(databases)
    await applying.apply([first], TOPIC_IDS)
    await applying.apply([first, second], TOPIC_IDS)
    assert (await changes(databases), await following(databases)) == (7, 9)
    assert applying.outcomes == {"applied": 2, "repeated": 1}


async def test_use_is_counted_once(databases: Database) -> None:
    """What is told as a difference is the first to show a message that was applied twice."""
    await populate(databases)
    use: dict[str, Any] = {
        "calls": 2,
        "units": 105,
        "refused": 1,
        "records": 30,
        "waited_seconds": 1.5,
        "limit_per_minute": 1_000,
    }
    used = [said(Name.USAGE, second, **use) for second in (1, 11)]
    first, second = (message(value, offset=number) for number, value in enumerate(used))
    applying = applier(databases)
    await applying.apply([first], TOPIC_IDS)
    await applying.apply([first, second], TOPIC_IDS)
    (row,) = await all_of(databases, MinuteCount)
    assert (row.calls, row.units, row.refused, row.records, row.changes) == (4, 210, 2, 60, 0)
    assert (row.waited_seconds, row.limit_per_minute) == (3.0, 1_000)


async def test_two_replicas_with_the_same_messages_apply_them_once(databases: Database) -> None:
    """As when a partition changes hands: one comes after the other, and finds them applied."""
    await populate(databases)
    pages = [of_corpus(Name.CHANGES_APPLIED, second, count=1) for second in range(1, 21)]
    batch = [message(value, offset=number) for number, value in enumerate(pages)]
    other = Database(url_of(databases))
    replicas = [applier(databases), applier(other), applier(other)]
    await asyncio.gather(*[each.apply(batch, TOPIC_IDS) for each in replicas])
    await other.close()
    assert (await changes(databases), await following(databases)) == (20, 20)
    assert sum((each.outcomes for each in replicas), Counter()) == {"applied": 20, "repeated": 40}


async def test_a_process_that_ends_before_the_commit_has_done_nothing(databases: Database) -> None:
    """The next one applies the same messages, from the same offsets."""
    await populate(databases)
    batch = [message(PAGE, offset=0), message(of_corpus(Name.CORPUS_OPENED, 3, corpus="drive:1"), offset=1)]
    with pytest.raises(KilledError):
        await applier(databases, opened=Channels(KilledError()).hear).apply(batch, TOPIC_IDS)
    assert (await changes(databases), await following(databases)) == (0, 0)
    await applier(databases).apply(batch, TOPIC_IDS)
    assert (await changes(databases), await following(databases)) == (2, 2)


async def test_unreadable_messages_are_passed_over(databases: Database, caplog: pytest.LogCaptureFixture) -> None:
    """They are counted and logged with their place and nothing of their text."""
    await populate(databases)
    applying = applier(databases)
    values = [b"secret", PAGE, b"[]", None]
    await applying.apply([message(value, offset=number) for number, value in enumerate(values)], TOPIC_IDS)
    assert applying.outcomes == {"applied": 1, "unreadable": 3}
    assert (await changes(databases), await following(databases)) == (2, 4)
    assert "passed over" in caplog.text
    assert "secret" not in caplog.text


async def test_a_message_that_the_database_refuses_stops_no_other(databases: Database) -> None:
    """Here a count that, added up, fits no column: those before and behind it are applied."""
    known = connection()
    await populate(databases, known)
    async with databases.transaction() as session:
        session.add(MinuteCount(connection_id=CONN, minute=at(60), changes=2**63 - 10, files=0, errors=0))
    values = [
        PAGE,
        of_corpus(Name.CHANGES_APPLIED, 61, count=50),
        of_corpus(Name.CHANGES_APPLIED, 121, count=3),
    ]
    applying = applier(databases)
    await applying.apply([message(value, offset=number) for number, value in enumerate(values)], TOPIC_IDS)
    assert applying.outcomes == {"applied": 2, "refused": 1}
    assert [row.changes for row in await all_of(databases, MinuteCount)] == [2**63 - 10, 2, 3]
    assert await following(databases) == 3


async def test_what_became_of_messages_is_counted(database: Database) -> None:
    """For Prometheus, by outcome; those that have not come to pass are there at zero."""
    await populate(database)
    registry = CollectorRegistry()
    applying = applier(database, metrics=EventMetrics(registry))
    await applying.apply([message(PAGE), message(b"{"), message(b"[]")], TOPIC_IDS)
    counted = {
        outcome: registry.get_sample_value("drive_control_plane_worker_messages_total", {"outcome": outcome})
        for outcome in OUTCOMES
    }
    assert {outcome: number for outcome, number in counted.items() if number} == {"applied": 1, "unreadable": 2}
    assert None not in counted.values()


async def test_connections_that_are_not_known_are_ignored(databases: Database) -> None:
    """Their events are counted; nothing is made for them."""
    await populate(databases)
    applying = applier(databases)
    batch = [message(said(Name.PAUSED, 1, "conn_of_others")), message(error(1, connection=None), ERRORS)]
    await applying.apply(batch, TOPIC_IDS)
    assert applying.outcomes == {"unknown_connection": 2}
    assert await all_of(databases, RecentError) == []


async def test_channels_are_told_of_corpora_in_the_transaction(databases: Database) -> None:
    """Once for each opening and closing; the row is there when they hear of it."""
    await populate(databases)
    opening, closing = Channels(), Channels()
    batch = [
        message(of_corpus(Name.CORPUS_OPENED, 1)),
        message(of_corpus(Name.CORPUS_OPENED, 2)),
        message(of_corpus(Name.CORPUS_CLOSED, 3)),
    ]
    await applier(databases, opened=opening.hear, closed=closing.hear).apply(batch, TOPIC_IDS)
    assert (opening.heard, closing.heard) == ([(CONN, CORPUS)], [(CONN, CORPUS)])


async def test_channels_are_planned_by_what_the_worker_tells(databases: Database) -> None:
    """The push channels' own functions, as they are wired: a corpus or a status that is new has them looked at."""
    await populate(databases, connection(), connection("conn_2"), connection("conn_3"))

    async def look(session: AsyncSession, connection_id: str, *_: str) -> None:
        await due.look_soon(session, connection_id, at(100))

    applying = applier(databases, opened=look, closed=look, status=look)
    batch = [message(of_corpus(Name.CORPUS_OPENED, 1)), message(said(Name.PAUSED, 1, "conn_2"))]
    await applying.apply([*batch, message(said(Name.JOB_ACCEPTED, 1, "conn_3"))], TOPIC_IDS)
    planned = {row.id: row.push_due_at for row in await all_of(databases, Connection)}
    assert planned == {CONN: at(100), "conn_2": at(100), "conn_3": None}


async def test_activity_brings_the_next_run_forward(databases: Database) -> None:
    """By the scheduler's own function: an idle account that changes something is asked soon; odd rows stop nothing."""
    far = at(3_600)
    odd = connection("conn_3", next_run_at=far, schedule={"kind": "odd"})
    await populate(databases, connection(next_run_at=far), connection("conn_2", next_run_at=far), odd)
    applying = applier(databases, active=lambda row, now: hasten(row, now, Pace()))
    quiet = of_corpus(Name.CHANGES_APPLIED, 90, connection="conn_2", count=0)
    pages = [of_corpus(Name.CHANGES_APPLIED, 90, connection=each, count=1) for each in (CONN, "conn_3")]
    await applying.apply([message(value) for value in (*pages, quiet)], TOPIC_IDS)
    assert applying.outcomes == {"applied": 3}
    planned = {row.id: row.next_run_at for row in await all_of(databases, Connection)}
    assert planned == {CONN: at(300), "conn_2": far, "conn_3": far}


async def test_a_change_of_status_is_audited(databases: Database) -> None:
    """Whose it was, and that the worker told it; what changes nothing leaves no entry."""
    await populate(databases)
    lost = said(Name.REAUTHORIZATION_REQUIRED, 1, code="reauthorization_required", message="")
    await applier(databases).apply([message(lost), message(lost), message(said(Name.PAUSED, 2))], TOPIC_IDS)
    (entry,) = await all_of(databases, AuditEntry)
    assert (entry.action, entry.target, entry.tenant_id) == ("connection.status_changed", CONN, "tenant_1")
    assert (entry.actor, entry.details) == ("worker", {"status": "reauthorization_required"})


async def test_a_listener_that_fails_takes_nothing_with_it(databases: Database) -> None:
    """The corpus is there all the same, so that whoever missed it finds it later."""
    await populate(databases)
    applying = applier(databases, opened=Channels(ValueError("a defect")).hear)
    await applying.apply([message(of_corpus(Name.CORPUS_OPENED, 1))], TOPIC_IDS)
    assert applying.outcomes == {"applied": 1, "listener_failed": 1}
    assert len(await all_of(databases, Corpus)) == 1


async def test_the_databases_own_failure_is_no_messages_fault(databases: Database) -> None:
    """It is handed on, with nothing applied and nothing passed over."""
    await populate(databases)
    away = OperationalError("SELECT 1", {}, ConnectionRefusedError())
    applying = applier(databases, opened=Channels(away).hear)
    with pytest.raises(OperationalError):
        await applying.apply([message(of_corpus(Name.CORPUS_OPENED, 1), offset=0)], TOPIC_IDS)
    assert (applying.outcomes, await following(databases)) == ({}, 0)


async def test_messages_of_a_topic_made_anew_are_not_applied(databases: Database) -> None:
    """Their offsets mean something else; whoever reads them has to begin again."""
    await populate(databases)
    with pytest.raises(TopicMadeAnewError):
        await applier(databases).apply([message(PAGE)], {**TOPIC_IDS, EVENTS: "another"})


async def test_a_worker_whose_clock_is_ahead_does_not_shut_out_the_truth(databases: Database) -> None:
    """What it dates far in the future counts as of now, or a little later."""
    await populate(databases)
    year = 365 * 86_400
    batch = [
        message(said(Name.JOB_FAILED, year, code="network")),
        message(of_corpus(Name.CHANGES_APPLIED, 500, count=1)),
    ]
    await applier(databases).apply(batch, TOPIC_IDS)
    (known,) = await all_of(databases, Connection)
    assert (known.last_failure_at, known.consecutive_failures) == (at(400), 1)


async def test_whoever_looks_on_hears_of_the_change(databases: Database) -> None:
    """After the commit, and of connections of their own tenant only."""
    await populate(databases, connection(), connection("conn_2", "tenant_2"))
    feed = Feed()
    batch = [message(said(Name.PAUSED, 1, each)) for each in (CONN, "conn_2")]
    with feed.subscribe("tenant_2") as reader:
        await applier(databases).apply(batch, TOPIC_IDS)
        await FeedWatch(databases, ManualTime(at(100)).clock, feed).poll()
        assert await anext(aiter(reader)) == "conn_2"
    assert {row.status for row in await all_of(databases, Connection)} == {ConnectionStatus.PAUSED}


async def test_alerts_open_and_close_with_the_events(databases: Database) -> None:
    """Three failures open one, a success closes it."""
    await populate(databases)
    applying = applier(databases)
    failures = [said(Name.JOB_FAILED, second, code="network") for second in (1, 2, 3, 4)]
    await applying.apply([message(value) for value in failures], TOPIC_IDS)
    (alert,) = await all_of(databases, Alert)
    assert (alert.kind, alert.closed_at) == ("failing", None)
    await applying.apply([message(of_corpus(Name.CHANGES_APPLIED, 9, count=1))], TOPIC_IDS)
    (alert,) = await all_of(databases, Alert)
    assert alert.closed_at == at(100)
