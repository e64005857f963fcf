"""Triggers on demand: published, noted, audited, or refused as a whole."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from tests.support.control_plane.context import EPOCH, ManualTime, RecordingPublisher, context_over
from tests.unit.control_plane.scheduler.rows import (
    SETTINGS,
    TENANT,
    a_connection,
    audited,
    store,
    store_service_account,
    stored,
)

from drive_control_plane.audit.log import Actor
from drive_control_plane.context import Context
from drive_control_plane.database import Database
from drive_control_plane.database.tables import ConnectionStatus
from drive_control_plane.http.problems import Problem
from drive_control_plane.scheduler import triggers
from drive_control_plane.scheduler.claims import Claims
from drive_control_plane.scheduler.messages import MOST_BYTES
from drive_control_plane.scheduler.triggers import Requested
from google_drive_worker.schemas.trigger import parse_trigger

Wanted = Callable[[Context, Actor, str], Awaitable[Requested]]

OPERATOR = Actor("operator", "ada@example.com", TENANT, "192.0.2.7")
STRANGER = Actor("operator", "eve@example.com", "tenant_2", "192.0.2.8")
NOW = EPOCH + timedelta(minutes=10)
ACTIVE, PAUSED = ConnectionStatus.ACTIVE, ConnectionStatus.PAUSED
DISCONNECTED, REVOKED = ConnectionStatus.DISCONNECTED, ConnectionStatus.REAUTHORIZATION_REQUIRED


async def resnapshot(context: Context, actor: Actor, connection_id: str) -> Requested:
    """Two folders, one of them named twice."""
    return await triggers.request_resnapshot(context, actor, connection_id, ["folder_1", "folder_2", "folder_1"])


ALL: dict[str, Wanted] = {
    "full": triggers.request_full,
    "incremental": triggers.request_incremental,
    "resnapshot": resnapshot,
    "pause": triggers.pause,
    "resume": triggers.resume,
    "cancel": triggers.cancel,
    "confirm": triggers.confirm,
}


@pytest.fixture
def publisher() -> RecordingPublisher:
    """What was published."""
    return RecordingPublisher()


@pytest.fixture
async def context(databases: Database, publisher: RecordingPublisher) -> AsyncIterator[Context]:
    """A control plane at ten past midnight, on each database, with one connection due at one o'clock."""
    await store(databases, [a_connection("conn_1", EPOCH, next_run_at=EPOCH + timedelta(hours=1))])
    async with context_over(databases, clock=ManualTime(NOW).clock, publisher=publisher) as context:
        yield context


async def refused(request: Awaitable[Requested]) -> Problem:
    """The refusal of a request that must not succeed."""
    with pytest.raises(Problem) as caught:
        await request
    return caught.value


@pytest.mark.parametrize("kind", ALL)
async def test_a_trigger_is_as_a_worker_takes_it(context: Context, publisher: RecordingPublisher, kind: str) -> None:
    """It has the type that was asked for, an id that was never used, and the connection's key."""
    requested = await ALL[kind](context, OPERATOR, "conn_1")
    again = await ALL["cancel"](context, OPERATOR, "conn_1")
    message = publisher.published[0]
    trigger = parse_trigger(message.value)
    assert (message.topic, message.key) == ("integrations-inbound-trigger", "conn_1")
    assert (trigger.trigger_type, trigger.message_id) == (kind, requested.message_id)
    assert requested.message_id != again.message_id
    assert trigger.folders == (["folder_1", "folder_2"] if kind == "resnapshot" else [])
    # Only what begins work brings the settings; a worker would stop nothing for those it has.
    assert trigger.connection_config == (SETTINGS if kind in {"full", "incremental", "resume"} else None)


@pytest.mark.parametrize("kind", ALL)
async def test_a_trigger_is_audited(context: Context, kind: str) -> None:
    """Who, what, when, from where, and which message it was."""
    requested = await ALL[kind](context, OPERATOR, "conn_1")
    (entry,) = await audited(context.database)
    assert (entry.actor, entry.address, entry.tenant_id, entry.target, entry.at, entry.outcome) == (
        "ada@example.com",
        "192.0.2.7",
        TENANT,
        "conn_1",
        NOW,
        "done",
    )
    assert entry.action.startswith("connection.")
    assert entry.details["message_id"] == requested.message_id


