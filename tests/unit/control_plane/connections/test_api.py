"""The API of connections, over HTTP: by pages and by id, changed, set to work; and nothing of another tenant's."""

import base64
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select
from tests.support.control_plane.context import EPOCH, ManualTime, RecordingPublisher, context_over
from tests.support.control_plane.serving import serving

from drive_control_plane.audit.log import Actor
from drive_control_plane.connections import routes
from drive_control_plane.context import Context
from drive_control_plane.database import Database
from drive_control_plane.database.tables import (
    Alert,
    AuditEntry,
    Connection,
    ConnectionStatus,
    Corpus,
    Credential,
    CredentialKind,
    Job,
    JobStatus,
    RecentError,
    Role,
    Tenant,
)
from drive_control_plane.machines import clients
from drive_control_plane.operators import accounts
from drive_control_plane.security.tokens import tokens_of

ROOT = "/v1/connections"
ALL = ("connections:read", "connections:write", "triggers:write")
METADATA = "https://www.googleapis.com/auth/drive.metadata.readonly"
READ = "https://www.googleapis.com/auth/drive.readonly"
CANARY = "1//refresh-token-canary"
Answer = tuple[int, Any]


@dataclass
class Stage:
    """A control plane with connections of two tenants, and a program of the first with all scopes."""

    url: str
    context: Context
    time: ManualTime
    http: aiohttp.ClientSession
    publisher: RecordingPublisher
    tokens: dict[str, str] = field(default_factory=dict)

    async def add(self, *rows: Any) -> None:
        async with self.context.database.transaction() as session:
            session.add_all(rows)

    async def connection(self, name: str, tenant: str = "default", **values: Any) -> str:
        row = Connection(
            **{
                "id": name,
                "tenant_id": tenant,
                "name": name,
                "account_id": name,
                "account_email": f"{name}@example.com",
                "status": ConnectionStatus.ACTIVE,
                "settings": {"corpora": {"user": "all", "drives": "all"}},
                "schedule": {"kind": "adaptive"},
                "created_at": self.time.now,
                "updated_at": self.time.now,
                "next_run_at": self.time.now + timedelta(minutes=5),
                **values,
            }
        )
        sealed = self.context.vault.seal(CANARY)
        scopes = [METADATA] if name.startswith("narrow") else [READ]
        await self.add(row)
        grant = {"kind": CredentialKind.USER, "secret": sealed, "scopes": scopes, "granted_at": EPOCH}
        await self.add(Credential(connection_id=name, **grant))
        return name

    async def row(self, name: str) -> Connection:
        async with self.context.database.transaction() as session:
            return await session.get_one(Connection, name)

    async def token(self, scopes: Sequence[str] = ALL, tenant: str = "default") -> str:
        now = self.context.clock.now()
        async with self.context.database.transaction() as session:
            made = await clients.create(session, now, Actor("system", "test"), "program", scopes, tenant)
        return tokens_of(self.context.settings).sign(now, made.client_id, list(scopes), tenant)

    async def ask(self, method: str, path: str = "", body: Any = None, token: str | None = None) -> Answer:
        """As the program, unless a token is given."""
        if "program" not in self.tokens:
            self.tokens["program"] = await self.token()
        headers = {"authorization": f"Bearer {token or self.tokens['program']}"}
        return await self.send(method, path, body, headers)

    async def send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        async with self.http.request(method, self.url + ROOT + path, json=body, headers=headers) as answer:
            text = await answer.text()
            assert CANARY not in text
            return answer.status, json.loads(text) if text else None

    async def audited(self, action: str) -> list[AuditEntry]:
        async with self.context.database.transaction() as session:
            return list(await session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


@asynccontextmanager
async def staged(database: Database) -> AsyncIterator[Stage]:
    time, publisher = ManualTime(), RecordingPublisher()
    async with (
        context_over(database, clock=time.clock, publisher=publisher) as context,
        serving(context, routes.router) as url,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http,
    ):
        stage = Stage(url, context, time, http, publisher)
        async with database.transaction() as session:
            for tenant in ("default", "other"):
                if await session.get(Tenant, tenant) is None:
                    session.add(Tenant(id=tenant, name=tenant, created_at=EPOCH))
        yield stage


@pytest.fixture
async def stage(database: Database) -> AsyncIterator[Stage]:
    async with staged(database) as made:
        yield made


@pytest.fixture
async def stage_on_each(databases: Database) -> AsyncIterator[Stage]:
    async with staged(databases) as made:
        yield made


async def test_pages_hold_each_connection_once(stage_on_each: Stage) -> None:
    """The newest first, those of one moment too; what is made meanwhile does not shift a page."""
    stage = stage_on_each
    for number in range(7):
        await stage.connection(f"conn_{number}")
        stage.time.advance(seconds=number % 2)
    await stage.connection("conn_of_others", "other")
    seen, cursor = [], ""
    while True:
        status, page = await stage.ask("GET", f"?limit=3{cursor}")
        assert status == 200
        seen += [each["id"] for each in page["connections"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
        stage.time.advance(seconds=1)
        await stage.connection(f"newer_{len(seen)}")
    assert seen == ["conn_6", "conn_5", "conn_4", "conn_3", "conn_2", "conn_1", "conn_0"]


async def test_a_list_is_of_one_status(stage: Stage) -> None:
    """Ended ones are shown to those who ask for them."""
    for status in ConnectionStatus:
        await stage.connection(f"conn_{status.value}", status=status)
    _, listed = await stage.ask("GET")
    assert {each["status"] for each in listed["connections"]} == {*ConnectionStatus} - {ConnectionStatus.DISCONNECTED}
    for status in ConnectionStatus:
        _, listed = await stage.ask("GET", f"?status={status.value}")
        assert [each["id"] for each in listed["connections"]] == [f"conn_{status.value}"]


def cursor_of(*place: Any) -> str:
    return "cursor=" + base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "status=odd",
        "cursor=x",
        cursor_of(),
        cursor_of("today", "a"),
        cursor_of(1, "a"),
        cursor_of("2026-01-01T00:00:00+00:00", 1),
        cursor_of("2026-01-01T00:00:00+00:00", "a\x00"),
        cursor_of("2026-01-01T00:00:00+00:00", "\ud800"),
        cursor_of("0001-01-01T00:00:00+23:59", "a"),
    ],
)
async def test_wrong_questions_are_refused(stage: Stage, query: str) -> None:
    """With what is wrong, and never with an error of the server's."""
    status, problem = await stage.ask("GET", f"?{query}")
    assert (status, problem["status"]) == (422, 422)


async def test_one_connection_is_shown_whole(stage: Stage) -> None:
    """Its progress, corpora, open alerts, errors and jobs; and no credential (`send` looks for it)."""
    name = await stage.connection("conn_1")
    moments = {"opened_at": EPOCH, "heard_at": EPOCH}
    words = {"stage": "sync", "message": "m", "retryable": True, "first_at": EPOCH, "seen_at": EPOCH}
    job = {"corpus": "user:me", "snapshot_id": "1", "status": JobStatus.DONE, "counts": {"file": 9}}
    await stage.add(
        Corpus(connection_id=name, corpus="user:me", files=9, ranges_done=1, ranges_total=4, **moments),
        Alert(id="a", connection_id=name, kind="failing", message="look", opened_at=EPOCH),
        Alert(id="b", connection_id=name, kind="silent", message="past", opened_at=EPOCH, closed_at=EPOCH),
        RecentError(connection_id=name, code="network", count=3, **words),
        Job(id="j", connection_id=name, started_at=EPOCH, **job),
    )
    status, shown = await stage.ask("GET", "/conn_1")
    assert status == 200
    assert shown["progress"] == {"files": 9, "percent": 25, "eta_seconds": None, "lag_seconds": None, "held": None}
    assert [each["kind"] for each in shown["alerts"]] == ["failing"]
    assert [(each["code"], each["count"]) for each in shown["errors"]] == [("network", 3)]
    assert [each["counts"] for each in shown["jobs"]] == [{"file": 9}]
    assert [each["corpus"] for each in shown["corpora"]] == ["user:me"]


CHANGES = {"name": "New"}
ROUTES: Sequence[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("PATCH", "", CHANGES),
    ("DELETE", "", None),
    ("POST", "/triggers", {"type": "full"}),
    ("POST", "/resnapshot", {"folders": ["f"]}),
    *[("POST", f"/{each}", None) for each in ("pause", "resume", "cancel", "confirm")],
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
async def test_a_foreign_connection_does_not_exist(stage: Stage, method: str, path: str, body: Any) -> None:
    """By whichever route: the same answer as for one that nobody has, and nothing is changed."""
    await stage.connection("conn_of_others", "other")
    before = await stage.row("conn_of_others")
    foreign = await stage.ask(method, f"/conn_of_others{path}", body)
    unknown = await stage.ask(method, f"/conn_of_nobody{path}", body)
    assert foreign == unknown
    assert foreign[0] == 404
    after = await stage.row("conn_of_others")
    assert (after.name, after.status, after.updated_at) == (before.name, before.status, before.updated_at)
    assert stage.publisher.published == []


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
async def test_nobody_comes_in_without_a_right(stage: Stage, method: str, path: str, body: Any) -> None:
    """No token, one that is none of ours, one without the scope."""
    await stage.connection("conn_1")
    wanted = "connections:read" if method == "GET" else "triggers:write" if method == "POST" else "connections:write"
    lacking = await stage.token([each for each in ALL if each != wanted])
    assert (await stage.send(method, f"/conn_1{path}", body, {}))[0] == 401
    assert (await stage.ask(method, f"/conn_1{path}", body, token="forged"))[0] == 401
    assert (await stage.ask(method, f"/conn_1{path}", body, token=lacking))[0] == 403
    assert stage.publisher.published == []


async def sign_in(stage: Stage, role: Role) -> str:
    """Sign in with the stage's browser; the token that its pages send along."""
    secret = await accounts.invite(stage.context, Actor("system", "test"), role)
    form = {"email": f"{role.value}@example.com", "password": "correct horse battery"}
    async with stage.http.post(f"{stage.url}/setup/{secret}", data=form, allow_redirects=False) as answer:
        assert answer.status == 303
    async with stage.http.get(f"{stage.url}/") as answer:
        found = re.search(r'name="csrf_token" value="(\w+)"', await answer.text())
    assert found is not None
    return found[1]


async def test_a_person_needs_a_role_and_the_pages_token(stage: Stage) -> None:
    """A viewer looks and changes nothing; and no other site's page can use the cookie."""
    await stage.connection("conn_1")
    token = await sign_in(stage, Role.VIEWER)
    status, listed = await stage.send("GET", "", None, {})
    assert (status, [each["id"] for each in listed["connections"]]) == (200, ["conn_1"])
    for headers, code in (({}, "csrf_token_missing"), ({"x-csrf-token": token}, "role_too_small")):
        status, problem = await stage.send("POST", "/conn_1/pause", None, headers)
        assert (status, problem["code"]) == (403, code)


async def test_a_person_sets_to_work(stage: Stage) -> None:
    """As an operator; the audit log names them."""
    await stage.connection("conn_1")
    token = await sign_in(stage, Role.OPERATOR)
    assert (await stage.send("POST", "/conn_1/pause", None, {"x-csrf-token": token}))[0] == 202
    assert [entry.actor for entry in await stage.audited("connection.paused")] == ["operator@example.com"]


async def test_a_connection_is_changed(stage_on_each: Stage) -> None:
    """Name, settings and schedule; the worker gets the settings with a run that is due at once, and it is audited."""
    stage = stage_on_each
    await stage.connection("conn_1", settings={"corpora": {"drives": ["0AD"]}})  # which Google is not asked for again
    settings = {"corpora": {"user": "owned", "drives": ["0AD"]}, "selected_folders": ["root"], "page_size": 100}
    stage.time.advance(minutes=1)
    status, shown = await stage.ask("PATCH", "/conn_1", {"name": " New ", "settings": settings})
    assert (status, shown["name"], shown["settings"]["corpora"]) == (200, "New", settings["corpora"])
    row = await stage.row("conn_1")
    assert (row.next_run_at, row.updated_at, row.settings["page_size"]) == (stage.time.now, stage.time.now, 100)
    (entry,) = await stage.audited("connection.changed")
    assert (entry.target, entry.details["name"], entry.actor_kind) == ("conn_1", "New", "machine")


async def test_a_schedule_is_followed_from_now_on(stage: Stage) -> None:
    """The next run is found anew; by hand there is none."""
    await stage.connection("conn_1")
    status, shown = await stage.ask("PATCH", "/conn_1", {"schedule": {"kind": "interval", "seconds": 7200}})
    assert (status, shown["schedule"]) == (200, {"kind": "interval", "seconds": 7200})
    row = await stage.row("conn_1")
    assert row.next_run_at is not None
    assert timedelta(hours=2) <= row.next_run_at - stage.time.now <= timedelta(hours=2.2)
    assert (await stage.ask("PATCH", "/conn_1", {"schedule": {"kind": "manual"}}))[1]["next_run_at"] is None


async def test_what_is_as_it_was_is_no_change(stage: Stage) -> None:
    """Nothing is written and nothing audited."""
    await stage.connection("conn_1")
    stage.time.advance(minutes=1)
    assert (await stage.ask("PATCH", "/conn_1", {"name": "conn_1", "schedule": {"kind": "adaptive"}}))[0] == 200
    assert (await stage.row("conn_1")).updated_at == EPOCH
    assert await stage.audited("connection.changed") == []


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "x" * 201},
        {"name": "a\x00b"},
        {"name": "\ud800"},
        {"owner": "me"},
        {"settings": {"refresh_token": "secret"}},
        {"settings": {"corpora": {"user": "some"}}},
        {"settings": {"page_size": 1001}},
        {"settings": {"selected_folders": ["a' or 'b"]}},
        {"settings": {"resources": ["content"]}},
        {"schedule": {"kind": "interval", "seconds": 1}},
        {"schedule": {"kind": "cron", "expression": "every day"}},
        {"schedule": {"kind": "cron", "expression": "0 0 * * *", "timezone": "Mars/Olympus"}},
    ],
)
async def test_wrong_changes_are_refused(stage: Stage, body: Any) -> None:
    """The whole of it, with the field named."""
    await stage.connection("conn_1")
    status, problem = await stage.ask("PATCH", "/conn_1", body)
    assert (status, problem["code"]) == (422, "invalid_request")
    assert problem["errors"][0]["field"].startswith("body.")


