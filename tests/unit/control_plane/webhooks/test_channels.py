"""Channels at an emulated Drive: opened, renewed, stopped; what Google refuses; several replicas."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select, text, update
from tests.support.control_plane.context import context_over, make_settings
from tests.support.control_plane.databases import url_of
from tests.unit.control_plane.webhooks.emulated import DEADLINE_SECONDS, Drive, emulated
from tests.unit.control_plane.webhooks.stage import (
    CONNECTION,
    ME,
    WEEK,
    add_channel,
    add_connection,
    channels_of,
    connection_of,
    open_ones,
)

from drive_control_plane.database import Database
from drive_control_plane.database.tables import AuditEntry, Channel, Connection, ConnectionStatus, Corpus
from drive_control_plane.security.secrets import hash_of
from drive_control_plane.webhooks import due
from drive_control_plane.webhooks.channels import push_is_possible

SECRET = "ya29.secret-token"


@pytest.fixture
async def drive(databases: Database) -> AsyncIterator[Drive]:
    """Serve an emulated Drive and a control plane on each kind of database, with one connection."""
    async with emulated(databases) as found:
        await add_connection(databases, CONNECTION, ME)
        yield found


@pytest.fixture
async def quick(database: Database) -> AsyncIterator[Drive]:
    """The same on SQLite alone, for what does not hang on the database."""
    async with emulated(database) as found:
        await add_connection(database, CONNECTION, ME)
        yield found


async def change(drive: Drive, what: Any, **values: Any) -> None:
    """Change rows as other parts of the control plane do."""
    async with drive.context.database.transaction() as session:
        await session.execute(update(what).values(**values))


async def corpus(drive: Drive, name: str, *, closed: bool = False) -> None:
    """Tell of a log that is followed, or not any more, as the applier of events does."""
    async with drive.context.database.transaction() as session:
        now = drive.time.now
        if closed:
            await session.execute(update(Corpus).where(Corpus.corpus == name).values(closed_at=now))
            await drive.manager.corpus_closed(session, CONNECTION, name)
        else:
            session.add(Corpus(connection_id=CONNECTION, corpus=name, opened_at=now, heard_at=now))
            await drive.manager.corpus_opened(session, CONNECTION, name)


async def audit(drive: Drive) -> list[AuditEntry]:
    async with drive.context.database.transaction() as session:
        return list((await session.scalars(select(AuditEntry).order_by(AuditEntry.id))).all())


async def rows(drive: Drive) -> list[Channel]:
    return await channels_of(drive.context.database)


async def test_a_change_in_drive_reaches_kafka(drive: Drive) -> None:
    """A log that is followed gets a channel, and a change of a file is published a moment later."""
    await drive.manager.look()
    await drive.synced(1)
    drive.world.create("new.txt")
    await drive.until(lambda found: found[-1]["state"] == "change")
    _begun, published = drive.publisher.published
    (channel,) = await rows(drive)
    message = published.json()
    assert (published.key, message["corpus"]) == (CONNECTION, ME)
    assert message["message_id"] == f"{channel.id}:2"
    assert message["headers"]["X-Goog-Resource-ID"] == channel.resource_id
    assert "X-Goog-Channel-Token" not in message["headers"]


async def test_each_drive_has_a_channel_of_its_own(drive: Drive) -> None:
    """A drive's log is told of as soon as it is followed, and not once it is not."""
    shared = drive.world.create_drive("Crew")
    await drive.manager.look()
    await corpus(drive, f"drive:{shared.id}")
    await drive.manager.look()
    await drive.synced(2)
    drive.world.create("in the drive", parent=shared.id)
    await drive.until(lambda found: found[-1]["state"] == "change")
    *begun, change = [each.json()["corpus"] for each in drive.publisher.published]
    assert (sorted(begun), change) == ([f"drive:{shared.id}", ME], f"drive:{shared.id}")
    await corpus(drive, f"drive:{shared.id}", closed=True)
    await drive.manager.look()
    assert await drive.open_ids() == {each.id for each in await rows(drive) if each.corpus == ME}


async def test_a_channel_is_kept_as_the_contract_has_it(drive: Drive) -> None:
    """A hash of its token is stored, a week asked for, the audit log says what was done, and nothing is left to do."""
    await drive.manager.look()
    (channel,) = await rows(drive)
    now = drive.time.now
    assert (channel.expires_at - now, len(channel.token_hash)) == (WEEK, 64)
    connection = await connection_of(drive.context.database)
    assert connection.push_due_at is not None
    assert now + timedelta(days=5) < connection.push_due_at < now + timedelta(days=6)
    (entry,) = await audit(drive)
    assert (entry.action, entry.target, entry.details["corpus"]) == ("channel.opened", CONNECTION, ME)
    assert SECRET not in json.dumps(entry.details)
    assert await drive.manager.look() == 0


