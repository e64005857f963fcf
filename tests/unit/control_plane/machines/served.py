"""A control plane that is served, with a clock that the test turns."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import aiohttp
from fastapi import APIRouter, Depends
from sqlalchemy import select
from tests.support.control_plane.context import ManualTime, context_over
from tests.support.control_plane.serving import serving

from drive_control_plane.audit.log import Actor
from drive_control_plane.context import Context
from drive_control_plane.database import Database
from drive_control_plane.database.tables import AuditEntry, MachineClient, Tenant
from drive_control_plane.machines import clients
from drive_control_plane.machines.authentication import Machine, require_scope
from drive_control_plane.machines.clients import NewSecret
from drive_control_plane.machines.routes import router as machines_router

ADMINISTRATOR = Actor("system", "test")
router = APIRouter()


@router.get("/protected")
async def protected(machine: Annotated[Machine, Depends(require_scope("connections:read"))]) -> dict[str, Any]:
    """Show who asks, to those with the scope."""
    return {"client_id": machine.client_id, "tenant_id": machine.tenant_id, "scopes": sorted(machine.scopes)}


@dataclass
class Served:
    """A control plane at `url`, seen from outside by `http`."""

    url: str
    context: Context
    time: ManualTime
    http: aiohttp.ClientSession

    async def client(self, *scopes: str, tenant_id: str | None = "tenant_1") -> NewSecret:
        async with self.context.database.transaction() as session:
            wanted = scopes or ("connections:read", "connections:write")
            return await clients.create(session, self.time.now, ADMINISTRATOR, "a client", wanted, tenant_id)

    async def row(self, client_id: str) -> MachineClient:
        async with self.context.database.transaction() as session:
            return await session.get_one(MachineClient, client_id)

    async def ask(self, form: dict[str, str] | str, **options: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
        """POST a form to the token endpoint: status, JSON, headers in lower case."""
        async with self.http.post(f"{self.url}/oauth/token", data=form, **options) as answer:
            return answer.status, await answer.json(), {name.lower(): value for name, value in answer.headers.items()}

    async def show(self, client_id: str, secret: str, **more: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Ask for a token as a client does."""
        auth = {"client_id": client_id, "client_secret": secret}
        return await self.ask({"grant_type": "client_credentials", **auth, **more})

    async def token(self, client: NewSecret, **more: str) -> str:
        status, body, _ = await self.show(client.client_id, client.secret, **more)
        assert status == 200, body
        return str(body["access_token"])

    async def protected(self, authorization: str | None) -> tuple[int, dict[str, Any], dict[str, str]]:
        headers = {} if authorization is None else {"Authorization": authorization}
        async with self.http.get(f"{self.url}/protected", headers=headers) as answer:
            found = {name.lower(): value for name, value in answer.headers.items()}
            return answer.status, await answer.json(content_type=None), found

    async def audit(self, action: str) -> list[AuditEntry]:
        async with self.context.database.transaction() as session:
            wanted = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)
            return list(await session.scalars(wanted))


@asynccontextmanager
async def served_over(database: Database) -> AsyncIterator[Served]:
    time = ManualTime()
    async with (
        context_over(database, clock=time.clock) as context,
        serving(context, machines_router, router) as url,
        aiohttp.ClientSession() as http,
    ):
        async with database.transaction() as session:
            session.add(Tenant(id="tenant_1", name="One", created_at=time.now))
        yield Served(url, context, time, http)
