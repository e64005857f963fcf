"""Who may sign in by the identity provider, and which account they get."""

import asyncio

import pytest
from sqlalchemy import delete, select
from tests.unit.control_plane.operators.office import PASSWORD, SYSTEM
from tests.unit.control_plane.operators.oidc.hall import Hall, hall_over

from drive_control_plane.database import Database
from drive_control_plane.database.tables import Operator, Role, SetupLink
from drive_control_plane.operators import accounts
from drive_control_plane.operators.oidc import joining
from drive_control_plane.operators.oidc.id_tokens import Identity

ADA = "ada@example.com"


async def invited(hall: Hall, email: str = ADA, role: Role = Role.OPERATOR, tenant: str = "default") -> str:
    return await accounts.invite(hall.context, SYSTEM, role, email, tenant)


async def test_who_was_invited_signs_in(hall_twice: Hall) -> None:
    """The button leads to the provider, and back to an account with the invitation's role; its link is used up."""
    link = await invited(hall_twice)
    browser = await hall_twice.browser()
    assert "Sign in with Company" in (await browser.get("/sign-in"))[1]
    assert await hall_twice.comes(browser, "Ada@Example.com") == (303, "/")
    status, text = await browser.get("/account")
    assert (status, hall_twice.provider.url in text) == (200, True)
    account = await hall_twice.account("ada")
    assert (account.role, account.password_hash, account.subject) == (Role.OPERATOR, None, "sub-Ada@Example.com")
    assert (await browser.get(f"/setup/{link}"))[0] == 404
    deeds = [(entry.action, entry.actor, entry.details.get("by")) for entry in await hall_twice.audit()][1:]
    assert deeds == [("operator.created", ADA, "oidc"), ("operator.signed_in", ADA, "oidc")]


async def test_who_was_not_invited_does_not(hall: Hall) -> None:
    """The page says whom to ask; no account is made, and it is in the audit log with the address."""
    browser = await hall.browser()
    status, text = await hall.comes(browser, "eve@example.com")
    assert (status, "not_invited" in text) == (403, True)
    assert await browser.get("/account") == (303, "/sign-in")
    async with hall.context.database.transaction() as session:
        assert (await session.scalars(select(Operator))).all() == []
    (entry,) = await hall.audit("operator.signed_in")
    assert (entry.actor, entry.outcome) == ("eve@example.com", "refused")
    assert entry.details == {"by": "oidc", "code": "not_invited"}


async def test_nobody_is_lured_into_another_tenant(hall: Hall) -> None:
    """Somebody whom two tenants invite is let into neither until one withdraws; a later one does not win."""
    await invited(hall)
    await invited(hall, tenant="tenant_of_others")
    status, text = await hall.comes(await hall.browser(), ADA)
    assert (status, "invited_by_several" in text) == (403, True)
    async with hall.context.database.transaction() as session:
        await session.execute(delete(SetupLink).where(SetupLink.tenant_id == "tenant_of_others"))
    assert await hall.comes(await hall.browser(), ADA) == (303, "/")
    assert (await hall.account("ada")).tenant_id == "default"


async def test_an_old_invitation_lets_nobody_in(hall: Hall) -> None:
    """After a day it is worth nothing here, too."""
    await invited(hall)
    hall.time.advance(hours=24)
    assert (await hall.comes(await hall.browser(), ADA))[0] == 403


async def test_an_account_is_bound_by_the_first_sign_in(hall: Hall) -> None:
    """After that another identity of the same address is a stranger, and the same one with another address is not."""
    await hall.hired("ada")
    browser = await hall.browser()
    assert (await hall.comes(browser, ADA, "sub-1"))[0] == 303
    account = await hall.account("ada")
    assert (account.issuer, account.subject) == (hall.provider.url, "sub-1")
    status, text = await hall.comes(await hall.browser(), ADA, "sub-2")
    assert (status, "other_identity" in text) == (403, True)
    assert (await hall.comes(await hall.browser(), "ada.married@example.com", "sub-1"))[0] == 303
    assert (await hall.account("ada")).id == account.id


async def test_a_password_goes_on_being_good(hall: Hall) -> None:
    """For accounts that have one."""
    await hall.hired("ada")
    assert (await hall.comes(await hall.browser(), ADA))[0] == 303
    browser = await hall.browser(ADA)
    assert await browser.sign_in() == 303


async def test_an_account_without_a_password_has_none(hall: Hall) -> None:
    """Nobody guesses it, and the account's page offers no change."""
    await invited(hall)
    browser = await hall.browser(ADA)
    assert (await hall.comes(browser, ADA))[0] == 303
    assert (await browser.post("/account/password", old="", new=PASSWORD, again=PASSWORD))[0] == 422
    for guess in (PASSWORD, "x"):
        assert await (await hall.browser(ADA)).sign_in(guess) == 401


async def test_who_is_disabled_stays_outside(hall: Hall) -> None:
    """Whatever the provider says."""
    ada = await hall.hired("ada")
    await hall.hired("bob", Role.VIEWER)
    assert (await ada.post(f"/operators/{(await hall.account('bob')).id}/disable"))[0] == 303
    status, text = await hall.comes(await hall.browser(), "bob@example.com")
    assert (status, "disabled" in text) == (403, True)
    assert (await hall.account("bob")).subject is None


@pytest.mark.parametrize(
    ("email", "status"),
    [("new@example.com", 303), ("new@example.com.evil.org", 403), ("new@sub.example.com", 403), ("example.com", 403)],
)
async def test_people_of_a_domain_come_uninvited_where_that_is_wanted(
    database: Database, email: str, status: int
) -> None:
    """With the role that is set; the domain is compared as a whole."""
    allowed = {"oidc_default_role": "viewer", "oidc_allowed_domains": "@Example.com, other.org"}
    async with hall_over(database, **allowed) as hall:
        assert (await hall.comes(await hall.browser(), email))[0] == status
        if status == 303:
            assert (await hall.account("new")).role == Role.VIEWER


async def test_two_browsers_of_somebody_new_make_one_account(hall_twice: Hall) -> None:
    """Both come back at the same moment, and both are signed in."""
    await invited(hall_twice)
    identity = Identity(hall_twice.provider.url, "sub-1", ADA, "Ada")
    both = [joining.sign_in(hall_twice.context, identity, "::1") for _ in range(2)]
    secrets = await asyncio.gather(*both)
    assert len(set(secrets)) == 2
    assert len(await hall_twice.audit("operator.created")) == 1


async def test_where_passwords_are_off_nobody_uses_one(database: Database) -> None:
    """Neither the form nor a link's; an invitation says where to go instead."""
    async with hall_over(database, oidc_only="true") as hall:
        link = await invited(hall)
        browser = await hall.browser(ADA)
        _, text = await browser.get("/sign-in")
        assert ('type="password"' in text, "Sign in with Company" in text) == (False, True)
        assert await browser.sign_in() == 403
        _, text = await browser.get(f"/setup/{link}")
        assert ('type="password"' in text, "Sign in by Company" in text) == (False, True)
        assert (await browser.send(f"/setup/{link}", email=ADA, password=PASSWORD))[0] == 403
        assert (await hall.comes(browser, ADA))[0] == 303


async def test_without_a_provider_there_is_no_button(database: Database) -> None:
    """And its addresses lead nowhere."""
    async with hall_over(database, oidc_issuer=None) as hall:
        browser = await hall.browser()
        assert "/sign-in/oidc" not in (await browser.get("/sign-in"))[1]
        assert [(await browser.get(f"/sign-in/oidc{path}"))[0] for path in ("", "/callback?state=x&code=y")] == [
            404
        ] * 2
