"""Consent as it happens: a control plane, an emulated Google with strict authorisation, and browsers between them.

In: a migrated database. Out: a `Stage`; what its browsers do they do over HTTP, with cookies, as a person's would.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import aiohttp
from fastapi import Request
from sqlalchemy import select
from tests.support.control_plane.context import ManualTime, Published, RecordingPublisher, context_over
from tests.support.control_plane.serving import listening, serving_at

from drive_control_plane.app import ROUTERS, create_app
from drive_control_plane.audit.log import Actor
from drive_control_plane.connections.token_routes import router as token_router
from drive_control_plane.context import Context
from drive_control_plane.database import Database
from drive_control_plane.database.tables import AuditEntry, Connection, Credential, Role, Tenant
from drive_control_plane.http.who import SignedIn
from drive_control_plane.oauth.routes import router as oauth_router
from google_drive_emulator import Emulator, World, synthetic_world

CLIENT_ID = "client-id.apps.googleusercontent.com"
CLIENT_SECRET = "client-secret"


@dataclass(frozen=True)
class Seen:
    """An answer as a browser has it."""

    status: int
    headers: dict[str, str]
    text: str
    cookies: tuple[str, ...]

    @property
    def location(self) -> str:
        return self.headers.get("location", "")

    @property
    def query(self) -> dict[str, str]:
        """The parameters of where it leads."""
        return dict(parse_qsl(urlsplit(self.location).query))


class Form(HTMLParser):
    """The one form of a page: where it goes, what it sends if nothing is changed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.action, self.fields = "", list[tuple[str, str]]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given["action"]
        elif tag == "input":
            self.fields.append((given["name"], given["value"]))


class Browser:
    """One with cookies of its own; `operator_id` is who is signed in with it."""

    def __init__(self, http: aiohttp.ClientSession, url: str, operator_id: str) -> None:
        self._http = http
        self.url = url
        self.seen: list[Seen] = []
        self.headers = {"X-Operator": operator_id}

    async def send(self, method: str, url: str, **options: Any) -> Seen:
        """Send a request and follow nothing."""
        options = {"headers": self.headers, "allow_redirects": False, **options}
        async with self._http.request(method, urljoin(self.url, url), **options) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            cookies = tuple(answer.headers.getall("Set-Cookie", ()))
            seen = Seen(answer.status, headers, await answer.text(), cookies)
        self.seen.append(seen)
        return seen

    async def start(self, **form: str) -> str:
        """Press "Connect"; where Google's page is."""
        answer = await self.send("POST", "/connect", data=form)
        assert answer.status == 303, answer.text
        return answer.location

    async def consent(self, url: str, account: str | None = None, decision: str = "allow") -> str:
        """Answer Google's page; where that leads back to."""
        page = Form((await self.send("GET", url)).text)
        chosen = account or dict(page.fields).get("login_hint", "user00@example.com")
        fields = [*page.fields, ("account", chosen), ("decision", decision)]
        answer = await self.send("POST", urljoin(url, page.action), data=fields)
        assert answer.status == 302, answer.text
        return answer.location

    async def connect(self, account: str | None = None, **form: str) -> Seen:
        """Go all the way."""
        return await self.send("GET", await self.consent(await self.start(**form), account))


