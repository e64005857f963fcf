"""Pages for operators: what they show, of whom, and that they show it as it changes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from tests.support.control_plane.context import EPOCH, ManualTime, RecordingPublisher, context_over
from tests.support.control_plane.serving import serving

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.context import Context
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Alert, Connection, ConnectionStatus, Corpus, RecentError, Role, Tenant
from drive_control_plane.operators import accounts

PASSWORD = "correct horse battery"
LINE_SECONDS = 10.0


@dataclass
class Desk:
    """An operator's browser, and the database behind what it shows."""

    http: aiohttp.ClientSession
    url: str
    context: Context

    async def get(self, path: str) -> tuple[int, str]:
        async with self.http.get(self.url + path, allow_redirects=False) as answer:
            return answer.status, await answer.text()

    async def sign_in(self, role: Role = Role.ADMINISTRATOR) -> None:
        secret = await accounts.invite(self.context, Actor("system", "test"), role)
        form = {"email": f"{role.value}@example.com", "password": PASSWORD}
        async with self.http.post(f"{self.url}/setup/{secret}", data=form, allow_redirects=False) as answer:
            assert answer.status == 303

    async def add(self, *rows: Any) -> None:
        async with self.context.database.transaction() as session:
            session.add_all(rows)

    async def connection(self, name: str = "Ada's Drive", tenant: str = "default", **values: Any) -> str:
        connection = Connection(
            id=f"conn_{name.casefold().replace(' ', '_').replace(chr(39), '')}",
            tenant_id=tenant,
            name=name,
            account_id="1",
            account_email="ada@example.com",
            status=values.pop("status", ConnectionStatus.ACTIVE),
            settings={},
            created_at=EPOCH,
            updated_at=EPOCH,
            schedule={"kind": "adaptive"},
            **values,
        )
        await self.add(connection)
        return connection.id


@asynccontextmanager
async def _desk(database: Database) -> AsyncIterator[Desk]:
    time = ManualTime()
    async with (
        context_over(database, clock=time.clock) as context,
        serving(context) as url,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http,
    ):
        yield Desk(http, url, context)


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with _desk(database) as made:
        await made.sign_in()
        yield made


def corpus(connection_id: str, **values: Any) -> Corpus:
    return Corpus(connection_id=connection_id, corpus="user:me", opened_at=EPOCH, heard_at=EPOCH, **values)


async def test_whoever_is_not_signed_in_is_sent_to_sign_in(database: Database) -> None:
    """Pages lead there, parts of pages say it by their status."""
    async with _desk(database) as desk:
        for path in ("/", "/connections/conn_1"):
            async with desk.http.get(desk.url + path, allow_redirects=False) as answer:
                assert (answer.status, answer.headers["location"]) == (303, "/sign-in")
        for path in ("/fragments/overview", "/fragments/connections/conn_1", "/events", "/audit"):
            assert (await desk.get(path))[0] == 401


async def test_an_empty_overview_says_what_to_do(desk: Desk) -> None:
    """The first thing that a newcomer sees."""
    status, text = await desk.get("/")
    assert status == 200
    assert "Nothing is connected yet" in text
    assert "Connect Google Drive" in text


async def test_a_viewer_is_not_offered_what_they_may_not_do(database: Database) -> None:
    """No button, and a word whom to ask."""
    async with _desk(database) as desk:
        await desk.sign_in(Role.VIEWER)
        _, text = await desk.get("/")
        assert '<button type="submit">Connect Google Drive' not in text
        assert "ask an administrator" in text
        assert (await desk.get("/audit"))[0] == 403


async def test_the_overview_shows_how_it_goes(desk: Desk) -> None:
    """Progress while a drive is listed, how far behind it is, what is wrong; who needs somebody comes first."""
    good = await desk.connection("Grace")
    bad = await desk.connection("Ada", status=ConnectionStatus.REAUTHORIZATION_REQUIRED, consecutive_failures=4)
    await desk.add(
        corpus(good, files=12_345, ranges_done=3, ranges_total=4, eta_seconds=90.0, lag_seconds=7200.0),
        Alert(id="a", connection_id=bad, kind="reauthorization", message="Consent", opened_at=EPOCH),
    )
    _, text = await desk.get("/")
    assert text.index("Ada") < text.index("Grace")
    for shown in ("Consent needed", "1 to look at", "4 failures in a row", "12,345", "75 %", "1 min left", "2 h"):
        assert shown in text, shown


