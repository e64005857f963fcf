"""What somebody else might try with the consent, and what must never get out."""

import asyncio
import json
import logging
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from tests.support.control_plane.consent import Browser, Stage, changed, stage
from tests.support.control_plane.serving import serving_app

from drive_control_plane.database import Database
from drive_control_plane.database.tables import ConnectFlow
from drive_control_plane.http import problems
from drive_control_plane.oauth.disconnect import disconnect
from drive_control_plane.oauth.routes import router

MARKUP = '"><script>alert(1)</script>'


async def landing_of(browser: Browser) -> str:
    """Where Google sends a browser back to after consent."""
    return await browser.consent(await browser.start())


async def nothing_happened(stage: Stage, code: str) -> bool:
    """Whether no connection was made, and the audit log has a refusal with that code as its newest entry."""
    newest = (await stage.audit())[-1]
    assert (newest.action, newest.outcome, newest.details["code"]) == ("connection.consent_failed", "refused", code)
    return await stage.rows() == [] and await stage.asked("oauth.token") == 0


async def test_a_made_up_state_finds_nothing(staged: Stage) -> None:
    """A state that was never given out is refused, with a good code and the cookie of a real consent."""
    browser = await staged.browser()
    answer = await browser.send("GET", changed(await landing_of(browser), state="A" * 43))
    assert (answer.status, "unknown_consent" in answer.text) == (400, True)
    assert await nothing_happened(staged, "unknown_consent")


async def test_an_answer_counts_once(staged_twice: Stage) -> None:
    """The same callback again makes nothing, and does not disturb what was made."""
    browser = await staged_twice.browser()
    landing = await landing_of(browser)
    cookies = {each.split("=")[0]: each.split("=")[1].split(";")[0] for each in browser.seen[0].cookies}
    first = await browser.send("GET", landing)
    again = await browser.send("GET", landing, cookies=cookies)  # the cookie was taken back, so it is sent by hand
    assert (first.status, again.status) == (303, 400)
    assert "used_consent" in again.text
    assert len(await staged_twice.rows()) == 1


async def test_two_callbacks_at_once_count_once(staged_twice: Stage) -> None:
    """Of two callbacks of one consent at the same moment one is taken."""
    browser = await staged_twice.browser()
    landing = await landing_of(browser)
    answers = await asyncio.gather(*(browser.send("GET", landing) for _ in range(5)))
    assert sorted(answer.status for answer in answers) == [303, 400, 400, 400, 400]
    assert len(await staged_twice.rows()) == 1
    assert await staged_twice.asked("oauth.token") == 1


async def test_the_answer_of_another_browser_is_refused(staged: Stage) -> None:
    """A link with the sender's own consent, opened by somebody else, connects nothing (login CSRF)."""
    attacker, victim = await staged.browser(), await staged.browser()
    answer = await victim.send("GET", await landing_of(attacker))
    assert (answer.status, "foreign_consent" in answer.text) == (400, True)
    assert await nothing_happened(staged, "foreign_consent")


async def test_a_refused_browser_does_not_spend_the_consent_of_another(staged: Stage) -> None:
    """Who started it can still end it."""
    mine, other = await staged.browser(), await staged.browser()
    landing = await landing_of(mine)
    await other.send("GET", landing)
    assert (await mine.send("GET", landing)).status == 303


async def test_another_operator_cannot_end_a_consent(staged: Stage) -> None:
    """Somebody who signs in with the same browser meanwhile does not get the connection."""
    browser = await staged.browser()
    landing = await landing_of(browser)
    browser.headers = {"X-Operator": "op_2"}
    assert "foreign_consent" in (await browser.send("GET", landing)).text
    assert await nothing_happened(staged, "foreign_consent")


async def test_who_is_signed_out_meanwhile_connects_nothing(staged: Stage) -> None:
    """An operator who lost the right does not end a consent that they began."""
    browser = await staged.browser()
    landing = await landing_of(browser)
    staged.operators.clear()
    answer = await browser.send("GET", landing)
    assert (answer.status, "sign_in_required" in answer.text) == (400, True)
    assert await staged.rows() == []


async def test_a_consent_that_took_too_long_is_refused(staged: Stage) -> None:
    """After ten minutes the state is no good."""
    browser = await staged.browser()
    landing = await landing_of(browser)
    staged.time.advance(minutes=10)
    assert "expired_consent" in (await browser.send("GET", landing)).text
    assert await nothing_happened(staged, "expired_consent")


async def test_a_foreign_code_is_refused_by_its_challenge(staged: Stage) -> None:
    """A code of another consent, put into one's own callback, does not fit the verifier (PKCE)."""
    attacker, victim = await staged.browser(), await staged.browser()
    stolen = dict(pair.split("=", 1) for pair in (await landing_of(victim)).split("?")[1].split("&"))["code"]
    code = stolen.replace("%2F", "/")
    answer = await attacker.send("GET", changed(await landing_of(attacker), code=code))
    assert (answer.status, "invalid_code" in answer.text) == (400, True)
    assert await staged.rows() == []
    assert await staged.live_grants() == []


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"state": ""},
        {"state": "\x00", "code": "x"},
        {"state": MARKUP, "code": MARKUP, "error": MARKUP, "error_description": MARKUP},
        {"state": "x" * 5_000, "code": "y" * 50_000},
    ],
)
async def test_a_callback_out_of_nowhere_is_a_page_without_what_was_sent(staged: Stage, query: dict[str, str]) -> None:
    """Whatever a stranger puts into the address, the page says what to do, and none of it is repeated."""
    answer = await (await staged.browser()).send("GET", f"/connect/callback?{urlencode(query)}")
    assert answer.status == 400
    assert "unknown_consent" in answer.text
    assert "script" not in answer.text
    assert "script" not in json.dumps([entry.details for entry in await staged.audit()])


