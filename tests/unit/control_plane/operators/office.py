"""Operators with browsers of their own at a control plane that is served."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
from sqlalchemy import select
from tests.support.control_plane.context import EPOCH, ManualTime, context_over
from tests.support.control_plane.serving import serving

from drive_control_plane.audit.log import Actor
from drive_control_plane.context import Context
from drive_control_plane.database import Database
from drive_control_plane.database.tables import AuditEntry, Operator, Role
from drive_control_plane.http.who import SignedIn
from drive_control_plane.operators import accounts

PASSWORD = "correct horse battery"
SYSTEM = Actor("system", "test")


@dataclass
class Desk:
    """One browser; `email` is who is signed in with it."""

    http: aiohttp.ClientSession
    url: str
    email: str

    async def get(self, path: str) -> tuple[int, str]:
        async with self.http.get(self.url + path, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("location", "") or await answer.text()

    async def send(self, path: str, **form: str) -> tuple[int, str]:
        """Post a form as it is."""
        async with self.http.post(self.url + path, data=form, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("location", "") or await answer.text()

    async def post(self, path: str, **form: str) -> tuple[int, str]:
        """Post a form with the token that the pages carry."""
        _, text = await self.get("/account")
        token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', text)
        return await self.send(path, csrf_token=token[1] if token else "", **form)

    async def sign_in(self, password: str = PASSWORD) -> int:
        return (await self.send("/sign-in", email=self.email, password=password))[0]


@dataclass
class Office:
    """The control plane and who works at it."""

    context: Context
    time: ManualTime
    url: str
    stack: AsyncExitStack

    async def browser(self, email: str = "") -> Desk:
        jar = aiohttp.CookieJar(unsafe=True)
        return Desk(await self.stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar)), self.url, email)

    async def hired(self, name: str, role: Role = Role.ADMINISTRATOR, tenant: str = "default") -> Desk:
        """Somebody new, signed in."""
        email = f"{name}@example.com"
        link = await accounts.invite(self.context, SYSTEM, role, email, tenant)
        desk = await self.browser(email)
        assert await desk.send(f"/setup/{link}", email=email, password=PASSWORD) == (303, "/")
        return desk

    async def account(self, name: str) -> Operator:
        async with self.context.database.transaction() as session:
            found = await session.scalar(select(Operator).where(Operator.email == f"{name}@example.com"))
        assert found is not None
        return found

    async def signed_in(self, name: str) -> SignedIn:
        """The same person without a browser."""
        account = await self.account(name)
        actor = Actor("operator", account.email, account.tenant_id, "192.0.2.1")
        return SignedIn(actor, account.id, account.tenant_id, account.role)

    async def audit(self, action: str | None = None) -> list[AuditEntry]:
        async with self.context.database.transaction() as session:
            found = (await session.scalars(select(AuditEntry).order_by(AuditEntry.id))).all()
        return [entry for entry in found if action in {None, entry.action}]


@asynccontextmanager
async def office_over(database: Database, start: datetime = EPOCH, **settings: Any) -> AsyncIterator[Office]:
    time = ManualTime(start)
    async with (
        context_over(database, clock=time.clock, **settings) as context,
        serving(context) as url,
        AsyncExitStack() as stack,
    ):
        yield Office(context, time, url, stack)