async def test_push_is_healthy_once_every_log_was_heard_of(drive: Drive) -> None:
    """The first message of the last channel makes it so, until the first of them ends."""
    await drive.manager.look()
    assert (await connection_of(drive.context.database)).push_healthy_until is None
    await drive.synced(1)
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (await connection_of(drive.context.database)).push_healthy_until is None:
            pass
    (channel,) = await rows(drive)
    assert (await connection_of(drive.context.database)).push_healthy_until == channel.expires_at


async def test_when_push_ends_the_next_poll_comes_soon(drive: Drive) -> None:
    """A poll that was a backstop beside push is brought forward to where it would be without."""
    await drive.manager.look()
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (await connection_of(drive.context.database)).push_healthy_until is None:
            pass
    backstop = drive.time.now + timedelta(hours=4)
    beside_push = {"next_run_at": backstop, "last_run_at": drive.time.now, "push_due_at": drive.time.now}
    await change(drive, Connection, schedule={"kind": "adaptive"}, **beside_push)
    await drive.manager.look()
    assert (await connection_of(drive.context.database)).next_run_at == backstop
    await change(drive, Channel, stopped_at=drive.time.now)
    await drive.fault("changes.watch", status=503, count=None)
    await change(drive, Connection, push_due_at=drive.time.now)
    await drive.manager.look()
    found = await connection_of(drive.context.database)
    assert found.push_healthy_until is None
    assert found.next_run_at is not None
    assert found.next_run_at < drive.time.now + timedelta(hours=2)


async def test_open_pages_are_told_how_push_stands(drive: Drive) -> None:
    """What the feed looks at moves when a channel is opened and when push becomes healthy, and not without reason."""
    await drive.manager.look()
    opened = await connection_of(drive.context.database)
    assert opened.updated_at == drive.time.now
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (await connection_of(drive.context.database)).push_healthy_until is None:
            pass
    drive.pass_time(minutes=1)
    await change(drive, Connection, push_due_at=drive.time.now)
    await drive.manager.look()
    assert (await connection_of(drive.context.database)).updated_at < drive.time.now
    await change(drive, Channel, stopped_at=drive.time.now)
    await change(drive, Connection, push_due_at=drive.time.now)
    await drive.manager.look()
    assert (await connection_of(drive.context.database)).updated_at == drive.time.now


async def test_renewal_overlaps(drive: Drive) -> None:
    """A day before its end a channel is replaced: the new one is open before the old one is stopped."""
    await drive.manager.look()
    (old,) = await rows(drive)
    drive.pass_time(days=6)
    await drive.fault("channels.stop", status=503)
    await drive.manager.look()
    new = next(each for each in await rows(drive) if each.id != old.id)
    assert await drive.open_ids() == {old.id, new.id}
    await drive.synced(2)
    drive.world.create("told twice")
    await drive.until(lambda found: sum(each["state"] == "change" for each in found) == 2)
    assert {each.json()["headers"]["X-Goog-Channel-ID"] for each in drive.publisher.published} == {old.id, new.id}
    drive.pass_time(minutes=2)
    await drive.manager.look()
    assert await drive.open_ids() == {new.id}
    assert [each.id for each in open_ones(await rows(drive), drive.time.now)] == [new.id]


async def test_no_change_is_missed_over_weeks(quick: Drive) -> None:
    """Looked at every six hours for four weeks, there is always a channel, and never more than one for long."""
    await quick.manager.look()
    for _ in range(4 * 28):
        quick.pass_time(hours=6)
        await quick.manager.look()
        assert len(await quick.open_ids()) == 1
    assert 4 <= len([each for each in await audit(quick) if each.action == "channel.opened"]) <= 6
    assert len(await rows(quick)) <= 2


async def test_a_short_life_is_renewed_in_its_middle(quick: Drive) -> None:
    """Should Google give an hour only, a channel is replaced after half of it."""
    await quick.manager.look()
    await change(quick, Channel, expires_at=quick.time.now + timedelta(hours=1))
    await change(quick, Connection, push_due_at=quick.time.now)
    await quick.manager.look()
    due_at = (await connection_of(quick.context.database)).push_due_at
    assert due_at == quick.time.now + timedelta(minutes=30)