async def test_a_connection_shows_its_corpora_and_errors(desk: Desk) -> None:
    """With what to do, and a way to give consent again."""
    name = await desk.connection(
        status=ConnectionStatus.REAUTHORIZATION_REQUIRED, status_reason="Google has revoked the grant: give it again."
    )
    error = RecentError(
        connection_id=name,
        code="item_refused",
        stage="item",
        message="<b>no</b>",
        retryable=False,
        count=7,
        first_at=EPOCH - timedelta(hours=2),
        seen_at=EPOCH - timedelta(minutes=3),
    )
    await desk.add(corpus(name, files=5, complete=False), error)
    _, text = await desk.get(f"/connections/{name}")
    for shown in ("Google has revoked", "Give consent again", "user:me", "item_refused", "3 min ago", "&lt;b&gt;no"):
        assert shown in text, shown


async def test_nobody_sees_another_tenants_connections(desk: Desk) -> None:
    """Neither in the list nor by their address, nor in the audit log."""
    await desk.add(Tenant(id="other", name="Other", created_at=EPOCH))
    theirs = await desk.connection("Theirs", tenant="other")
    async with desk.context.database.transaction() as session:
        record(session, EPOCH, Actor("operator", "eve@example.com", "other"), "connection.paused", theirs)
    assert "Theirs" not in (await desk.get("/"))[1]
    assert (await desk.get(f"/connections/{theirs}"))[0] == 404
    assert (await desk.get(f"/fragments/connections/{theirs}"))[0] == 404
    assert "eve@example.com" not in (await desk.get("/audit"))[1]


async def test_the_audit_log_is_shown_newest_first(desk: Desk) -> None:
    """Page by page."""
    async with desk.context.database.transaction() as session:
        for number in range(60):
            record(session, EPOCH, Actor("operator", f"op{number:02}@example.com", "default"), "connection.paused")
    _, first = await desk.get("/audit")
    assert first.index("op59@") < first.index("op58@")
    assert "op05@" not in first
    older = first.split('href="/audit?before=')[1].split('"')[0]
    assert "op05@" in (await desk.get(f"/audit?before={older}"))[1]


async def test_open_pages_are_told_what_is_new(desk: Desk) -> None:
    """A change of a connection comes over the line, whoever made it."""
    name = await desk.connection()
    async with desk.http.get(f"{desk.url}/events") as answer, asyncio.timeout(LINE_SECONDS):
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert await answer.content.readline() == b"retry: 1000\n"
        async for line in answer.content:
            if line.startswith(b"data:"):
                assert line == f"data: {name}\n".encode()
                break


async def test_buttons_do_what_they_say(desk: Desk) -> None:
    """Pause and resume reach the worker and the page; what makes no sense is neither offered nor done."""
    name = await desk.connection(next_run_at=EPOCH)
    page = f"/connections/{name}"
    _, text = await desk.get(page)
    token = text.split('name="csrf_token" value="')[1].split('"')[0]
    assert f'action="{page}/pause"' in text
    assert f'action="{page}/resume"' not in text
    for deed, shown in (("pause", "Paused"), ("resume", "Active")):
        form = {"csrf_token": token}
        async with desk.http.post(f"{desk.url}{page}/{deed}", data=form, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["location"]) == (303, page)
        assert shown in (await desk.get(page))[1]
    publisher = desk.context.publisher
    assert isinstance(publisher, RecordingPublisher)
    assert [message.json()["trigger_type"] for message in publisher.published] == ["pause", "resume"]
    async with desk.http.post(f"{desk.url}{page}/pause") as answer:
        assert answer.status == 403
    for wrong, status in ((f"{page}/explode", 404), ("/connections/conn_nobody/pause", 404)):
        async with desk.http.post(desk.url + wrong, data={"csrf_token": token}) as answer:
            assert answer.status == status


async def test_a_removal_that_waits_is_offered_for_confirmation(desk: Desk) -> None:
    """With how many items it is about."""
    name = await desk.connection()
    await desk.add(corpus(name, files=5, held=4_321))
    _, text = await desk.get(f"/connections/{name}")
    assert "would remove 4,321 items" in text
    assert f'action="/connections/{name}/confirm"' in text
