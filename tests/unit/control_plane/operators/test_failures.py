"""Attempts that failed, as all replicas see them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy import select
from tests.support.control_plane.context import ManualTime, context_over
from tests.support.control_plane.databases import url_of
from tests.support.control_plane.serving import serving
from tests.unit.control_plane.operators.office import PASSWORD, SYSTEM, Desk, Office

from drive_control_plane.database import Database
from drive_control_plane.database.tables import AuditEntry, FailedAttempt, Role
from drive_control_plane.operators import accounts
from drive_control_plane.operators.failures import WINDOW, Counted, Place, give_back, take_place, wait_seconds
from drive_control_plane.operators.guessing import FAILURES_AN_ACCOUNT

ADA = "ada@example.com"
ACCOUNT, ADDRESS = Counted("account ada", 2), Counted("address of ada", 5)


@asynccontextmanager
async def replicas_on(database: Database) -> AsyncIterator[tuple[Office, Desk, Desk]]:
    """Two replicas on one database, Ada's account, and a browser at each in which nobody is signed in."""
    other, time = Database(url_of(database)), ManualTime()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(other.close)
        desks = []
        for each in (database, other):
            context = await stack.enter_async_context(context_over(each, clock=time.clock))
            office = Office(context, time, await stack.enter_async_context(serving(context)), stack)
            desks.append(await office.browser(ADA))
        link = await accounts.invite(office.context, SYSTEM, Role.VIEWER, ADA)
        await accounts.set_up(office.context, link, ADA, PASSWORD, "192.0.2.1")
        yield office, desks[0], desks[1]


async def test_guesses_are_counted_by_all_replicas(postgresql_database: Database) -> None:
    """What failed at one replica counts at the other, and whoever is let in at one is let in at both."""
    async with replicas_on(postgresql_database) as (office, here, there):
        tried = [await desk.sign_in("wrong") for desk in (here, there, here, there, here)]
        assert tried == [401] * FAILURES_AN_ACCOUNT
        assert [await desk.sign_in() for desk in (here, there)] == [429, 429]
        assert len(await office.audit("operator.locked_out")) == 1
        office.time.advance(seconds=WINDOW.total_seconds() + 1)
        assert [await desk.sign_in() for desk in (there, here)] == [303, 303]


async def test_guesses_at_one_moment_at_two_replicas_are_counted(postgresql_database: Database) -> None:
    """Of thirty that nobody waits for between five are judged, whichever replica they come to; one lock is noted."""
    async with replicas_on(postgresql_database) as (office, here, there):
        tries = (desk.sign_in(f"wrong {number}") for number in range(15) for desk in (here, there))
        assert sorted(await asyncio.gather(*tries)) == [401] * 5 + [429] * 25
        assert len(await office.audit("operator.locked_out")) == 1


async def test_places_are_bounded_by_what_fails_most(databases: Database) -> None:
    """The account's limit is reached first; a place that is given back is there for the next."""
    now = ManualTime().now
    first, second = [await take_place(databases, now, [ADDRESS, ACCOUNT]) for _ in range(2)]
    assert isinstance(first, Place)
    assert isinstance(second, Place)
    assert (first.is_last, second.is_last) == (False, True)
    assert await take_place(databases, now, [ACCOUNT]) == int(WINDOW.total_seconds()) + 1
    await give_back(databases, second)
    third = await take_place(databases, now, [ADDRESS, ACCOUNT])
    assert isinstance(third, Place)
    await give_back(databases, third, forgotten=ACCOUNT)
    async with databases.reading() as session:
        assert await wait_seconds(session, now, [ADDRESS, ACCOUNT]) == 0
        assert len((await session.scalars(select(FailedAttempt.key))).all()) == 1  # the first one's address


async def test_who_failed_is_not_told_by_the_table(database: Database) -> None:
    """Neither addresses nor names lie there; the audit log has them."""
    async with replicas_on(database) as (_, here, _there):
        assert await here.sign_in("wrong") == 401
    async with database.reading() as session:
        assert {len(key) for key in await session.scalars(select(FailedAttempt.key))} == {64}
        entries = (await session.scalars(select(AuditEntry).where(AuditEntry.outcome == "refused"))).all()
    assert [(each.action, each.actor) for each in entries] == [("operator.signed_in", ADA)]