@pytest.mark.parametrize("status", [ConnectionStatus.PAUSED, ConnectionStatus.REAUTHORIZATION_REQUIRED])
async def test_a_connection_that_is_not_active_has_no_channels(drive: Drive, status: ConnectionStatus) -> None:
    """They are stopped when it is found so, and opened again when it is active again."""
    await drive.manager.look()
    await change(drive, Connection, status=status)
    drive.pass_time(minutes=1)
    await drive.manager.look()
    assert await drive.open_ids() == set()
    assert (await connection_of(drive.context.database)).push_healthy_until is None
    await change(drive, Connection, status=ConnectionStatus.ACTIVE)
    drive.pass_time(minutes=1)
    await drive.manager.look()
    assert len(await drive.open_ids()) == 1


async def test_without_a_token_nothing_more_is_taken(drive: Drive) -> None:
    """Where the grant is gone Google cannot be asked; its notifications are not found from then on."""
    await drive.manager.look()
    await drive.synced(1)
    drive.publisher.published.clear()
    drive.has_token = False
    await change(drive, Connection, status=ConnectionStatus.REAUTHORIZATION_REQUIRED)
    drive.pass_time(minutes=1)
    await drive.manager.look()
    assert open_ones(await rows(drive), drive.time.now) == []
    drive.world.create("too late")
    await drive.until(lambda found: found[-1]["outcome"] == 404)
    assert drive.publisher.published == []


async def test_a_disconnection_stops_at_once(drive: Drive) -> None:
    """Before the grant is revoked all channels are stopped, at Google and here."""
    await drive.manager.look()
    await drive.manager.stop_all(CONNECTION)
    assert await drive.open_ids() == set()
    assert open_ones(await rows(drive), drive.time.now) == []
    assert [each.action for each in await audit(drive)] == ["channel.opened", "channel.stopped"]
    await drive.manager.stop_all(CONNECTION)
    await drive.manager.stop_all("nobody")


async def test_a_disconnection_does_not_wait_for_google(quick: Drive) -> None:
    """What Google does not stop is not taken any more all the same."""
    await quick.manager.look()
    await quick.fault("channels.stop", status=500, count=100)
    await quick.manager.stop_all(CONNECTION)
    assert open_ones(await rows(quick), quick.time.now) == []


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        (401, "push.webhookUrlUnauthorized", "authorise its domain"),
        (400, "push.webhookUrlNotHttps", "https"),
        (400, "pushNotSupportedForRequestedResource", "does not notify"),
    ],
)
async def test_an_address_that_google_refuses_turns_push_off(quick: Drive, status: int, reason: str, said: str) -> None:
    """The connection says what to do and stays active; Google is asked again hours later, and then it is forgotten."""
    await quick.fault("changes.watch", status=status, reason=reason)
    await quick.manager.look()
    connection = await connection_of(quick.context.database)
    assert connection.status is ConnectionStatus.ACTIVE
    assert said in (connection.push_off_reason or "")
    assert connection.push_due_at is not None
    assert connection.push_due_at >= quick.time.now + timedelta(hours=6)
    assert await rows(quick) == []
    assert [(each.action, each.outcome) for each in await audit(quick)] == [("channel.refused", "refused")]
    quick.pass_time(hours=1)
    assert await quick.manager.look() == 0
    quick.pass_time(hours=7)
    assert await quick.manager.look() == 1
    assert (await connection_of(quick.context.database)).push_off_reason is None
    assert len(await quick.open_ids()) == 1


async def test_failures_are_retried_ever_more_rarely(quick: Drive) -> None:
    """Half a minute, then twice as long each time up to an hour or so; one success and all is as before."""
    await quick.fault("changes.watch", status=503, count=9)
    waits: list[float] = []
    for failures in range(1, 10):
        await quick.manager.look()
        connection = await connection_of(quick.context.database)
        assert (connection.push_failures, connection.push_off_reason) == (failures, None)
        assert connection.push_due_at is not None
        waits.append((connection.push_due_at - quick.time.now).total_seconds())
        quick.pass_time(seconds=waits[-1])
    assert 30 <= waits[0] <= 37.5
    assert all(later > sooner for sooner, later in pairwise(waits[:7]))
    assert max(waits) <= 4500
    await quick.manager.look()
    assert (await connection_of(quick.context.database)).push_failures == 0
    assert len(await quick.open_ids()) == len(await rows(quick)) == 1


async def test_no_token_is_a_failure_like_others(quick: Drive) -> None:
    """An active connection whose token cannot be had now is tried again later, and nothing is opened."""
    quick.has_token = False
    await quick.manager.look()
    connection = await connection_of(quick.context.database)
    assert (connection.push_failures, await rows(quick)) == (1, [])