async def test_each_wish_has_a_name_of_its_own_in_the_audit_log(context: Context) -> None:
    """What was asked for can be told from the log alone."""
    for kind in ("full", "incremental", "resnapshot", "cancel", "confirm", "pause", "resume"):
        await ALL[kind](context, OPERATOR, "conn_1")
    assert len({entry.action for entry in await audited(context.database)}) == len(ALL)


async def test_a_paused_connection_is_never_due(context: Context) -> None:
    """Once it is paused the scheduler leaves it alone."""
    requested = await triggers.pause(context, OPERATOR, "conn_1")
    row = (await stored(context.database))["conn_1"]
    assert (requested.status, row.status, row.status_at, row.updated_at) == (PAUSED, PAUSED, NOW, NOW)
    assert await Claims(context).next_due_at() is None


async def test_a_resumed_connection_begins_its_schedule_anew(context: Context) -> None:
    """The resumption looks for changes itself; the next run comes an interval later."""
    await triggers.pause(context, OPERATOR, "conn_1")
    requested = await triggers.resume(context, OPERATOR, "conn_1")
    row = (await stored(context.database))["conn_1"]
    assert (requested.status, row.status, row.status_at, row.last_run_at) == (ACTIVE, ACTIVE, NOW, NOW)
    assert row.next_run_at is not None
    assert timedelta(hours=1) <= row.next_run_at - NOW <= timedelta(minutes=65)


@pytest.mark.parametrize("kind", ["pause", "resume"])
async def test_channels_are_looked_at_when_a_connection_stops_or_goes_on(context: Context, kind: str) -> None:
    """A paused connection needs none, and one that goes on needs them again."""
    await ALL[kind](context, OPERATOR, "conn_1")
    assert (await stored(context.database))["conn_1"].push_due_at == NOW


async def test_a_service_accounts_trigger_names_whom_it_stands_for(
    context: Context, publisher: RecordingPublisher
) -> None:
    """The worker's corpus is called by that, and has to be called the same in each trigger."""
    await store_service_account(context.database, "conn_1", "ada@example.com")
    await triggers.request_full(context, OPERATOR, "conn_1")
    (message,) = publisher.published
    assert message.json()["connection_config"] == SETTINGS | {"subject": "ada@example.com"}


@pytest.mark.parametrize("kind", ["full", "incremental", "resnapshot", "cancel", "confirm"])
async def test_what_is_asked_for_leaves_the_schedule_as_it_was(context: Context, kind: str) -> None:
    """The next due run comes when it was to come."""
    await ALL[kind](context, OPERATOR, "conn_1")
    row = (await stored(context.database))["conn_1"]
    assert (row.status, row.next_run_at) == (ACTIVE, EPOCH + timedelta(hours=1))


@pytest.mark.parametrize("kind", ALL)
async def test_without_kafka_nothing_changes(context: Context, publisher: RecordingPublisher, kind: str) -> None:
    """The answer says to try again, the row is as it was, and the log knows of nothing."""
    before = vars((await stored(context.database))["conn_1"])
    publisher.broken = "all brokers are down"
    problem = await refused(ALL[kind](context, OPERATOR, "conn_1"))
    assert (problem.status, problem.code) == (503, "kafka_unavailable")
    after = vars((await stored(context.database))["conn_1"])
    assert {name: value for name, value in after.items() if name[0] != "_"} == {
        name: value for name, value in before.items() if name[0] != "_"
    }
    assert await audited(context.database) == []


