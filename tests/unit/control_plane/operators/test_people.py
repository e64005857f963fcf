"""Who may sign in, as administrators see and change it."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from tests.unit.control_plane.operators.office import PASSWORD, Office, office_over

from drive_control_plane.database import Database
from drive_control_plane.database.tables import Role
from drive_control_plane.events.retention import clean
from drive_control_plane.http.problems import Problem
from drive_control_plane.operators import people


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    async with office_over(database) as made:
        yield made


@pytest.fixture
async def office_twice(databases: Database) -> AsyncIterator[Office]:
    async with office_over(databases) as made:
        yield made


def link_in(text: str) -> str:
    found = re.search(r'value="http[^"]*(/setup/[^"]+)"', text)
    assert found is not None, text
    return found[1]


async def test_an_invitation_makes_somebody_an_operator(office_twice: Office) -> None:
    """The link is shown once, makes its one account with the chosen role, and is no invitation any more."""
    ada = await office_twice.hired("ada")
    status, text = await ada.post("/operators/invitations", email=" Grace@Example.com", role="viewer")
    assert (status, "grace@example.com" in text) == (200, True)
    link = link_in(text)
    _, listed = await ada.get("/operators")
    assert "grace@example.com" in listed
    assert link not in listed
    grace = await office_twice.browser("grace@example.com")
    assert await grace.send(link, email=grace.email, password=PASSWORD) == (303, "/")
    assert (await office_twice.account("grace")).role == Role.VIEWER
    _, listed = await ada.get("/operators")
    assert "Invited, not here yet" not in listed
    (invited,) = (each for each in await office_twice.audit("operator.invited") if each.actor == ada.email)
    assert invited.details == {"email": "grace@example.com", "role": "viewer"}
    assert link.rpartition("/")[2] not in str([vars(each) for each in await office_twice.audit()])


async def test_a_second_invitation_replaces_the_first(office: Office) -> None:
    """A link that was lost is good no more once there is another one."""
    ada = await office.hired("ada")
    links = [
        link_in((await ada.post("/operators/invitations", email="grace@example.com", role="viewer"))[1])
        for _ in range(2)
    ]
    browser = await office.browser()
    assert [(await browser.get(link))[0] for link in links] == [404, 200]


async def test_a_withdrawn_invitation_makes_no_account(office: Office) -> None:
    """Neither does another tenant's administrator find it."""
    ada, eve = await office.hired("ada"), await office.hired("eve", tenant="other")
    link = link_in((await ada.post("/operators/invitations", email="grace@example.com", role="viewer"))[1])
    _, listed = await ada.get("/operators")
    withdraw = re.search(r'action="(/operators/invitations/[0-9a-f]{64}/withdraw)"', listed)
    assert withdraw is not None
    assert (await eve.post(withdraw[1]))[0] == 404
    assert "grace" not in (await eve.get("/operators"))[1]
    assert await ada.post(withdraw[1]) == (303, "/operators")
    assert (await ada.get(link))[0] == 404
    assert [each.details for each in await office.audit("operator.invitation_withdrawn")] == [
        {"email": "grace@example.com"}
    ]


@pytest.mark.parametrize(
    ("email", "status"), [("ada@example.com", 409), ("no address", 422), ("a@b", 422), ("a@b.c\nd@e.ff", 422)]
)
async def test_an_invitation_that_makes_no_sense_is_refused(office: Office, email: str, status: int) -> None:
    """The page says why, and keeps what was typed as text."""
    ada = await office.hired("ada")
    answered, text = await ada.post("/operators/invitations", email=email, role="viewer")
    assert (answered, 'role="alert"' in text, "/setup/" in text) == (status, True, False)


async def test_another_role_holds_at_once(office: Office) -> None:
    """In the sessions that somebody has already, too; what it was before is in the audit log."""
    ada, grace = await office.hired("ada"), await office.hired("grace")
    assert (await grace.get("/audit"))[0] == 200
    account = await office.account("grace")
    assert await ada.post(f"/operators/{account.id}/role", role="viewer") == (303, "/operators")
    assert (await grace.get("/audit"))[0] == 403
    (entry,) = await office.audit("operator.role_changed")
    assert (entry.actor, entry.target) == (ada.email, account.id)
    assert entry.details == {"email": grace.email, "role": "viewer", "before": "administrator"}


async def test_who_is_disabled_may_be_enabled_again(office: Office) -> None:
    """Meanwhile they are signed out, and their password is no good."""
    ada, grace = await office.hired("ada"), await office.hired("grace", Role.VIEWER)
    account = await office.account("grace")
    assert (await ada.post(f"/operators/{account.id}/disable"))[0] == 303
    assert (await grace.get("/")) == (303, "/sign-in")
    assert await grace.sign_in() == 401
    assert (await ada.post(f"/operators/{account.id}/enable"))[0] == 303
    assert await grace.sign_in() == 303
    deeds = [(each.action, each.actor) for each in await office.audit() if each.target == account.id]
    assert ("operator.disabled", ada.email) in deeds
    assert ("operator.enabled", ada.email) in deeds