async def test_a_token_that_google_refuses_is_replaced_once(quick: Drive) -> None:
    """By the hash of the refused one, as workers do; all logs are told of in the same turn."""
    for name in ("Crew", "Staff"):
        await corpus(quick, f"drive:{quick.world.create_drive(name).id}")
    await quick.fault("changes.getStartPageToken", status=401, reason="authError")
    await quick.manager.look()
    assert quick.refused == [hash_of(SECRET)]
    assert quick.tokens == [CONNECTION] * 2
    assert len(await quick.open_ids()) == 3
    assert (await connection_of(quick.context.database)).push_failures == 0


async def test_google_that_refuses_each_token_is_asked_again_later(quick: Drive) -> None:
    """One more token is asked for, not one after the other."""
    await quick.fault("changes.watch", status=401, reason="authError", count=None)
    await quick.manager.look()
    assert len(quick.refused) == 1
    assert await rows(quick) == []
    assert (await connection_of(quick.context.database)).push_failures == 1


async def test_a_refused_token_without_another_stops_what_is_unwanted(quick: Drive) -> None:
    """A paused connection whose grant is gone takes nothing more by its channels; an active one is tried later."""
    await quick.manager.look()
    await change(quick, Connection, status=ConnectionStatus.PAUSED)
    quick.pass_time(minutes=1)
    await quick.fault("channels.stop", status=401, reason="authError", count=None)
    opened = quick.manager._token_of

    async def gone(connection_id: str, refused_hash: str | None) -> str:
        quick.has_token = refused_hash is None
        return await opened(connection_id, refused_hash)

    quick.manager._token_of = gone
    await quick.manager.look()
    assert open_ones(await rows(quick), quick.time.now) == []
    assert (await connection_of(quick.context.database)).push_due_at is None


async def test_one_drive_that_fails_keeps_no_other(quick: Drive) -> None:
    """Google does not know one of the drives; the user's own log is told of all the same."""
    await corpus(quick, "drive:gone")
    await quick.manager.look()
    assert {each.corpus for each in await rows(quick)} == {ME}
    assert (await connection_of(quick.context.database)).push_failures == 1


@pytest.mark.parametrize("path", ["changes.getStartPageToken", "changes.watch"])
@pytest.mark.parametrize("kind", ["html", "empty_body", "truncate_json", "reset", "truncate"])
async def test_an_answer_that_is_none_is_a_failure(quick: Drive, path: str, kind: str) -> None:
    """Whatever stands between here and Google may answer; it does not stop the manager."""
    await quick.fault(path, kind=kind, count=2)  # a GET that was cut off is sent again at once
    assert await quick.manager.look() == 1
    assert (await connection_of(quick.context.database)).push_failures == 1
    assert await rows(quick) == []