async def test_settings_do_not_go_beyond_the_consent(stage: Stage) -> None:
    """Comments need the greater scope: the answer says so, and what the smaller one allows is taken."""
    await stage.connection("narrow_1")
    status, problem = await stage.ask("PATCH", "/narrow_1", {"settings": {}})
    assert (status, problem["code"]) == (409, "consent_too_small")
    assert READ in problem["detail"]
    enough = {"corpora": {"user": "all", "drives": "none"}, "resources": ["file", "permission"]}
    assert (await stage.ask("PATCH", "/narrow_1", {"settings": enough}))[0] == 200


@pytest.mark.parametrize(
    ("path", "body", "wish", "status"),
    [
        ("/triggers", {}, "incremental", "active"),
        ("/triggers", {"type": "full"}, "full", "active"),
        ("/resnapshot", {"folders": ["f1", "f2"]}, "resnapshot", "active"),
        ("/pause", None, "pause", "paused"),
        ("/resume", None, "resume", "active"),
        ("/cancel", None, "cancel", "active"),
        ("/confirm", None, "confirm", "active"),
    ],
)
async def test_work_is_asked_for(stage: Stage, path: str, body: Any, wish: str, status: str) -> None:
    """The trigger is in Kafka when the answer comes, and the answer names it."""
    await stage.connection("conn_1")
    code, requested = await stage.ask("POST", f"/conn_1{path}", body)
    assert (code, requested["trigger_type"], requested["status"]) == (202, wish, status)
    (published,) = stage.publisher.published
    message = published.json()
    assert (published.key, message["trigger_type"], message["message_id"]) == ("conn_1", wish, requested["message_id"])
    assert message.get("folders") == (body or {}).get("folders")
    assert (await stage.row("conn_1")).status == status