async def test_somebody_is_signed_out_everywhere(office: Office) -> None:
    """And may sign in again."""
    ada, grace = await office.hired("ada"), await office.hired("grace", Role.VIEWER)
    elsewhere = await office.browser(grace.email)
    assert await elsewhere.sign_in() == 303
    account = await office.account("grace")
    assert (await ada.post(f"/operators/{account.id}/sign-out"))[0] == 303
    for browser in (grace, elsewhere):
        assert (await browser.get("/account")) == (303, "/sign-in")
    assert await grace.sign_in() == 303
    (entry,) = await office.audit("operator.sessions_ended")
    assert entry.details == {"email": grace.email, "number": 2}


@pytest.mark.parametrize("deed", ["disable", "role", "sign-out"])
async def test_nobody_does_it_to_themselves(office: Office, deed: str) -> None:
    """So the last administrator stays one, and able to sign in."""
    ada = await office.hired("ada")
    account = await office.account("ada")
    status, text = await ada.post(f"/operators/{account.id}/{deed}", role="viewer")
    assert (status, "Another administrator" in text) == (409, True)
    assert (await office.account("ada")).role == Role.ADMINISTRATOR
    assert (await ada.get("/operators"))[0] == 200


async def test_two_administrators_do_not_do_away_with_each_other(office_twice: Office) -> None:
    """Both try at the same moment: one succeeds, the other is no administrator any more by then."""
    for turn in range(5):
        names = f"ada{turn}", f"eve{turn}"
        for name in names:
            await office_twice.hired(name, tenant=f"tenant_{turn}")
        one, two = [await office_twice.signed_in(name) for name in names]
        outcomes = await asyncio.gather(
            people.disable(office_twice.context, one, two.operator_id),
            people.change_role(office_twice.context, two, one.operator_id, Role.VIEWER),
            return_exceptions=True,
        )
        refused = [each for each in outcomes if isinstance(each, Problem)]
        assert [each.code for each in refused] == ["role_too_small"], outcomes
        left = [await office_twice.account(name) for name in names]
        assert [each.role for each in left if each.disabled_at is None].count(Role.ADMINISTRATOR) == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
async def test_others_do_not_even_see_the_page(office: Office, role: Role) -> None:
    """Nor may they do what its buttons do."""
    ada, bob = await office.hired("ada"), await office.hired("bob", role)
    account = await office.account("ada")
    assert (await bob.get("/operators"))[0] == 403
    for path in (f"/operators/{account.id}/disable", f"/operators/{account.id}/role", "/operators/invitations"):
        assert (await bob.post(path, role="administrator", email="x@example.com"))[0] == 403
    assert "People" not in (await bob.get("/account"))[1]
    assert (await ada.get("/operators"))[0] == 200


async def test_another_tenants_people_do_not_exist(office: Office) -> None:
    """Neither on the page nor by their ids."""
    ada, eve = await office.hired("ada"), await office.hired("eve", tenant="other")
    account = await office.account("ada")
    assert ada.email not in (await eve.get("/operators"))[1]
    for deed in ("disable", "enable", "sign-out", "role"):
        assert (await eve.post(f"/operators/{account.id}/{deed}", role="viewer"))[0] == 404
    assert (await ada.get("/operators"))[0] == 200


async def test_forged_forms_change_nothing(office: Office) -> None:
    """Without the session's token nobody is invited or disabled."""
    ada = await office.hired("ada")
    await office.hired("grace")
    account = await office.account("grace")
    assert (await ada.send(f"/operators/{account.id}/disable"))[0] == 403
    assert (await ada.send("/operators/invitations", email="x@example.com", role="viewer"))[0] == 403
    assert (await office.account("grace")).disabled_at is None


async def test_what_there_is_no_button_for_is_not_done(office: Office) -> None:
    """An answer that says so."""
    ada = await office.hired("ada")
    assert (await ada.post("/operators/op_1/explode"))[0] == 404


async def test_people_are_shown_with_when_they_were_here(office: Office) -> None:
    """Those who cannot sign in come last."""
    ada = await office.hired("ada")
    await office.hired("bob", Role.VIEWER)
    await office.hired("zoe", Role.VIEWER)
    office.time.advance(hours=3)
    assert (await ada.post(f"/operators/{(await office.account('bob')).id}/disable"))[0] == 303
    _, text = await ada.get("/operators")
    assert text.index("ada@") < text.index("zoe@") < text.index("bob@")
    assert "3 h ago" in text


async def test_nobody_who_is_not_signed_in_gets_in(office: Office) -> None:
    """Pages lead to the sign-in."""
    browser = await office.browser()
    for path in ("/operators", "/account"):
        assert await browser.get(path) == (303, "/sign-in")
    assert (await browser.send("/operators/op_1/disable"))[0] == 401


async def test_when_somebody_was_last_seen_outlives_their_sessions(office: Office) -> None:
    """It is when they were last there, not when they signed in, also once their sessions are cleaned away."""
    ada, grace = await office.hired("ada"), await office.hired("grace", Role.VIEWER)
    office.time.advance(hours=2)
    assert (await grace.get("/account"))[0] == 200
    seen_at = office.time.now
    office.time.advance(days=30)
    await clean(office.context.database, office.time.now, office.context.settings)
    assert await ada.sign_in() == 303
    _, listed = await ada.get("/operators")
    row = next(row for row in listed.split("<tr>") if grace.email in row)
    assert ">30 d ago<" in row
    assert (await office.account("grace")).signed_in_at == seen_at
