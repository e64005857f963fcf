"""A control plane, an identity provider that may lie, and browsers between them."""

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.control_plane.context import ManualTime, context_over
from tests.support.control_plane.identity_provider import CLIENT_ID, CLIENT_SECRET, Faker, identity_provider
from tests.support.control_plane.serving import serving
from tests.unit.control_plane.operators.office import Desk, Office

from drive_control_plane.database import Database


@dataclass
class Hall(Office):
    """An office whose people come by an identity provider."""

    provider: Faker = field(kw_only=True)

    async def sent(self, desk: Desk) -> str:
        """Press the button; the address at the control plane to which the provider sends the browser back."""
        status, there = await desk.get("/sign-in/oidc")
        assert status == 303, there
        async with desk.http.get(there, allow_redirects=False) as answer:
            return str(answer.headers["location"]).removeprefix(self.url)

    async def comes(self, desk: Desk, email: str, subject: str = "", **claims: Any) -> tuple[int, str]:
        """Sign in as somebody, all the way."""
        self.provider.signs_in(email, subject, **claims)
        return await desk.get(await self.sent(desk))


@asynccontextmanager
async def hall_over(database: Database, **settings: Any) -> AsyncIterator[Hall]:
    time = ManualTime()
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(identity_provider(time.clock.now))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        wanted = {
            "control_plane_public_url": f"http://127.0.0.1:{port}",
            "oidc_issuer": provider.url,
            "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": CLIENT_SECRET,
            "oidc_name": "Company",
            **settings,
        }
        context = await stack.enter_async_context(context_over(database, clock=time.clock, **wanted))
        url = await stack.enter_async_context(serving(context, port=port))
        yield Hall(context, time, url, stack, provider=provider)
