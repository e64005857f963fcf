"""Sign-in over HTTP: pages, cookies, and requests that are not what they seem."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import aiohttp
import pytest
from fastapi import APIRouter, Form
from tests.support.control_plane.context import ManualTime, context_over
from tests.support.control_plane.serving import serving

from drive_control_plane.audit.log import Actor
from drive_control_plane.context import Context
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Role
from drive_control_plane.http.who import InOperator, InWorkingOperator
from drive_control_plane.operators import accounts, sessions

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
deeds = APIRouter()


@deeds.get("/deeds")
async def look(operator: InOperator) -> dict[str, str]:
    """Who is signed in."""
    return {"email": operator.actor.name}


@deeds.post("/deeds")
async def act(operator: InWorkingOperator, note: Annotated[str, Form()] = "") -> dict[str, str]:
    """Something that changes."""
    return {"email": operator.actor.name, "note": note}


@dataclass
class Browser:
    """A browser that keeps cookies and follows nothing."""

    http: aiohttp.ClientSession
    url: str
    context: Context
    time: ManualTime

    async def get(self, path: str) -> tuple[int, str]:
        async with self.http.get(self.url + path, allow_redirects=False) as answer:
            return answer.status, await answer.text()

    async def post(self, path: str, headers: dict[str, str] | None = None, **form: str) -> tuple[int, str]:
        sent = self.http.post(self.url + path, data=form, headers=headers, allow_redirects=False)
        async with sent as answer:
            return answer.status, answer.headers.get("location", "") or await answer.text()

    async def link(self, role: Role = Role.ADMINISTRATOR) -> str:
        return f"/setup/{await accounts.invite(self.context, Actor('system', 'test'), role)}"

    async def ada(self, role: Role = Role.ADMINISTRATOR) -> str:
        """Ada, signed in; her session's token against forged requests."""
        assert await self.post(await self.link(role), email=EMAIL, password=PASSWORD) == (303, "/")
        found = await sessions.find(self.context, self.secret)
        assert found is not None
        return found.csrf_token

    @property
    def secret(self) -> str:
        return next(cookie.value for cookie in self.http.cookie_jar if cookie.key == "session")


@asynccontextmanager
async def browsing(database: Database, **settings: Any) -> AsyncIterator[Browser]:
    time = ManualTime()
    async with context_over(database, clock=time.clock, **settings) as context, serving(context, deeds) as url:
        jar = aiohttp.CookieJar(unsafe=True)  # of an address instead of a name, too
        async with aiohttp.ClientSession(cookie_jar=jar) as http:
            yield Browser(http, url, context, time)


@pytest.fixture
async def browser(database: Database) -> AsyncIterator[Browser]:
    async with browsing(database) as made:
        yield made


async def test_from_a_link_to_being_signed_in_and_out(browser: Browser) -> None:
    """The page behind a link asks for a password; with it one is signed in, until one signs out."""
    link = await browser.link()
    status, text = await browser.get(link)
    assert (status, "administrator" in text) == (200, True)
    assert (await browser.post(link, email=EMAIL, password="too short"))[0] == 422
    token = await browser.ada()
    assert (await browser.get("/deeds"))[0] == 200
    assert (await browser.get("/sign-in"))[0] == 303
    assert await browser.post("/sign-out", csrf_token=token) == (303, "/sign-in")
    assert (await browser.get("/deeds"))[0] == 401
    status, text = await browser.get(link)
    assert (status, "too old" in text) == (404, True)  # nobody has used it, but the first account is made
    status, text = await browser.get("/setup/made-up")
    assert (status, "not known" in text) == (404, True)


async def test_a_sign_in_gives_a_new_secret(browser: Browser) -> None:
    """A secret that somebody put into the browser beforehand is worth nothing afterwards."""
    await browser.ada()
    before = browser.secret
    assert await browser.post("/sign-in", email=EMAIL, password=PASSWORD) == (303, "/")
    assert browser.secret != before


async def test_what_changes_needs_the_token(browser: Browser) -> None:
    """In a header or a form's field; another session's, or none, is refused, and the cookie alone is not enough."""
    token = await browser.ada()
    assert (await browser.post("/deeds", note="n"))[0] == 403
    assert (await browser.post("/deeds", csrf_token="0" * 64))[0] == 403
    assert (await browser.post("/deeds", csrf_token=token, note="n"))[1] == f'{{"email":"{EMAIL}","note":"n"}}'
    assert (await browser.post("/deeds", {"x-csrf-token": token}))[0] == 200


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}])
async def test_pages_of_others_change_nothing(browser: Browser, headers: dict[str, str]) -> None:
    """Whatever they send along, sign-in included."""
    token = await browser.ada()
    assert (await browser.post("/deeds", headers, csrf_token=token))[0] == 403
    assert (await browser.post("/sign-in", headers, email=EMAIL, password=PASSWORD))[0] == 403


