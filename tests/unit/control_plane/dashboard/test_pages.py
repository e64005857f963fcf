"""Pages for operators: what they show, of whom, and that they show it as it changes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from tests.support.control_plane.context import EPOCH, RecordingPublisher
from tests.unit.control_plane.dashboard.desk import Desk, corpus, desk_over

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Alert, Connection, ConnectionStatus, Operator, RecentError, Role, Tenant
from drive_control_plane.operators.sessions import disable

LINE_SECONDS = 10.0


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with desk_over(database) as made:
        await made.sign_in()
        yield made


async def test_whoever_is_not_signed_in_is_sent_to_sign_in(database: Database) -> None:
    """Pages lead there, parts of pages say it by their status."""
    async with desk_over(database) as desk:
        for path in ("/", "/connections/conn_1", "/audit"):
            async with desk.http.get(desk.url + path, allow_redirects=False) as answer:
                assert (answer.status, answer.headers["location"]) == (303, "/sign-in")
        for path in ("/fragments/overview", "/fragments/connections/conn_1", "/events"):
            assert (await desk.get(path))[0] == 401


async def test_an_empty_overview_says_what_to_do(desk: Desk) -> None:
    """The first thing that a newcomer sees."""
    status, text = await desk.get("/")
    assert status == 200
    assert "Nothing is connected yet" in text
    assert "Connect Google Drive" in text


async def test_a_viewer_is_not_offered_what_they_may_not_do(database: Database) -> None:
    """No button, and a word whom to ask."""
    async with desk_over(database) as desk:
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


async def test_nobody_waits_for_whoever_writes(desk: Desk) -> None:
    """On SQLite there is one writer at a time; pages, parts of pages and the API are shown meanwhile."""
    name = await desk.connection()
    async with desk.context.database.transaction():
        for path in ("/", f"/connections/{name}", "/fragments/overview", f"/fragments/connections/{name}"):
            assert (await desk.get(path))[0] == 200
        for path in ("/v1/connections", f"/v1/connections/{name}"):
            assert (await desk.get(path))[0] == 200


async def test_a_line_ends_soon_after_its_operator_was_disabled(desk: Desk) -> None:
    """Whoever may not sign in any more hears nothing more, although their line is open."""
    name = await desk.connection()
    async with desk.http.get(f"{desk.url}/events") as answer, asyncio.timeout(LINE_SECONDS):
        while not (await answer.content.readline()).startswith(b"data:"):
            pass
        async with desk.context.database.transaction() as session:
            operator_id = await session.scalar(select(Operator.id))
            await disable(session, operator_id or "", desk.time.now)
        desk.time.advance(seconds=10)
        async with desk.context.database.transaction() as session:
            (await session.get_one(Connection, name)).updated_at = desk.time.now
        assert b"data:" not in await answer.content.read()


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


async def test_the_overview_finds_connections(desk: Desk) -> None:
    """By name and status; what is looked for stays in the form, and in the part that is fetched again."""
    await desk.connection("Ada")
    await desk.connection("Grace", status=ConnectionStatus.PAUSED)
    _, text = await desk.get("/?q=gra&status=paused")
    assert ">Grace</a>" in text
    assert ">Ada</a>" not in text
    assert 'value="gra"' in text
    assert '<option value="paused" selected>' in text
    assert 'data-live="/fragments/overview?q=gra&amp;status=paused"' in text
    _, text = await desk.get("/fragments/overview?q=gra&status=paused")
    assert ">Ada</a>" not in text
    _, text = await desk.get("/?q=nobody")
    assert "No connection is like that" in text
    assert "Nothing is connected yet" not in text
    _, text = await desk.get("/?page=7")
    assert "No connection on this page" in text
    for wrong in ("status=gone", "page=0", f"q={'x' * 201}"):
        assert (await desk.get(f"/?{wrong}"))[0] == 422


async def test_what_has_only_begun_is_not_shown_as_done(desk: Desk) -> None:
    """A corpus of which no range is known yet, in the list and on its own page."""
    name = await desk.connection()
    await desk.add(corpus(name, files=0))
    assert "listing begins" in (await desk.get("/"))[1]
    _, text = await desk.get(f"/connections/{name}")
    assert "<dt>Listed</dt><dd>begins</dd>" in text
    assert ">being listed</td>" in text


async def test_what_is_wrong_is_said_once(desk: Desk) -> None:
    """An alert says what the connection's own reason would repeat."""
    reason = "Google has revoked the grant."
    name = await desk.connection(status=ConnectionStatus.REAUTHORIZATION_REQUIRED, status_reason=reason)
    assert (await desk.get(f"/fragments/connections/{name}"))[1].count(reason) == 1
    await desk.add(Alert(id="a", connection_id=name, kind="reauthorization", message=reason, opened_at=EPOCH))
    assert (await desk.get(f"/fragments/connections/{name}"))[1].count(reason) == 1


async def test_signs_that_no_name_has_harm_nothing(desk: Desk) -> None:
    """What a database would refuse is looked for by nobody."""
    await desk.connection("Ada")
    assert ">Ada</a>" in (await desk.get("/?q=a%00d%0Aa"))[1]
    for path in ("/connections/a%00", "/fragments/connections/a%00", "/fragments/connections/a%00/charts"):
        assert (await desk.get(path))[0] == 422


async def test_a_connection_says_when_it_runs_next(desk: Desk) -> None:
    """Unless it does not run; why there is no push is said with it."""
    due: dict[str, Any] = {"next_run_at": EPOCH + timedelta(minutes=4), "push_off_reason": "It has no address."}
    runs = await desk.connection("Runs", **due)
    rests = await desk.connection("Rests", status=ConnectionStatus.PAUSED, **due)
    _, text = await desk.get(f"/connections/{runs}")
    assert "<dd>in 4 min</dd>" in text
    assert "00:04:00 UTC" in text
    assert "No push: It has no address." in text
    _, text = await desk.get(f"/connections/{rests}")
    assert "in 4 min" not in text


async def test_a_connections_page_has_all_of_its_parts(desk: Desk) -> None:
    """Each follows the connection; those that are read from Kafka come after the page."""
    name = await desk.connection()
    _, text = await desk.get(f"/connections/{name}")
    at = f"/fragments/connections/{name}"
    for part in (f'"{at}"', f'"{at}/charts?span=24h"', f'"{at}/corpora"', f'"{at}/changes" data-later'):
        assert f"data-live={part}" in text, part
    assert f'data-live="{at}/dead-letters" data-later' in text
    assert f'href="/connections/{name}/settings"' in text
    assert (await desk.get(f"{at}/corpora"))[0] == 200
