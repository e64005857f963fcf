"""When a person is told, what of, and when it is over; over time too, by the sweep."""

from datetime import timedelta
from typing import Any

import pytest
from tests.support.control_plane.context import ManualTime
from tests.support.control_plane.worker_words import CONN, CORPUS, all_of, at, connection, populate

from drive_control_plane.database import Database
from drive_control_plane.database.tables import Alert, Connection, ConnectionStatus, Corpus
from drive_control_plane.events import alerts
from drive_control_plane.events.rows import Rows
from drive_control_plane.events.sweep import PAGE, AlertSweep

LIMITS = alerts.Limits()
HEALTHY: dict[str, Any] = {"accepted_at": at(0), "last_success_at": at(0)}


def corpus(**fields: Any) -> Corpus:
    return Corpus(**{"connection_id": CONN, "corpus": CORPUS, "opened_at": at(0), "heard_at": at(0), **fields})


def rows_of(known: Connection, *corpora: Corpus) -> Rows:
    return Rows({CONN: known}, corpora={(CONN, each.corpus): each for each in corpora})


def kinds(rows: Rows, seconds: float = 1) -> list[str]:
    """Judge, and see what is open then."""
    alerts.judge(rows, rows.connections[CONN], at(seconds), LIMITS)
    return [kind for _, kind in rows.alerts]


def test_a_healthy_connection_has_no_alert() -> None:
    """Nobody is told of what is as it should be."""
    assert kinds(rows_of(connection(**HEALTHY), corpus(files=5, lag_seconds=3.0))) == []


@pytest.mark.parametrize(("failures", "expected"), [(2, []), (3, ["failing"]), (9, ["failing"])])
def test_failures_in_a_row(failures: int, expected: list[str]) -> None:
    """Some pass by themselves; the third is told."""
    assert kinds(rows_of(connection(**HEALTHY, consecutive_failures=failures))) == expected


def test_consent_that_is_gone() -> None:
    """Only the person can give it again."""
    rows = rows_of(connection(**HEALTHY, status=ConnectionStatus.REAUTHORIZATION_REQUIRED))
    assert kinds(rows) == ["reauthorization_required"]
    assert "connect it again" in rows.alerts[CONN, alerts.CONSENT].message


def test_a_snapshot_that_is_held() -> None:
    """It names what would be removed, and both ways out; a corpus that is closed holds nothing."""
    rows = rows_of(connection(**HEALTHY), corpus(held=1234))
    assert kinds(rows) == ["snapshot_held"]
    message = rows.alerts[CONN, alerts.HELD].message
    assert all(word in message for word in ("1234 items of user:me", "Confirm", "Full sync"))
    assert kinds(rows_of(connection(**HEALTHY), corpus(held=5, closed_at=at(1)))) == []


@pytest.mark.parametrize(
    ("since", "told", "now", "expected"),
    [(0, 599, 600, []), (0, 600, 600, ["lagging"]), (0, 600, 2400, ["lagging"]), (0, 600, 2401, [])],
)
def test_a_lag_that_stays(since: float, told: float, now: float, expected: list[str]) -> None:
    """Ten minutes of it are told; and it is over when nothing late has come for half an hour."""
    late = corpus(lag_above_since=at(since), changes_at=at(told), lag_seconds=1200.0)
    assert kinds(rows_of(connection(**HEALTHY, next_run_at=None), late), now) == expected


@pytest.mark.parametrize(
    ("fields", "minutes", "expected"),
    [
        ({}, 17, []),
        ({}, 17.1, ["silent"]),
        ({"last_failure_at": at(600)}, 20, []),
        ({"next_run_at": at(3600)}, 180, []),
        ({"next_run_at": at(3600)}, 183, ["silent"]),
        ({"next_run_at": None}, 100_000, []),
        ({"status": ConnectionStatus.PAUSED}, 100_000, []),
        ({"last_run_at": None}, 17.1, ["silent"]),
    ],
)
def test_a_connection_that_nothing_is_heard_of(fields: dict[str, Any], minutes: float, expected: list[str]) -> None:
    """Three intervals of its own schedule, and two minutes; a failure is a word, and by hand there is no interval."""
    assert kinds(rows_of(connection(**HEALTHY, **fields)), minutes * 60) == expected


def test_a_stopped_connection_is_not_called_silent() -> None:
    """Its silence is explained already; the alert ends when the worker takes it up again."""
    rows = rows_of(connection(**HEALTHY))
    alerts.open_alert(rows, CONN, alerts.PARKED, "do this", at(1))
    assert kinds(rows, 100_000) == ["parked"]
    rows.connections[CONN].accepted_at = at(100_000)
    assert kinds(rows, 100_001) == []


def test_disconnecting_ends_all_alerts() -> None:
    """Nobody can do anything about it any more."""
    rows = rows_of(connection(**HEALTHY, consecutive_failures=5), corpus(held=5))
    assert kinds(rows) == ["failing", "snapshot_held"]
    opened = list(rows.alerts.values())
    rows.connections[CONN].status = ConnectionStatus.DISCONNECTED
    assert kinds(rows, 9) == []
    assert [alert.closed_at for alert in opened] == [at(9), at(9)]


def test_an_alert_is_opened_once() -> None:
    """As long as it lasts it is one, whose words keep up."""
    rows = rows_of(connection(**HEALTHY, consecutive_failures=3))
    kinds(rows)
    rows.connections[CONN].consecutive_failures = 4
    assert kinds(rows, 2) == ["failing"]
    (alert,) = rows.made
    assert isinstance(alert, Alert)
    assert (alert.opened_at, alert.message[:22]) == (at(1), "The last 4 tries faile")
    assert not alerts.judge(rows, rows.connections[CONN], at(3), LIMITS)


async def test_the_sweep_finds_what_only_time_tells(databases: Database) -> None:
    """A silent connection among more than a page of them; once it speaks again, the alert is closed."""
    time = ManualTime(at(10))
    others = [connection(f"conn_{number:04}", next_run_at=None) for number in range(PAGE + 1)]
    await populate(databases, *others, connection("silent", **HEALTHY))
    sweep = AlertSweep(databases, time.clock)
    assert await sweep.sweep() == 0
    time.advance(hours=1)
    assert [await sweep.sweep(), await sweep.sweep()] == [1, 0]
    (alert,) = await all_of(databases, Alert)
    assert (alert.connection_id, alert.kind, alert.closed_at) == ("silent", "silent", None)
    async with databases.transaction() as session:
        known = await session.get_one(Connection, "silent")
        assert known.updated_at == time.now
        known.accepted_at = time.now + timedelta(seconds=1)
    assert await sweep.sweep() == 1
    (alert,) = await all_of(databases, Alert)
    assert alert.closed_at == time.now
