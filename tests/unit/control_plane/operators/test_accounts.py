"""Operators: a link makes an account once, a password signs in, a session is somebody's for a while."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from tests.support.control_plane.context import ManualTime, context_over

from drive_control_plane.audit.log import Actor
from drive_control_plane.context import Context
from drive_control_plane.database import Database
from drive_control_plane.database.tables import AuditEntry, Operator, OperatorSession, Role
from drive_control_plane.operators import accounts, sessions

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
SYSTEM = Actor("system", "test")


@dataclass
class Office:
    context: Context
    time: ManualTime

    async def ada(self) -> str:
        """An administrator; the secret of her first session."""
        secret = await accounts.invite(self.context, SYSTEM, Role.ADMINISTRATOR)
        return await accounts.set_up(self.context, secret, EMAIL, PASSWORD, "192.0.2.1")

    async def entries(self) -> list[tuple[str, str, str]]:
        async with self.context.database.transaction() as session:
            rows = (await session.scalars(select(AuditEntry).order_by(AuditEntry.id))).all()
        return [(row.actor, row.action, row.outcome) for row in rows]


@pytest.fixture
async def office(databases: Database) -> AsyncIterator[Office]:
    time = ManualTime()
    async with context_over(databases, clock=time.clock) as context:
        yield Office(context, time)


async def test_a_link_makes_one_account(office: Office) -> None:
    """Whoever opens it second is told that it was used, also when both come at once."""
    secret = await accounts.invite(office.context, SYSTEM, Role.OPERATOR)
    tries = [accounts.set_up(office.context, secret, f"{n}@example.com", PASSWORD, "::1") for n in range(3)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, accounts.AccountError)]
    assert len(refused) == 2
    assert all("used already" in str(each) for each in refused)
    async with office.context.database.transaction() as session:
        assert [each.role for each in await session.scalars(select(Operator))] == [Role.OPERATOR]


async def test_the_first_account_ends_the_links_of_other_starts(office: Office) -> None:
    """Each replica prints a link while nobody can sign in; those that are left in logs make no administrator."""
    printed = [await accounts.invite(office.context, SYSTEM, Role.ADMINISTRATOR) for _ in range(3)]
    named = await accounts.invite(office.context, SYSTEM, Role.VIEWER, "grace@example.com")
    await accounts.set_up(office.context, printed[1], EMAIL, PASSWORD, "::1")
    for left in (printed[0], printed[2]):
        with pytest.raises(accounts.AccountError, match="too old"):
            await accounts.set_up(office.context, left, "mallory@example.com", PASSWORD, "::1")
    assert await accounts.set_up(office.context, named, "grace@example.com", PASSWORD, "::1")


async def test_a_link_that_names_somebody_is_theirs(office: Office) -> None:
    """Nobody else makes an account of it; their own address may be written in capitals."""
    secret = await accounts.invite(office.context, SYSTEM, Role.VIEWER, "Grace@example.com")
    with pytest.raises(accounts.AccountError, match=r"for grace@example\.com"):
        await accounts.set_up(office.context, secret, EMAIL, PASSWORD, "::1")
    assert await accounts.set_up(office.context, secret, "GRACE@example.com ", PASSWORD, "::1")


async def test_links_grow_old(office: Office) -> None:
    """After a day it makes no account any more; one that was made up never did."""
    secret = await accounts.invite(office.context, SYSTEM, Role.VIEWER)
    office.time.advance(hours=24)
    for wrong, told in ((secret, "too old"), ("made-up", "not known")):
        with pytest.raises(accounts.AccountError, match=told):
            await accounts.set_up(office.context, wrong, EMAIL, PASSWORD, "::1")


@pytest.mark.parametrize("password", ["short", "a" * 300, "abababababab"])
async def test_poor_passwords_are_refused(office: Office, password: str) -> None:
    """The sentence says what a good one has, and the link stays good."""
    secret = await accounts.invite(office.context, SYSTEM, Role.VIEWER)
    with pytest.raises(accounts.AccountError, match="A password has"):
        await accounts.set_up(office.context, secret, EMAIL, password, "::1")
    assert (await accounts.open_link(office.context, secret)).used_at is None


async def test_the_right_password_signs_in(office: Office) -> None:
    """A wrong one, an unknown address and a disabled operator get the same answer: none."""
    await office.ada()
    assert await accounts.sign_in(office.context, EMAIL.upper(), PASSWORD, "::1")
    assert await accounts.sign_in(office.context, EMAIL, "wrong horse battery", "::1") is None
    assert await accounts.sign_in(office.context, "nobody@example.com", PASSWORD, "::1") is None
    async with office.context.database.transaction() as session:
        operator = (await session.scalars(select(Operator))).one()
        await sessions.disable(session, operator.id, office.time.now)
    assert await accounts.sign_in(office.context, EMAIL, PASSWORD, "::1") is None
    assert (await office.entries())[2:] == [
        (EMAIL, "operator.signed_in", "done"),
        (EMAIL, "operator.signed_in", "refused"),
        ("nobody@example.com", "operator.signed_in", "refused"),
        (EMAIL, "operator.signed_in", "refused"),
    ]


async def test_a_session_is_somebodys_for_a_while(office: Office) -> None:
    """It ends twelve hours after it was last used, and after a week in any case."""
    secret = await office.ada()
    for _ in range(15):
        office.time.advance(hours=11)
        found = await sessions.find(office.context, secret)
        assert found is not None
        assert found.email == EMAIL
    office.time.advance(hours=4)
    assert await sessions.find(office.context, secret) is None
    async with office.context.database.transaction() as session:
        assert (await session.scalars(select(OperatorSession))).all() == []


async def test_a_session_that_is_not_used_ends(office: Office) -> None:
    """Twelve hours without a request."""
    secret = await office.ada()
    office.time.advance(hours=12)
    assert await sessions.find(office.context, secret) is None


async def test_who_is_disabled_is_signed_out(office: Office) -> None:
    """At once, wherever they are signed in."""
    secret = await office.ada()
    found = await sessions.find(office.context, secret)
    assert found is not None
    async with office.context.database.transaction() as session:
        await sessions.disable(session, found.operator_id, office.time.now)
    assert await sessions.find(office.context, secret) is None


async def test_the_database_signs_nobody_in(office: Office) -> None:
    """It holds neither a session's secret nor a password."""
    secret = await office.ada()
    async with office.context.database.transaction() as session:
        rows = [*await session.scalars(select(OperatorSession)), *await session.scalars(select(Operator))]
    kept = repr([vars(row) for row in rows])
    assert EMAIL in kept
    assert secret not in kept
    assert PASSWORD not in kept
