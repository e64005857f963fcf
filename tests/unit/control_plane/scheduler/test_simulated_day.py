"""A day of 1,000 connections and two replicas of the scheduler on one PostgreSQL.

Time is simulated, the database is real. What is due is worked out here by plain arithmetic.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry
from tests.support.control_plane.context import RecordingPublisher, context_over
from tests.support.control_plane.databases import url_of
from tests.unit.control_plane.scheduler.rows import a_connection, store, stored
from tests.unit.control_plane.scheduler.shared_time import SharedTime

from drive_control_plane.database import Database
from drive_control_plane.database.tables import Connection
from drive_control_plane.scheduler.claims import jitter_of
from drive_control_plane.scheduler.loop import Scheduler
from drive_control_plane.scheduler.messages import due_id
from drive_control_plane.scheduler.metrics import SchedulerMetrics

START = datetime(2026, 3, 2, tzinfo=UTC)
NOON, END = START + timedelta(hours=12), START + timedelta(days=1)
REST_SECONDS = 270.0
"""Rounds of the simulation: runs that fall due between two of them are sent up to so late."""
BATCH = 75
"""Small, so that both replicas have their part in each round."""

ACTIVE, IDLE, PUSHED = timedelta(minutes=5), timedelta(hours=1), timedelta(hours=4)
HALF_HOURLY = {"kind": "interval", "seconds": 1_800}


class MortalPublisher(RecordingPublisher):
    """Has what it was given acknowledged, but from noon on nobody hears of it any more."""

    def __init__(self, time: SharedTime) -> None:
        super().__init__()
        self.time, self.dying = time, asyncio.Event()

    async def publish(self, topic: str, key: str, value: bytes, traceparent: str | None = None) -> None:
        await super().publish(topic, key, value, traceparent)
        if self.time.now >= NOON:
            self.dying.set()
            await asyncio.Event().wait()


def connections() -> Iterator[tuple[Connection, list[datetime]]]:
    """The connections, all made due at midnight, and when they are due on that day."""
    for number in range(1_000):
        connection_id = f"conn_{number:04}"
        match number % 20:
            case 0:
                yield (
                    a_connection(connection_id, START, schedule={"kind": "adaptive"}, last_change_at=END),
                    times(connection_id, ACTIVE),
                )
            case 1 | 2 | 3 | 4 | 5 | 6:
                long_ago = START - timedelta(days=30)
                yield (
                    a_connection(connection_id, START, schedule={"kind": "adaptive"}, last_change_at=long_ago),
                    times(connection_id, IDLE),
                )
            case 7 | 8 | 9 | 10:
                until = END + timedelta(days=6)
                yield (
                    a_connection(connection_id, START, schedule={"kind": "adaptive"}, push_healthy_until=until),
                    times(connection_id, PUSHED),
                )
            case 11 | 12 | 13 | 14:
                yield (
                    a_connection(connection_id, START, schedule=HALF_HOURLY),
                    times(connection_id, timedelta(minutes=30)),
                )
            case _:
                minute = number % 60
                line = {"kind": "cron", "expression": f"{minute} */2 * * *", "timezone": "UTC"}
                offset = timedelta(minutes=5) * jitter_of(connection_id)
                fires = [START + timedelta(hours=hour, minutes=minute) + offset for hour in range(0, 24, 2)]
                # At minute 0 the line's midnight is the run at the start.
                yield a_connection(connection_id, START, schedule=line), [START, *fires[minute == 0 :]]


def times(connection_id: str, interval: timedelta) -> list[datetime]:
    """Midnight, then every interval, shifted by the connection's jitter."""
    first = START + min(interval * 0.1, timedelta(minutes=5)) * jitter_of(connection_id)
    count = (END - first) // interval
    return [START, *(first + interval * number for number in range(1, count + 1))]


async def test_each_due_run_of_a_day_is_sent_once_though_a_replica_dies(postgresql_database: Database) -> None:
    """35,000 runs: none lost, none twice but those that the dead replica had sent and not noted, and no drift."""
    rows, due = zip(*connections(), strict=True)
    await store(postgresql_database, rows)
    expected = {
        due_id(row.id, moment): (row.id, moment) for row, moments in zip(rows, due, strict=True) for moment in moments
    }
    time = SharedTime(START, END, loops=2)
    survivor, mortal = RecordingPublisher(), MortalPublisher(time)
    second = Database(url_of(postgresql_database))
    settings = {"schedule_lookahead_rows": BATCH}
    async with (
        context_over(postgresql_database, clock=time.clock, publisher=survivor, **settings) as one,
        context_over(second, clock=time.clock, publisher=mortal, **settings) as other,
    ):
        schedulers = [
            Scheduler(
                context,
                SchedulerMetrics(CollectorRegistry()),
                least_rest_seconds=REST_SECONDS,
                most_rest_seconds=REST_SECONDS,
            )
            for context in (one, other)
        ]
        for scheduler in schedulers:
            scheduler.start()
        await mortal.dying.wait()
        await schedulers[1].close(deadline_seconds=0.0)
        time.leave()
        await time.over.wait()
        await schedulers[0].close()
    await second.close()

    sent = Counter(each.json()["message_id"] for each in (*survivor.published, *mortal.published))
    assert sent.keys() == expected.keys()
    repeated = {identity for identity, count in sent.items() if count > 1}
    assert 1 <= len(repeated) <= BATCH
    assert max(sent.values()) == 2
    assert repeated <= {each.json()["message_id"] for each in mortal.published[-BATCH:]}
    assert len(mortal.published) > len(expected) / 20  # both had their part
    for each in survivor.published:
        message = each.json()
        _, due_at = expected[message["message_id"]]
        late = datetime.fromisoformat(message["requested_at"]) - due_at
        assert timedelta(milliseconds=-1) < late <= timedelta(seconds=REST_SECONDS)
    following = {row.id: row.next_run_at for row in (await stored(postgresql_database)).values()}
    assert min(moment for moment in following.values() if moment is not None) > END
