"""Quotas as a client meets them (facts C2, D)."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from google_drive_emulator import Emulator, QuotaSettings, synthetic_world

from .conftest import Client

FROZEN = {"now": "2026-10-02T12:34:00Z", "frozen": True}


async def limit(client: Client, **settings: object) -> None:
    """Stop the clock at the beginning of a minute and set a quota."""
    assert (await client.control("PUT", "clock", FROZEN)).status == 200
    assert (await client.control("PUT", "quota", settings)).status == 200


async def statuses(client: Client, count: int, path: str = "files") -> list[int]:
    return [(await client.get(path)).status for _ in range(count)]


async def test_no_limit_is_the_default(client: Client) -> None:
    """Without a quota nothing is counted."""
    await client.get("files")
    answer = (await client.control("GET", "quota")).json
    assert (answer["settings"]["model"], answer["usage"]) == ("off", [])


async def test_units_run_out_and_come_back(client: Client) -> None:
    """A list costs 100 units and a get 5; the next minute of the emulator's clock brings new ones."""
    await limit(client, model="units", user_units=205)
    assert await statuses(client, 3) == [200, 200, 403]
    assert await statuses(client, 2, "files/root") == [200, 403]
    await client.control("PUT", "clock", {"advance_ms": 60_000})
    assert await statuses(client, 1) == [200]


async def test_downloads_cost_more_than_reading(client: Client) -> None:
    """The same file costs 5 units to read and 200 to download."""
    item = client.world.create("a.txt", data=b"hello")
    await limit(client, model="units", user_units=210)
    assert [(await client.read(item.id)).status for _ in range(2)] == [200, 403]
    assert await statuses(client, 3, f"files/{item.id}") == [200, 200, 403]


@pytest.mark.parametrize(
    ("shape", "status", "reason"),
    [
        ("classic", 403, "userRateLimitExceeded@"),
        ("gateway", 403, "rateLimitExceeded@"),
        ("too_many_requests", 429, "rateLimitExceeded@"),
    ],
)
async def test_a_refusal_has_the_shape_that_is_set(client: Client, shape: str, status: int, reason: str) -> None:
    """Google refuses in several ways (facts C2)."""
    await limit(client, model="queries", user_queries=0, shape=shape)
    answer = await client.get("files")
    assert (answer.status, answer.reason) == (status, reason)


async def test_a_refusal_can_lack_errors(client: Client) -> None:
    """The gateway's barest form names the limit in its details only (facts C1)."""
    await limit(client, model="queries", user_queries=0, shape="gateway_bare")
    error = (await client.get("files")).json["error"]
    assert "errors" not in error
    assert error["details"][0]["metadata"]["quota_limit_value"] == "0"


async def test_each_user_has_an_allowance(client: Client) -> None:
    """One user's calls leave another's alone, but the project is one."""
    await limit(client, model="queries", user_queries=2, project_queries=3)
    outcomes = {}
    for user in client.world.users[:2]:
        client.token = user.email
        outcomes[user.email] = [(await client.get("files")) for _ in range(3)]
    first, second = outcomes.values()
    assert [answer.status for answer in first] == [200, 200, 403]
    assert [answer.status for answer in second] == [200, 403, 403]
    assert (first[2].reason, second[1].reason) == ("userRateLimitExceeded@", "rateLimitExceeded@")


async def test_what_is_refused_before_it_is_counted_costs_nothing(client: Client) -> None:
    """Without good credentials there is no user to charge; an error of the method itself is charged."""
    await limit(client, model="queries", user_queries=1)
    client.token = None
    assert await statuses(client, 3) == [403, 403, 403]
    client.token = "any"
    assert await statuses(client, 2, "files/nope") == [404, 403]


async def test_usage_is_told_by_minute(client: Client) -> None:
    """GET quota says what was let through and refused; DELETE counts again from nothing."""
    await limit(client, model="units", user_units=150)
    await statuses(client, 2)
    user, project = (await client.control("GET", "quota")).json["usage"]
    assert (user["level"], user["name"]) == ("user", client.world.users[0].email)
    assert (user["used"], user["allowed"], user["refused"]) == (100, 1, 1)
    assert (project["level"], project["minute"]) == ("project", "2026-10-02T12:34:00.000Z")
    await client.control("DELETE", "quota")
    assert await statuses(client, 1) == [200]


async def test_settings_that_make_no_sense_are_refused(client: Client) -> None:
    """The answer says which."""
    negative = await client.control("PUT", "quota", {"user_units": -1})
    unknown = await client.control("PUT", "quota", {"model": "coins"})
    assert (negative.status, unknown.status) == (400, 400)
    assert "user_units must be at least 0" in negative.json["error"]
    assert "coins" in unknown.json["error"]


@pytest.fixture
async def limited() -> AsyncIterator[Client]:
    """Serve a world with a quota from the start."""
    emulator = Emulator(synthetic_world(files=5), quota=QuotaSettings(model="queries", user_queries=0))
    async with emulator.serve() as running, aiohttp.ClientSession() as session:
        yield Client(session, running.base_url, running.world)


async def test_a_program_can_start_with_a_quota(limited: Client) -> None:
    """``Emulator(quota=...)`` limits from the first call on, also after a reset."""
    before = await statuses(limited, 1)
    await limited.control("POST", "reset")
    assert (before, await statuses(limited, 1)) == ([403], [403])