@pytest.mark.parametrize("kind", ALL)
async def test_another_tenants_connection_is_not_found(
    context: Context, publisher: RecordingPublisher, kind: str
) -> None:
    """Its existence is not told either: the answer is the same as for one that there is not."""
    foreign = await refused(ALL[kind](context, STRANGER, "conn_1"))
    missing = await refused(ALL[kind](context, OPERATOR, "conn_2"))
    assert (foreign.status, foreign.code, foreign.detail) == (missing.status, missing.code, missing.detail)
    assert foreign.status == 404
    assert publisher.published == []


async def test_an_operator_without_a_tenant_reaches_nothing(context: Context) -> None:
    """Only machines and the system itself may act for all tenants."""
    nobody = Actor("operator", "ada@example.com")
    assert (await refused(triggers.cancel(context, nobody, "conn_1"))).status == 404
    assert (await triggers.cancel(context, Actor("machine", "client_1"), "conn_1")).connection_id == "conn_1"


@pytest.mark.parametrize(
    ("status", "kinds", "code"),
    [
        (DISCONNECTED, list(ALL), "connection_disconnected"),
        (REVOKED, [kind for kind in ALL if kind != "cancel"], "reauthorization_required"),
        (PAUSED, ["full", "incremental", "resnapshot"], "connection_paused"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_what_to_do(
    context: Context, publisher: RecordingPublisher, status: ConnectionStatus, kinds: list[str], code: str
) -> None:
    """Everything else is allowed, and a refusal sends nothing."""
    await store(context.database, [a_connection("conn_2", EPOCH, status=status)])
    for kind in kinds:
        problem = await refused(ALL[kind](context, OPERATOR, "conn_2"))
        assert (problem.status, problem.code) == (409, code)
    assert publisher.published == []
    for kind in ("cancel", "confirm", "pause", "resume"):
        if kind not in kinds:
            await ALL[kind](context, OPERATOR, "conn_2")


@pytest.mark.parametrize("folders", [[], [""], ["f" * 201], [f"folder_{number}" for number in range(1_001)]])
async def test_folders_have_bounds(context: Context, folders: list[str]) -> None:
    """One to a thousand of them, of a length that ids have."""
    problem = await refused(triggers.request_resnapshot(context, OPERATOR, "conn_1", folders))
    assert (problem.status, problem.code) == (422, "invalid_folders")


async def test_a_trigger_that_no_broker_takes_is_refused(context: Context) -> None:
    """It would fail with everything that is sent along with it."""
    settings = {"selected_folders": ["f" * 100] * (MOST_BYTES // 100)}
    await store(context.database, [a_connection("conn_2", EPOCH, settings=settings)])
    assert (await refused(triggers.request_full(context, OPERATOR, "conn_2"))).code == "trigger_too_large"


async def test_a_connection_whose_schedule_is_bad_cannot_be_resumed(context: Context) -> None:
    """It would never be due, and nobody would know."""
    await store(context.database, [a_connection("conn_2", EPOCH, status=PAUSED, schedule={"kind": "whenever"})])
    assert (await refused(triggers.resume(context, OPERATOR, "conn_2"))).code == "schedule_unusable"


async def test_a_pause_waits_for_a_run_that_is_being_sent(postgresql_database: Database) -> None:
    """The worker hears of the run first and of the pause after it, so that it stays paused."""
    publisher = SlowPublisher()
    await store(postgresql_database, [a_connection("conn_1", EPOCH)])
    async with context_over(postgresql_database, clock=ManualTime(NOW).clock, publisher=publisher) as context:
        run = asyncio.create_task(Claims(context).take())
        await publisher.asked.wait()
        pausing = asyncio.create_task(triggers.pause(context, OPERATOR, "conn_1"))
        publisher.go_on.set()
        await asyncio.gather(run, pausing)
    assert [each.json()["trigger_type"] for each in publisher.published] == ["incremental", "pause"]
    assert (await stored(postgresql_database))["conn_1"].status is PAUSED


class SlowPublisher(RecordingPublisher):
    """Takes messages once it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()

    async def publish(self, topic: str, key: str, value: bytes, traceparent: str | None = None) -> None:
        self.asked.set()
        await self.go_on.wait()
        await super().publish(topic, key, value, traceparent)
