"""Who may do what: a rule for each route of the application, and callers of all kinds to try them.

In: a migrated database. Out: the routes as the application has them, and callers whose requests are judged as they
would be anywhere. A route without a rule here fails `test_every_route.py`: whoever adds one has to say who may use it.
"""

import itertools
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from fastapi.routing import APIRoute
from sqlalchemy import func, select
from tests.support.control_plane.context import EPOCH, ManualTime, RecordingPublisher, context_over
from tests.support.control_plane.serving import serving

from drive_control_plane.app import ROUTERS
from drive_control_plane.context import Context
from drive_control_plane.database import Database, new_id
from drive_control_plane.database.tables import (
    AuditEntry,
    Connection,
    ConnectionStatus,
    Credential,
    CredentialKind,
    MachineClient,
    Operator,
    Role,
    SetupLink,
    Tenant,
)
from drive_control_plane.machines.scopes import Scope
from drive_control_plane.operators import sessions
from drive_control_plane.security.secrets import hash_of, new_secret
from drive_control_plane.security.tokens import tokens_of

REFRESH_TOKEN, ACCESS_TOKEN = "1//canary-refresh-token", "ya29.canary-access-token"
MINE, THEIRS = "default", "tenant_of_others"
NOWHERE = "http://127.0.0.1:9"
VIEWER, OPERATOR, ADMINISTRATOR = Role.VIEWER, Role.OPERATOR, Role.ADMINISTRATOR
READ, WRITE, RUN, TOKEN, AUDIT = (
    Scope.CONNECTIONS_READ,
    Scope.CONNECTIONS_WRITE,
    Scope.TRIGGERS_WRITE,
    Scope.CONNECTIONS_TOKEN,
    Scope.AUDIT_READ,
)


@dataclass(frozen=True)
class Rule:
    """Who may use a route: people from a role on, programs with a scope; None: nobody of that kind."""

    least: Role | None = None
    scope: Scope | None = None
    json: Any = None
    """A body that is good: what is refused is then refused for who asks."""
    form: Mapping[str, str] = field(default_factory=dict)


_KEY = {"service_account": "no key"}
_PASSWORDS = {"old": "correct horse battery", "new": "another horse battery", "again": "another horse battery"}
_CONNECTION, _V1 = "/connections/{connection_id}", "/v1/connections/{connection_id}"

PUBLIC: Mapping[str, str] = {
    "POST /webhooks/google-drive": "Google comes with a channel's token, which is checked",
    "GET /health/live": "for probes; it says that the process lives",
    "GET /health/ready": "for probes; it says that the database answers",
    "GET /metrics": "for Prometheus; no label holds an id: a proxy keeps it from the world (docs/control-plane.md)",
    "GET /sign-in": "who is not signed in has to be able to",
    "POST /sign-in": "the same; a page of another site is refused by its Origin",
    "GET /sign-in/oidc": "the same; it leads to an address of the settings",
    "GET /sign-in/oidc/callback": "the sealed cookie of the browser that began is what counts",
    "GET /setup/{secret}": "the link is the right",
    "POST /setup/{secret}": "the link is the right",
    "GET /connect/callback": "it tells strangers on a page to sign in, and takes nothing of them",
    "POST /oauth/token": "the client's secret is the right",
}
"""Routes that answer strangers, and why."""