async def test_viewers_only_look(browser: Browser) -> None:
    """The answer says whom to ask."""
    token = await browser.ada(Role.VIEWER)
    assert (await browser.get("/deeds"))[0] == 200
    status, text = await browser.post("/deeds", csrf_token=token)
    assert (status, "administrator" in text) == (403, True)


async def test_guessing_takes_for_ever(browser: Browser) -> None:
    """Five wrong passwords, and the account waits a quarter of an hour, for the right one too; others do not."""
    await browser.ada()
    for _ in range(5):
        assert (await browser.post("/sign-in", email=EMAIL, password="wrong"))[0] == 401
    status, text = await browser.post("/sign-in", email=EMAIL, password=PASSWORD)
    assert status == 429
    assert re.search(r"in 1[56] minutes", text)
    assert (await browser.post("/sign-in", email="grace@example.com", password="wrong"))[0] == 401
    browser.time.advance(minutes=16)
    assert (await browser.post("/sign-in", email=EMAIL, password=PASSWORD))[0] == 303


async def test_guesses_at_one_moment_are_counted_as_well(browser: Browser) -> None:
    """Of thirty tries that nobody waits for between, five are judged; the right one may not be among them."""
    await browser.ada()
    tries = (browser.post("/sign-in", email=EMAIL, password=f"wrong {each}") for each in range(30))
    statuses = sorted(status for status, _ in await asyncio.gather(*tries))
    assert statuses == [401] * 5 + [429] * 25


async def test_people_who_sign_in_at_one_moment_do_not_wait(browser: Browser) -> None:
    """What turns out to be right counts nothing, however often."""
    await browser.ada()
    for _ in range(6):
        tries = (browser.post("/sign-in", email=EMAIL, password=PASSWORD) for _ in range(4))
        assert {status for status, _ in await asyncio.gather(*tries)} == {303}


async def test_a_household_is_one_place(database: Database) -> None:
    """Whoever has a network of IPv6 has addresses without end: its failures count together, others' do not."""
    async with browsing(database, control_plane_trusted_proxies=1) as browser:

        async def tried(address: str) -> int:
            email = f"{address.replace(':', '-')}@example.com"
            return (await browser.post("/sign-in", {"x-forwarded-for": address}, email=email, password="wrong"))[0]

        assert [await tried(f"2001:db8::{each:x}") for each in range(21)] == [401] * 20 + [429]
        assert await tried("2001:db8:0:1::1") == 401


async def test_what_was_typed_is_shown_as_text(browser: Browser) -> None:
    """Markup in an address is no markup in the page."""
    _, text = await browser.post("/sign-in", email='"><script>alert(1)</script>', password="wrong")
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


async def test_answers_tell_browsers_to_be_strict(browser: Browser) -> None:
    """No frames, no scripts from elsewhere, nothing kept; and the cookie is out of scripts' reach."""
    async with browser.http.get(browser.url + "/sign-in") as answer:
        policy = answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self'" in policy
    await browser.ada()
    (cookie,) = [each for each in browser.http.cookie_jar if each.key == "session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"


async def test_over_https_cookies_are_this_hosts_alone(database: Database) -> None:
    """`__Host-` and `Secure`, and browsers are told to come by https only."""
    async with browsing(database, control_plane_public_url="https://drive.example.com") as browser:
        link = browser.url + await browser.link()
        sent = browser.http.post(link, data={"email": EMAIL, "password": PASSWORD}, allow_redirects=False)
        async with sent as answer:
            cookie = answer.headers["set-cookie"]
            assert "strict-transport-security" in answer.headers
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize("says_its_length", [True, False])
async def test_large_bodies_are_not_read(browser: Browser, *, says_its_length: bool) -> None:
    """Two megabytes are refused, whether they are announced or come in chunks."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"x" * 10_000

    body = io.BytesIO(b"x" * 2_000_000) if says_its_length else chunks()
    headers = {"content-type": "application/x-www-form-urlencoded", "connection": "close"}
    try:
        async with browser.http.post(f"{browser.url}/sign-in", data=body, headers=headers) as answer:
            assert (answer.status, (await answer.json())["code"]) == (413, "body_too_large")
    except aiohttp.ClientConnectionError:
        assert not says_its_length, "the rest of a body that is refused half-way may meet a closed connection"
    assert (await browser.get("/sign-in"))[0] == 200
