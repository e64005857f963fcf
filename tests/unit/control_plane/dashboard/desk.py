"""A desk: an operator's browser at a control plane whose database the test fills.

In: a migrated database. Out: pages as they are served over HTTP, with the time standing still.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from tests.support.control_plane.context import EPOCH, ManualTime, context_over
from tests.support.control_plane.serving import serving

from drive_control_plane.audit.log import Actor
from drive_control_plane.context import Context
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Connection, ConnectionStatus, Corpus, Role
from drive_control_plane.operators import accounts

PASSWORD = "correct horse battery"


@dataclass
class Desk:
    """An operator's browser, and the database behind what it shows."""

    http: aiohttp.ClientSession
    url: str
    context: Context
    time: ManualTime

    async def get(self, path: str) -> tuple[int, str]:
        """Open a page."""
        async with self.http.get(self.url + path, allow_redirects=False) as answer:
            return answer.status, await answer.text()

    async def sign_in(self, role: Role = Role.ADMINISTRATOR) -> None:
        """Become somebody with this role."""
        secret = await accounts.invite(self.context, Actor("system", "test"), role)
        form = {"email": f"{role.value}@example.com", "password": PASSWORD}
        async with self.http.post(f"{self.url}/setup/{secret}", data=form, allow_redirects=False) as answer:
            assert answer.status == 303

    async def add(self, *rows: Any) -> None:
        """Put rows into the database."""
        async with self.context.database.transaction() as session:
            session.add_all(rows)

    async def connection(self, name: str = "Ada's Drive", tenant: str = "default", **values: Any) -> str:
        """Put a connection there; its id."""
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
async def desk_over(database: Database, **settings: Any) -> AsyncIterator[Desk]:
    """A desk at which nobody is signed in yet."""
    time = ManualTime()
    async with (
        context_over(database, clock=time.clock, **settings) as context,
        serving(context) as url,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http,
    ):
        yield Desk(http, url, context, time)


def corpus(connection_id: str, **values: Any) -> Corpus:
    """The user's own log of a connection."""
    return Corpus(connection_id=connection_id, corpus="user:me", opened_at=EPOCH, heard_at=EPOCH, **values)