RULES: Mapping[str, Rule] = {
    "POST /sign-out": Rule(VIEWER),
    "GET /operators": Rule(ADMINISTRATOR),
    "POST /operators/invitations": Rule(ADMINISTRATOR, form={"role": "viewer", "email": "new@example.com"}),
    "POST /operators/invitations/{link_hash}/withdraw": Rule(ADMINISTRATOR),
    "POST /operators/{operator_id}/role": Rule(ADMINISTRATOR, form={"role": "administrator"}),
    "POST /operators/{operator_id}/{deed}": Rule(ADMINISTRATOR),
    "GET /account": Rule(VIEWER),
    "POST /account/password": Rule(VIEWER, form=_PASSWORDS),
    "POST /account/sign-out-others": Rule(VIEWER),
    "POST /connect": Rule(OPERATOR),
    "GET /service-accounts/new": Rule(OPERATOR),
    "POST /service-accounts": Rule(OPERATOR),
    "GET /service-accounts/{connection_id}": Rule(OPERATOR),
    "POST /service-accounts/{connection_id}": Rule(OPERATOR),
    "GET /": Rule(VIEWER),
    "GET /fragments/overview": Rule(VIEWER),
    "GET /fragments/figures": Rule(VIEWER),
    "GET /fragments/charts": Rule(VIEWER),
    "GET /events": Rule(VIEWER),
    "GET /audit": Rule(ADMINISTRATOR),
    f"GET {_CONNECTION}": Rule(VIEWER),
    f"GET /fragments{_CONNECTION}": Rule(VIEWER),
    f"GET /fragments{_CONNECTION}/corpora": Rule(VIEWER),
    f"GET /fragments{_CONNECTION}/charts": Rule(VIEWER),
    f"GET /fragments{_CONNECTION}/folders": Rule(OPERATOR),
    f"GET /fragments{_CONNECTION}/dead-letters": Rule(VIEWER),
    f"GET /fragments{_CONNECTION}/changes": Rule(VIEWER),
    f"GET {_CONNECTION}/settings": Rule(OPERATOR),
    f"POST {_CONNECTION}/settings": Rule(OPERATOR, form={"name": "Ada"}),
    f"POST {_CONNECTION}/{{deed}}": Rule(OPERATOR),
    f"POST {_CONNECTION}/dead-letters/replay": Rule(OPERATOR),
    "GET /v1/audit": Rule(ADMINISTRATOR, AUDIT),
    "GET /v1/usage": Rule(VIEWER, READ),
    "GET /v1/connections": Rule(VIEWER, READ),
    "POST /v1/connections": Rule(OPERATOR, WRITE, json=_KEY),
    "POST /v1/connections/bulk": Rule(OPERATOR, WRITE, json={**_KEY, "subjects": ["ada@example.com"]}),
    f"GET {_V1}": Rule(VIEWER, READ),
    f"PATCH {_V1}": Rule(OPERATOR, WRITE, json={"name": "Another"}),
    f"DELETE {_V1}": Rule(OPERATOR, WRITE),
    f"PUT {_V1}/service-account": Rule(OPERATOR, WRITE, json=_KEY),
    f"POST {_V1}/triggers": Rule(OPERATOR, RUN, json={"type": "full"}),
    f"POST {_V1}/resnapshot": Rule(OPERATOR, RUN, json={"folders": ["folder"]}),
    f"POST {_V1}/pause": Rule(OPERATOR, RUN),
    f"POST {_V1}/resume": Rule(OPERATOR, RUN),
    f"POST {_V1}/cancel": Rule(OPERATOR, RUN),
    f"POST {_V1}/confirm": Rule(OPERATOR, RUN),
    f"GET {_V1}/folders": Rule(OPERATOR, READ),
    f"GET {_V1}/dead-letters": Rule(VIEWER, READ),
    f"POST {_V1}/dead-letters/replay": Rule(OPERATOR, RUN, json={"all": True}),
    f"GET {_V1}/recent-changes": Rule(OPERATOR, READ),
    f"POST {_V1}/access-token": Rule(None, TOKEN),
}
DEEDS = {"/connections": ("look", "pause", "disconnect"), "/operators": ("sign-out", "disable", "enable")}
"""Of the routes whose last part is a button."""


def routes() -> Iterator[str]:
    """Each route of the application, as `METHOD /path`."""
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute), f"{route} is no route of a kind that is known here"
            yield from (f"{method} {route.path}" for method in sorted(route.methods or ()))


@dataclass(frozen=True)
class Answer:
    """What a caller got."""

    status: int
    code: str
    text: str
    headers: Mapping[str, str]

    @property
    def is_sent_to_sign_in(self) -> bool:
        return self.status == 303 and self.headers.get("location") == "/sign-in"