@dataclass
class Stage:
    """A control plane and its Google. `operators` says who is signed in by the header that browsers here send."""

    context: Context
    time: ManualTime
    publisher: RecordingPublisher
    world: World
    google: str
    url: str
    stack: AsyncExitStack
    operators: dict[str, SignedIn] = field(default_factory=dict)

    def operator(self, name: str, tenant_id: str = "tenant_1", role: Role = Role.OPERATOR) -> SignedIn:
        actor = Actor("operator", f"{name}@company.example", tenant_id, "192.0.2.1")
        self.operators[name] = SignedIn(actor, name, tenant_id, role)
        return self.operators[name]

    async def browser(self, operator: str = "op_1") -> Browser:
        jar = aiohttp.CookieJar(unsafe=True)  # unsafe: takes cookies of addresses without a name
        return Browser(await self.stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar)), self.url, operator)

    @property
    def accounts(self) -> Sequence[str]:
        return [user.email for user in self.world.users]

    async def control(self, method: str, path: str, message: Any = None) -> Any:
        async with self.context.http.request(method, f"{self.google}/__emulator__/{path}", json=message) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def fail(self, route: str, **how: Any) -> None:
        """Have calls of Google's go wrong."""
        await self.control("POST", "faults", {"faults": [{"route": route, **how}]})

    async def asked(self, route: str) -> int:
        """How often a route of Google's was called."""
        found = (await self.control("GET", "requests"))["requests"].get(route, {})
        return sum(found.values())

    async def live_grants(self) -> list[str]:
        """Whose grants Google holds, one each."""
        return sorted(grant["user"] for grant in (await self.control("GET", "oauth"))["grants"])

    async def rows(self) -> list[Connection]:
        async with self.context.database.transaction() as session:
            return list(await session.scalars(select(Connection).order_by(Connection.created_at, Connection.id)))

    async def connection(self, connection_id: str) -> Connection:
        async with self.context.database.transaction() as session:
            return await session.get_one(Connection, connection_id)

    async def credential(self, connection_id: str) -> Credential | None:
        async with self.context.database.transaction() as session:
            return await session.get(Credential, connection_id)

    async def refresh_token(self, connection_id: str) -> str:
        found = await self.credential(connection_id)
        assert found is not None
        return self.context.vault.open(found.secret)

    async def change(self, connection_id: str, **values: Any) -> None:
        async with self.context.database.transaction() as session:
            connection = await session.get_one(Connection, connection_id)
            for name, value in values.items():
                setattr(connection, name, value)

    async def audit(self, action: str | None = None) -> list[AuditEntry]:
        async with self.context.database.transaction() as session:
            found = await session.scalars(select(AuditEntry).order_by(AuditEntry.id))
            return [entry for entry in found if action in {None, entry.action}]

    def triggers(self) -> list[Published]:
        return [each for each in self.publisher.published if each.topic == self.context.settings.kafka_topic_trigger]

    async def connected(self, account: str | None = None, operator: str = "op_1") -> str:
        """A connection, made in a browser of its own; its id."""
        answer = await (await self.browser(operator)).connect(account)
        assert answer.status == 303, answer.text
        return answer.location.rpartition("/")[2]


@asynccontextmanager
async def stage(database: Database, **settings: Any) -> AsyncIterator[Stage]:
    """Serve both, with two tenants and an operator in each."""
    time, publisher = ManualTime(), RecordingPublisher()
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(listening())
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        running = await stack.enter_async_context(Emulator(synthetic_world(files=5, seed=3), auth="strict").serve())
        google = running.base_url
        wanted = {
            "control_plane_public_url": url,
            "google_auth_uri": f"{google}/o/oauth2/v2/auth",
            "google_token_uri": f"{google}/token",
            "google_revoke_uri": f"{google}/revoke",
            "gdrive_api_base_url": f"{google}/drive/v3",
            **settings,
        }
        context = await stack.enter_async_context(
            context_over(database, clock=time.clock, publisher=publisher, **wanted)
        )
        made = Stage(context, time, publisher, running.world, google, url, stack)
        await _register(made)
        await stack.enter_async_context(serving_at(listener, _application(made)))
        yield made


def _application(stage: Stage) -> Any:
    app = create_app(stage.context)
    for router in (oauth_router, token_router):
        if router not in ROUTERS:
            app.include_router(router)

    async def who_asks(request: Request) -> SignedIn | None:
        return stage.operators.get(request.headers.get("x-operator", ""))

    app.state.who_asks = who_asks
    return app


async def _register(stage: Stage) -> None:
    redirect = stage.context.settings.redirect_uri
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uris": [redirect]}
    await stage.control("POST", "oauth", {"action": "client", **client})
    async with stage.context.database.transaction() as session:
        for tenant_id in ("tenant_1", "tenant_2"):
            session.add(Tenant(id=tenant_id, name=tenant_id, created_at=stage.time.now))
    stage.operator("op_1")
    stage.operator("op_2", "tenant_2")


def changed(url: str, **query: str) -> str:
    """An address with other parameters."""
    parts = urlsplit(url)
    return parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | query)).geturl()
