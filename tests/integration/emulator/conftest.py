"""A running emulator and a client that talks to it over a real socket."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from google_drive_emulator import Emulator, World, synthetic_world


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the headers, and the body as bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the decoded body."""
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        """Return the reason and location of a Drive error, as ``reason@location``."""
        error = self.json["error"]["errors"][0]
        return f"{error['reason']}@{error.get('location', '')}"


@dataclass
class Client:
    """Calls an emulator; every call carries a bearer token unless told otherwise."""

    session: aiohttp.ClientSession
    base_url: str
    world: World
    token: str | None = "any"

    async def send(self, method: str, path: str, **options: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= options.pop("headers", {})
        timeout = aiohttp.ClientTimeout(total=20)
        async with self.session.request(
            method, self.base_url + path, headers=headers, timeout=timeout, **options
        ) as response:
            return Answer(response.status, response.headers, await response.read())

    async def get(self, path: str, **params: str) -> Answer:
        """Call a Drive method."""
        return await self.send("GET", f"/drive/v3/{path}", params=params)

    async def read(self, file_id: str, byte_range: str | None = None) -> Answer:
        """Download a file or a part of it."""
        headers = {} if byte_range is None else {"Range": byte_range}
        return await self.send("GET", f"/drive/v3/files/{file_id}?alt=media", headers=headers)

    async def pages(self, path: str, items: str, **params: str) -> list[Any]:
        """Read all pages of a list and return their items."""
        found: list[Any] = []
        while True:
            answer = await self.get(path, **params)
            assert answer.status == 200, answer.body
            found += answer.json[items]
            if "nextPageToken" not in answer.json:
                return found
            params["pageToken"] = answer.json["nextPageToken"]

    async def control(self, method: str, path: str, message: object = None) -> Answer:
        """Call the control API."""
        body = None if message is None else json.dumps(message)
        return await self.send(method, f"/__emulator__/{path}", data=body)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """Serve a synthetic world of 300 items."""
    async with Emulator(synthetic_world(files=300, seed=1)).serve() as running, aiohttp.ClientSession() as session:
        yield Client(session, running.base_url, running.world)
