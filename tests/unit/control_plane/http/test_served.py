"""The server of the process itself: what it believes, and where it leads."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from sqlalchemy import select
from tests.support.control_plane.context import make_settings
from tests.support.control_plane.databases import url_of

from clustera_toolkit.kafka import EmbeddedBroker
from clustera_toolkit.testing.ports import free_port
from drive_control_plane.database import Database
from drive_control_plane.database.tables import AuditEntry
from drive_control_plane.server import serve

WAIT_SECONDS = 30.0


@asynccontextmanager
async def served(database: Database, broker: EmbeddedBroker, topic: str) -> AsyncIterator[str]:
    """The whole process in the test's loop; its address."""
    port = free_port()
    names = ("trigger", "webhook", "errors", "events", "records")
    settings = make_settings(
        database_url=url_of(database),
        kafka_bootstrap_servers=broker.bootstrap_servers,
        control_plane_http_port=port,
        webhooks_enabled=False,
        **{f"kafka_topic_{each}": f"{topic}.{each}" for each in names},
    )
    stop, listening = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(serve(settings, stop, lambda _: listening.set()))
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await listening.wait()
        yield f"http://127.0.0.1:{port}"
    finally:
        stop.set()
        await running


@pytest.fixture
async def address(
    database: Database, embedded_broker: EmbeddedBroker, topic_names: Callable[[str], str]
) -> AsyncIterator[str]:
    """Provide where a process serves."""
    async with served(database, embedded_broker, topic_names("served")) as url:
        yield url


async def test_nobody_says_from_where_they_come(address: str, database: Database) -> None:
    """Without proxies of our own a header changes no address, not even of who comes from this very machine."""
    form = {"email": "eve@example.com", "password": "a guess"}
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "Forwarded": "for=203.0.113.9"}
    async with aiohttp.ClientSession() as http, http.post(f"{address}/sign-in", data=form, headers=headers) as answer:
        assert answer.status == 401
    async with database.reading() as session:
        entry = await session.scalar(select(AuditEntry).where(AuditEntry.action == "operator.signed_in"))
    assert entry is not None
    assert entry.address == "127.0.0.1"


async def test_no_address_leads_to_another_host(address: str) -> None:
    """A slash too many is no page: a redirect would lead to whatever host the request names."""
    async with aiohttp.ClientSession() as http:
        for path in ("/sign-in/", "//evil.example/", "/static", "/connections/x/", "/setup/secret/"):
            asked = http.get(address + path, headers={"Host": "evil.example"}, allow_redirects=False)
            async with asked as answer:
                assert "evil.example" not in answer.headers.get("location", ""), path


async def test_files_of_our_own_may_be_kept(address: str) -> None:
    """Scripts and styles are nobody's secret; everything else is kept by nobody."""
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{address}/static/style.css") as answer:
            assert (answer.status, "no-store" in answer.headers.get("cache-control", "")) == (200, False)
        async with http.get(f"{address}/openapi.json") as answer:
            assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")


async def test_what_a_route_refuses_is_in_the_document(address: str) -> None:
    """Beside what any request may be told under the same status."""
    async with aiohttp.ClientSession() as http, http.get(f"{address}/openapi.json") as answer:
        paths = (await answer.json())["paths"]
    told = {method: paths["/v1/connections/{connection_id}"][method]["responses"]["422"] for method in ("get", "patch")}
    assert all(each["description"].startswith("`invalid_request`: ") for each in told.values())
    assert "`folders_not_followed`" in told["patch"]["description"]
    assert "Validation Error" not in told["get"]["description"]