async def test_google_that_is_not_there_is_a_failure(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """A refused connection is noted without a word of the token."""
    async with emulated(database, gdrive_api_base_url="http://127.0.0.1:9/drive/v3") as drive:
        await add_connection(database, CONNECTION, ME)
        await drive.manager.look()
    assert (await connection_of(database)).push_failures == 1
    assert "no answer" in caplog.text
    assert SECRET not in caplog.text


async def test_what_a_dead_process_left_is_put_right(drive: Drive) -> None:
    """A channel that was asked for by a process that died is replaced once its lease is over; a claim is freed."""
    await add_channel(drive.context.database, resource_id=None, created_at=drive.time.now)
    await change(drive, Connection, push_due_at=drive.time.now + due.LEASE)
    assert await drive.manager.look() == 0
    drive.pass_time(seconds=due.LEASE.total_seconds())
    assert await drive.manager.look() == 1
    assert len(open_ones(await rows(drive), drive.time.now)) == len(await drive.open_ids()) == 1


async def test_a_channel_whose_answer_was_lost_is_adopted(drive: Drive) -> None:
    """Its first message told its resource, so it serves; Google is not asked for another."""
    await drive.manager.look()
    await drive.synced(1)
    resource = (await rows(drive))[0].resource_id
    await change(drive, Channel, resource_id=None)
    drive.world.create("heard")
    await drive.until(lambda found: found[-1]["state"] == "change")
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (await rows(drive))[0].resource_id != resource:
            pass
    await change(drive, Connection, push_due_at=drive.time.now)
    await drive.manager.look()
    assert len(await rows(drive)) == 1


async def test_a_log_that_opens_during_a_turn_is_not_forgotten(quick: Drive) -> None:
    """What is learned of while a connection is in somebody's hands is seen when the turn ends."""
    shared = quick.world.create_drive("Crew")
    opened = quick.manager._token_of  # the one moment within a turn that a test can reach

    async def meanwhile(connection_id: str, refused_hash: str | None) -> str:
        if len(quick.tokens) == 0:
            await corpus(quick, f"drive:{shared.id}")
        return await opened(connection_id, refused_hash)

    quick.manager._token_of = meanwhile
    await quick.manager.look()
    assert await quick.manager.look() == 1
    assert len(await quick.open_ids()) == 2


async def test_two_replicas_open_each_channel_once(drive: Drive) -> None:
    """Forty connections, two processes at once: each is claimed by one, and nothing is opened twice."""
    database = drive.context.database
    for number in range(40):
        await add_connection(database, f"conn_x{number}", ME)
    second = Database(url_of(database))
    settings = drive.context.settings
    async with context_over(
        second,
        clock=drive.time.clock,
        control_plane_public_url=settings.control_plane_public_url,
        gdrive_api_base_url=settings.gdrive_api_base_url,
    ) as context:
        other = drive.replica(context)
        for _ in range(4):
            await asyncio.gather(drive.manager.look(), other.look())
    await second.close()
    assert sorted(drive.tokens) == sorted({CONNECTION, *(f"conn_x{number}" for number in range(40))})
    assert len(await drive.open_ids()) == 41


async def test_push_that_is_switched_off_stops_what_is_open(drive: Drive) -> None:
    """After a restart with WEBHOOKS_ENABLED=false the channels are stopped and none is opened."""
    await drive.manager.look()
    off = drive.context.settings.model_copy(update={"webhooks_enabled": False})
    manager = drive.replica(replace(drive.context, settings=off))
    drive.pass_time(minutes=1)
    await manager.look()
    assert await drive.open_ids() == set()
    drive.pass_time(minutes=1)
    assert await manager.look() == 0


@pytest.mark.parametrize(
    ("public", "api", "enabled", "possible"),
    [
        ("https://control.example.com", "https://www.googleapis.com/drive/v3", True, True),
        ("https://control.example.com", "https://www.googleapis.com/drive/v3", False, False),
        ("http://localhost:8090", "https://www.googleapis.com/drive/v3", True, False),
        ("http://localhost:8090", "http://127.0.0.1:9000/drive/v3", True, True),
    ],
)
def test_push_needs_https_unless_drive_is_emulated(public: str, api: str, enabled: bool, possible: bool) -> None:
    """Google notifies https addresses; an emulator on this machine may use plain HTTP."""
    settings = make_settings(control_plane_public_url=public, gdrive_api_base_url=api, webhooks_enabled=enabled)
    assert push_is_possible(settings) is possible


async def test_old_rows_go_away(quick: Drive) -> None:
    """A day after its end a channel's row is deleted."""
    await add_channel(quick.context.database, expires_at=quick.time.now - timedelta(days=2), stopped_at=quick.time.now)
    await quick.manager.look()
    assert len(await rows(quick)) == 1


async def test_the_manager_runs_until_it_is_cancelled(quick: Drive, caplog: pytest.LogCaptureFixture) -> None:
    """A database that is away for a moment does not end it."""
    async with quick.context.database.transaction() as session:
        await session.execute(text("ALTER TABLE channels RENAME TO gone"))
    running = asyncio.create_task(quick.manager.run())
    async with asyncio.timeout(DEADLINE_SECONDS):
        while "looked at again later" not in caplog.text:
            await quick.open_ids()
        async with quick.context.database.transaction() as session:
            await session.execute(text("ALTER TABLE gone RENAME TO channels"))
        while not await quick.open_ids():
            pass
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_database_that_is_away_is_asked_ever_more_rarely(
    quick: Drive, caplog: pytest.LogCaptureFixture
) -> None:
    """Up to a minute; the log has the first failure, one in a quarter of an hour, and that it works again."""
    async with quick.context.database.transaction() as session:
        await session.execute(text("ALTER TABLE channels RENAME TO gone"))
    running = asyncio.create_task(quick.manager.run())
    async with asyncio.timeout(DEADLINE_SECONDS):
        while len(quick.time.slept) < 40:
            await quick.open_ids()
        async with quick.context.database.transaction() as session:
            await session.execute(text("ALTER TABLE gone RENAME TO channels"))
        while "looked at again now" not in caplog.text:
            await quick.open_ids()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert quick.time.slept[:8] == [2, 4, 8, 16, 32, 60, 60, 60]
    told = [record for record in caplog.records if "looked at again later" in record.message]
    assert 3 <= len(told) <= 4