async def test_kafka_that_is_down_is_told(stage: Stage) -> None:
    """And nothing has changed."""
    await stage.connection("conn_1")
    stage.publisher.broken = "no broker"
    status, problem = await stage.ask("POST", "/conn_1/pause")
    assert (status, problem["code"]) == (503, "kafka_unavailable")
    assert (await stage.row("conn_1")).status is ConnectionStatus.ACTIVE


async def test_cancelled_work_is_over(stage: Stage) -> None:
    """The worker tells nothing of it, so its snapshot is ended here; what had ended stays as it was."""
    name = await stage.connection("conn_1")
    moments = {"opened_at": EPOCH, "heard_at": EPOCH}
    await stage.add(Corpus(connection_id=name, corpus="user:me", held=500, eta_seconds=3.0, **moments))
    for number, status in enumerate((JobStatus.RUNNING, JobStatus.HELD, JobStatus.DONE)):
        words = {"corpus": "user:me", "snapshot_id": str(number), "counts": {}, "started_at": EPOCH}
        await stage.add(Job(id=f"job_{number}", connection_id=name, status=status, **words))
    assert (await stage.ask("POST", "/conn_1/cancel"))[0] == 202
    _, shown = await stage.ask("GET", "/conn_1")
    assert sorted(each["status"] for each in shown["jobs"]) == ["done", "failed", "failed"]
    assert (shown["corpora"][0]["held"], shown["corpora"][0]["eta_seconds"]) == (None, None)


async def test_an_ended_connection_cannot_be_changed(stage: Stage) -> None:
    """It stays for the audit log alone."""
    await stage.connection("conn_1", status=ConnectionStatus.DISCONNECTED)
    assert (await stage.ask("PATCH", "/conn_1", CHANGES))[0] == 409
    assert (await stage.ask("POST", "/conn_1/triggers", {}))[0] == 409
    assert (await stage.ask("GET", "/conn_1"))[1]["status"] == "disconnected"
