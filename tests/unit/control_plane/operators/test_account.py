"""One's own account: another password, and where one is signed in."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from tests.unit.control_plane.operators.office import PASSWORD, Office, office_over

from drive_control_plane.database import Database
from drive_control_plane.database.tables import Role
from drive_control_plane.operators.failures import WINDOW
from drive_control_plane.operators.guessing import FAILURES_AN_ACCOUNT, FAILURES_AN_ADDRESS

NEW = "a better battery staple"


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    async with office_over(database) as made:
        yield made


async def test_another_password_ends_other_sessions(office: Office) -> None:
    """The browser at hand goes on; the old password is no good any more, the new one is."""
    ada = await office.hired("ada", Role.VIEWER)
    elsewhere = await office.browser(ada.email)
    assert await elsewhere.sign_in() == 303
    status, text = await ada.post("/account/password", old=PASSWORD, new=NEW, again=NEW)
    assert (status, "is changed" in text) == (200, True)
    assert (await ada.get("/account"))[0] == 200
    assert await elsewhere.get("/account") == (303, "/sign-in")
    assert await elsewhere.sign_in() == 401
    assert await elsewhere.sign_in(NEW) == 303
    (entry,) = await office.audit("operator.password_changed")
    assert (entry.actor, entry.outcome, entry.details) == (ada.email, "done", {"sessions_ended": 1})


@pytest.mark.parametrize(
    ("old", "new", "again", "told"),
    [
        ("wrong horse battery", NEW, NEW, "old password is wrong"),
        (PASSWORD, NEW, NEW + "!", "in two ways"),
        (PASSWORD, "short", "short", "at least 12"),
    ],
)
async def test_a_password_is_not_changed_for_nothing(office: Office, old: str, new: str, again: str, told: str) -> None:
    """The page says why; the old password stays, and a wrong one is in the audit log."""
    ada = await office.hired("ada")
    status, text = await ada.post("/account/password", old=old, new=new, again=again)
    assert (status, told in text) == (422, True)
    assert await ada.sign_in() == 303
    refused = [entry.outcome for entry in await office.audit("operator.password_changed")]
    assert refused == (["refused"] if "wrong" in told else [])


async def test_old_passwords_are_not_guessed_at(office: Office) -> None:
    """Whoever sits at an open browser has a few attempts; the lock is in the audit log, once."""
    ada = await office.hired("ada")
    for _ in range(FAILURES_AN_ACCOUNT):
        assert (await ada.post("/account/password", old="wrong horse battery", new=NEW, again=NEW))[0] == 422
    assert (await ada.post("/account/password", old=PASSWORD, new=NEW, again=NEW))[0] == 429
    (entry,) = await office.audit("operator.locked_out")
    assert (entry.actor, entry.outcome) == (ada.email, "refused")
    office.time.advance(seconds=WINDOW.total_seconds() + 1)
    assert (await ada.post("/account/password", old=PASSWORD, new=NEW, again=NEW))[0] == 200


async def test_one_signs_oneself_out_elsewhere(office: Office) -> None:
    """The page lists where one is signed in; the browser at hand stays."""
    ada = await office.hired("ada")
    elsewhere = await office.browser(ada.email)
    assert await elsewhere.sign_in() == 303
    _, text = await ada.get("/account")
    assert text.count('<th scope="row">') == 2
    assert await ada.post("/account/sign-out-others") == (303, "/account")
    assert await elsewhere.get("/account") == (303, "/sign-in")
    _, text = await ada.get("/account")
    assert text.count('<th scope="row">') == 1
    assert "this browser" in text


async def test_a_session_that_ends_by_itself_is_noted(office: Office) -> None:
    """When its browser comes back, with the reason."""
    ada = await office.hired("ada")
    office.time.advance(hours=13)
    assert await ada.get("/account") == (303, "/sign-in")
    (entry,) = await office.audit("operator.session_ended")
    assert (entry.actor_kind, entry.details) == ("system", {"email": ada.email, "why": "not used"})


async def test_links_are_not_guessed_at(office: Office) -> None:
    """Each wrong one is noted, until the address has to wait."""
    browser = await office.browser()
    form = {"email": "eve@example.com", "password": PASSWORD}
    for number in range(FAILURES_AN_ADDRESS):
        assert (await browser.send(f"/setup/guess{number}", **form))[0] == 404
    assert (await browser.send("/setup/guess", **form))[0] == 429
    entries = await office.audit("operator.created")
    assert len(entries) == FAILURES_AN_ADDRESS
    assert {(entry.actor_kind, entry.outcome) for entry in entries} == {("anonymous", "refused")}
    assert "guess" not in str([entry.details for entry in entries])
    office.time.advance(seconds=(WINDOW + timedelta(seconds=1)).total_seconds())
    assert (await browser.send("/setup/guess", **form))[0] == 404