@dataclass
class House:
    """A control plane with two tenants; everybody who calls is made for the call."""

    context: Context
    time: ManualTime
    publisher: RecordingPublisher
    url: str
    http: aiohttp.ClientSession
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    async def person(self, role: Role, tenant: str = MINE) -> dict[str, str]:
        """The headers of somebody who is signed in, with the session's token."""
        who = Operator(id=new_id("op"), tenant_id=tenant, email=self._email(), role=role, created_at=self.time.now)
        async with self.context.database.transaction() as session:
            session.add(who)
            await session.flush()
            secret = sessions.begin(session, who, self.time.now, "127.0.0.1")
        token = sessions.csrf_token(self.context, hash_of(secret))
        return {"Cookie": f"session={secret}", "X-CSRF-Token": token}

    async def program(self, *scopes: Scope, tenant: str | None = MINE) -> dict[str, str]:
        """The headers of a client with these scopes."""
        client = MachineClient(
            id=new_id("client"),
            tenant_id=tenant,
            name="a client",
            scopes=list(scopes),
            secret_hash=hash_of(new_secret()),
            created_at=self.time.now,
        )
        async with self.context.database.transaction() as session:
            session.add(client)
        token = tokens_of(self.context.settings).sign(self.time.now, client.id, scopes, tenant)
        return {"Authorization": f"Bearer {token}"}

    async def connection(self, tenant: str = MINE) -> str:
        """A connection with a grant of its own; its id."""
        number = f"{next(self._numbers)}"
        connection = Connection(
            id=new_id("conn"), tenant_id=tenant, name="Ada", account_id=number, account_email="ada@example.com",
            status=ConnectionStatus.ACTIVE, settings={}, schedule={"kind": "adaptive"},
            created_at=self.time.now, updated_at=self.time.now,
        )  # fmt: skip
        credential = Credential(
            connection_id=connection.id, kind=CredentialKind.USER, secret=self.context.vault.seal(REFRESH_TOKEN),
            scopes=["https://www.googleapis.com/auth/drive.readonly"], granted_at=self.time.now,
            access_token=self.context.vault.seal(ACCESS_TOKEN), access_expires_at=EPOCH.replace(year=2100),
        )  # fmt: skip
        async with self.context.database.transaction() as session:
            session.add(connection)
            await session.flush()
            session.add(credential)
        return connection.id

    async def paths(self, route: str, tenant: str = MINE) -> list[str]:
        """The addresses of a route, with things of a tenant that are there."""
        path = route.partition(" ")[2]
        async with self.context.database.transaction() as session:
            link = SetupLink(
                secret_hash=hash_of(new_secret()), tenant_id=tenant, email=self._email(), role=VIEWER,
                created_at=self.time.now, expires_at=EPOCH.replace(year=2100),
            )  # fmt: skip
            someone = Operator(
                id=new_id("op"), tenant_id=tenant, email=self._email(), role=VIEWER, created_at=self.time.now
            )
            session.add_all([link, someone])
            await session.flush()
            values = {"link_hash": link.secret_hash, "operator_id": someone.id, "secret": "no-such-secret"}
        if "{deed}" not in path:
            return [path.format(**values, connection_id=await self.connection(tenant))]
        deeds = next(deeds for start, deeds in DEEDS.items() if path.startswith(start))
        return [path.format(**values, connection_id=await self.connection(tenant), deed=deed) for deed in deeds]

    async def call(self, route: str, path: str, sent: Mapping[str, str]) -> Answer:
        """Ask as the route wants to be asked; of an answer without end its beginning is read."""
        method, rule = route.partition(" ")[0], RULES.get(route, Rule())
        body: dict[str, Any] = {"json": rule.json} if rule.json is not None else {}
        if method == "POST" and not path.startswith("/v1/"):
            body = {"data": _form(route, rule)}
        asked = self.http.request(method, self.url + path, headers=sent, allow_redirects=False, **body)
        async with asked as answer:
            is_stream = answer.content_type == "text/event-stream"
            text = (await answer.content.readany()).decode() if is_stream else await answer.text()
            code = (await answer.json(content_type=None)).get("code", "") if "problem" in answer.content_type else ""
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, code, text, headers)

    async def entries(self, action: str = "") -> int:
        """How many entries the audit log has, of an action or of all."""
        counted = select(func.count()).where(AuditEntry.action.startswith(action))
        async with self.context.database.reading() as session:
            return int(await session.scalar(counted) or 0)

    def _email(self) -> str:
        return f"person{next(self._numbers)}@example.com"


def _form(route: str, rule: Rule) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in rule.form.items():
        form.add_field(name, value)
    if route == "POST /service-accounts":
        form.add_field("key_file", b"no key", filename="key.json", content_type="application/json")
    return form


@asynccontextmanager
async def house_over(database: Database, **settings: Any) -> AsyncIterator[House]:
    """A house whose Google does not answer."""
    time, publisher = ManualTime(), RecordingPublisher()
    google = {"google_token_uri": NOWHERE, "google_revoke_uri": NOWHERE, "gdrive_api_base_url": NOWHERE}
    async with (
        context_over(database, clock=time.clock, publisher=publisher, **google, **settings) as context,
        serving(context) as url,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        async with database.transaction() as session:
            session.add_all([Tenant(id=each, name=each, created_at=time.now) for each in (MINE, THEIRS)])
        yield House(context, time, publisher, url, http)