async def test_markup_in_an_error_of_googles_is_not_repeated(staged: Stage) -> None:
    """Also with a good state the error parameter is looked up and not shown."""
    browser = await staged.browser()
    landing = changed(await landing_of(browser), error=MARKUP, error_description=MARKUP)
    answer = await browser.send("GET", landing)
    assert (answer.status, "alert(1)" in answer.text) == (400, False)
    assert [entry.details for entry in await staged.audit("connection.consent_failed")] == [{"code": "refused"}]


async def test_the_name_of_an_account_is_only_text_on_a_page(staged: Stage) -> None:
    """An account's address comes from Google, and is escaped all the same."""
    connection_id = await staged.connected(staged.accounts[1])
    await staged.change(connection_id, account_email="<b>@example.com")
    browser = await staged.browser()
    url = changed(await browser.start(connection_id=connection_id), login_hint=staged.accounts[0])
    answer = await browser.send("GET", await browser.consent(url))
    assert "other_account" in answer.text
    assert "<b>@" not in answer.text


@pytest.mark.parametrize("name", ["redirect_uri", "next", "return_to", "redirect", "continue", "state"])
async def test_no_parameter_leads_elsewhere(staged: Stage, name: str) -> None:
    """Nothing in a request decides where it leads: not at the start, not at the end, not with other host headers."""
    evil = "https://evil.example/"
    browser = await staged.browser()
    headers = {**browser.headers, "Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    started = await browser.send("POST", f"/connect?{urlencode({name: evil})}", data={name: evil}, headers=headers)
    assert "evil" not in started.location
    landing = await browser.consent(started.location)
    end = landing if name == "state" else changed(landing, **{name: evil})
    assert (await browser.send("GET", end, headers=headers)).location.startswith("/connections/conn_")


@pytest.mark.parametrize("connection_id", ["\x00", MARKUP, "x" * 65, "../conn_1"])
async def test_what_is_no_id_is_refused_before_the_database_sees_it(staged: Stage, connection_id: str) -> None:
    """Ids are letters, digits, dashes and underscores."""
    answer = await (await staged.browser()).send("POST", "/connect", data={"connection_id": connection_id})
    assert answer.status == 422
    assert await staged.audit() == []


async def test_a_page_of_another_site_starts_no_consent(staged: Stage) -> None:
    """A form of a foreign page is refused before anything is written."""
    browser = await staged.browser()
    headers = {**browser.headers, "Origin": "https://evil.example"}
    assert (await browser.send("POST", "/connect", headers=headers)).status == 403
    assert await staged.audit() == []


async def test_the_cookie_is_for_this_browser_and_server_alone(staged: Stage) -> None:
    """No script reads it, no other site sends it, it ends with the consent, and is taken back at its end."""
    browser = await staged.browser()
    landing = await landing_of(browser)
    (cookie,) = browser.seen[0].cookies
    assert {"HttpOnly", "SameSite=lax", "Max-Age=600", "Path=/"} <= set(cookie.split("; "))
    (taken,) = (await browser.send("GET", landing)).cookies
    assert (taken.split("=")[0], "Max-Age=0" in taken) == (cookie.split("=")[0], True)


async def test_over_https_the_cookie_is_secure(database: Database) -> None:
    """Over https the browser must not send it in clear, nor take it from another host of the domain."""
    async with stage(database, control_plane_public_url="https://control.example") as staged:
        answer = await (await staged.browser()).send("POST", "/connect")
    (cookie,) = answer.cookies
    assert cookie.startswith("__Host-connect-")
    assert "Secure" in cookie.split("; ")


async def test_state_and_cookie_are_stored_as_hashes_and_the_verifier_sealed(staged: Stage) -> None:
    """A copy of the database ends nobody's consent."""
    browser = await staged.browser()
    url = await browser.start()
    state = dict(pair.split("=", 1) for pair in url.split("?")[1].split("&"))["state"]
    secret = browser.seen[0].cookies[0].split("=")[1].split(";")[0]
    async with staged.context.database.transaction() as session:
        (flow,) = await session.scalars(select(ConnectFlow))
        stored = repr({column.key: getattr(flow, column.key) for column in ConnectFlow.__table__.columns})
    assert state not in stored
    assert secret not in stored
    assert flow.code_verifier.startswith(b"gAAAA")


async def test_an_application_that_cannot_tell_who_asks_refuses_everybody(staged: Stage) -> None:
    """Without a way to sign in there is no way in."""
    app = FastAPI()
    app.state.context = staged.context
    problems.install(app, ())
    app.include_router(router)
    async with serving_app(app) as url:
        answer = await (await staged.browser()).send("POST", f"{url}/connect")
    assert answer.status == 401


async def test_no_refresh_token_gets_out(staged: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """Neither an answer, nor a log line, nor the audit log, nor a row in clear holds a refresh token (canary)."""
    caplog.set_level(logging.DEBUG)
    browser = await staged.browser()
    answer = await browser.connect()
    connection_id = answer.location.rpartition("/")[2]
    canaries = [await staged.refresh_token(connection_id)]
    await browser.connect(connection_id=connection_id)
    canaries.append(await staged.refresh_token(connection_id))
    await disconnect(staged.context, staged.operators["op_1"].actor, connection_id)
    async with staged.context.database.transaction() as session:
        tables = ("audit_log", "connections", "credentials", "connect_flows")
        rows = [tuple(row) for name in tables for row in await session.execute(text(f"SELECT * FROM {name}"))]  # noqa: S608 # fixed names
    told = repr(browser.seen) + caplog.text + repr(rows) + repr(staged.publisher.published)
    assert len(set(canaries)) == 2
    assert [canary for canary in canaries if canary in told] == []
