"""Faults as a client meets them (facts C1, C2, Z4)."""

import asyncio
import json
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest

from .conftest import Client


async def inject(client: Client, **fault: Any) -> None:
    """Add one fault."""
    answer = await client.control("POST", "faults", {"faults": [fault]})
    assert answer.status == 200, answer.body


@pytest.mark.parametrize(
    ("status", "reason", "domain"),
    [
        (403, "userRateLimitExceeded", "usageLimits"),
        (403, "rateLimitExceeded", "usageLimits"),
        (403, "dailyLimitExceeded", "usageLimits"),
        (429, "rateLimitExceeded", "usageLimits"),
        (500, "internalError", "global"),
        (503, "backendError", "global"),
        (403, "domainPolicy", "global"),
    ],
)
async def test_classic_errors_have_errors_only(client: Client, status: int, reason: str, domain: str) -> None:
    """Drive's own errors have ``errors`` and no status or details."""
    await inject(client, status=status, reason=reason)
    answer = await client.get("files")
    error = answer.json["error"]
    assert (answer.status, error["code"], set(error)) == (status, status, {"code", "message", "errors"})
    assert (error["errors"][0]["reason"], error["errors"][0]["domain"]) == (reason, domain)


@pytest.mark.parametrize(("shape", "has_errors"), [("gateway", True), ("gateway_bare", False)])
@pytest.mark.parametrize(
    ("reason", "limit"),
    [("userRateLimitExceeded", "defaultPerMinutePerUser"), ("rateLimitExceeded", "defaultPerMinutePerProject")],
)
async def test_gateway_errors_have_details(
    client: Client, shape: str, has_errors: bool, reason: str, limit: str
) -> None:
    """The gateway says which limit in ErrorInfo, with or without ``errors``."""
    await inject(client, status=403, reason=reason, shape=shape)
    error = (await client.get("files")).json["error"]
    assert ("errors" in error) == has_errors
    assert not has_errors or error["errors"][0]["reason"] == "rateLimitExceeded"
    info = error["details"][0]
    assert (info["reason"], info["metadata"]["quota_limit"]) == ("RATE_LIMIT_EXCEEDED", limit)


async def test_a_401_is_that_of_a_bad_token(client: Client) -> None:
    """An injected 401 is no different from a real one."""
    await inject(client, status=401)
    answer = await client.get("files")
    assert (answer.status, answer.reason) == (401, "authError@Authorization")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("kind", ["error", "html", "empty_body"])
async def test_retry_after_can_be_asked_for(client: Client, kind: str) -> None:
    """Drive promises no Retry-After, so it is there only if asked for."""
    await inject(client, kind=kind, status=503, retry_after=7)
    await inject(client, kind=kind, status=503)
    with_header, without = await client.get("files"), await client.get("files")
    assert (with_header.status, with_header.headers["Retry-After"]) == (503, "7")
    assert "Retry-After" not in without.headers


async def test_an_empty_body_is_empty(client: Client) -> None:
    """Some of Google's 502 have no body at all; a success without one can be asked for too."""
    await inject(client, kind="empty_body", status=502)
    await inject(client, kind="empty_body", status=200)
    bad, good = await client.get("files"), await client.get("files")
    assert (bad.status, bad.body) == (502, b"")
    assert (good.status, good.body) == (200, b"")


async def read_all(client: Client, path: str) -> tuple[bytes, bool]:
    """Get a path by a socket of its own: the body as far as it came, and whether the connection was reset."""
    address = urlsplit(client.base_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n\r\n".encode())
    received, is_reset = b"", False
    try:
        while chunk := await asyncio.wait_for(reader.read(65_536), 10):
            received += chunk
    except ConnectionResetError:
        is_reset = True
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    return received.partition(b"\r\n\r\n")[2], is_reset


@pytest.mark.parametrize(
    ("fault", "size", "is_reset"),
    [
        ({"kind": "reset"}, 0, True),
        ({"kind": "reset_in_body", "after_bytes": 5_000}, 5_000, True),
        ({"kind": "reset_in_body"}, 0, True),
        ({"kind": "truncate"}, 50_000, False),
        ({"kind": "stall", "latency_ms": 1}, 0, False),
    ],
)
async def test_a_cut_is_seen_as_what_it_is(client: Client, fault: dict[str, Any], size: int, is_reset: bool) -> None:
    """A reset connection is an error to the client, a closed one is an end; before either come so many bytes."""
    item = client.world.create("a.bin", data=bytes(100_000))
    await inject(client, **fault)
    body, was_reset = await read_all(client, f"/drive/v3/files/{item.id}?alt=media")
    assert (len(body), was_reset) == (size, is_reset)
    assert (await client.read(item.id)).body == bytes(100_000)


async def test_half_an_answer_can_look_whole(client: Client) -> None:
    """``truncate_json`` has the right length for what it sends, but the JSON stops in the middle."""
    whole = await client.get("files", pageSize="1000")
    await inject(client, kind="truncate_json")
    answer = await client.get("files", pageSize="1000")
    assert (answer.status, answer.body) == (200, whole.body[: len(whole.body) // 2])
    with pytest.raises(json.JSONDecodeError):
        assert answer.json


async def test_a_slow_answer_is_whole_and_late(client: Client) -> None:
    """``slow`` sends so many bytes a second."""
    item = client.world.create("a.bin", data=bytes(1_000))
    await inject(client, kind="slow", bytes_per_second=10_000)
    started = time.monotonic()
    answer = await client.read(item.id)
    assert answer.body == bytes(1_000)
    assert time.monotonic() - started >= 0.09


@pytest.mark.parametrize(("status", "reason"), [(None, (403, "pageTokenExpired@")), (400, (400, "invalid@pageToken"))])
async def test_page_tokens_expire_on_demand(client: Client, status: int | None, reason: tuple[int, str]) -> None:
    """Only a call with a page token is struck (facts A4)."""
    await inject(
        client, route="files.list", kind="expired_page_token", **({} if status is None else {"status": status})
    )
    first = await client.get("files", pageSize="10")
    second = await client.get("files", pageSize="10", pageToken=first.json["nextPageToken"])
    third = await client.get("files", pageSize="10", pageToken=first.json["nextPageToken"])
    assert (first.status, third.status) == (200, 200)
    assert (second.status, second.reason) == reason


async def test_a_fault_can_be_for_one_user(client: Client) -> None:
    """Others are not struck, nor is who has no good token."""
    first, second = (user.email for user in client.world.users[:2])
    await inject(client, user=second, count=None)
    statuses = {}
    for email in (first, second):
        client.token = email
        statuses[email] = (await client.get("files")).status
    assert statuses == {first: 200, second: 500}


async def test_a_fault_can_wait(client: Client) -> None:
    """``after`` lets some requests go well first, and a pattern takes all routes of a resource."""
    await inject(client, route="files.*", after=2, count=2, status=503)
    statuses = [(await client.get("files")).status for _ in range(2)]
    statuses += [(await client.get("files/root")).status for _ in range(3)]
    assert statuses == [200, 200, 503, 503, 200]


async def test_a_struck_request_is_logged_with_its_fault(client: Client) -> None:
    """The log tells injected faults from others."""
    await inject(client, status=503)
    await client.get("files")
    (logged,) = (await client.control("GET", "requests/log")).json["requests"]
    assert (logged["status"], logged["fault"]) == ("503", "error")


async def test_a_stall_keeps_nobody_else_waiting(client: Client) -> None:
    """While one request stalls, others are answered."""
    await inject(client, kind="stall", latency_ms=600_000)
    stalled = asyncio.create_task(client.get("files"))
    while (await client.control("GET", "faults")).json["faults"]:
        pass
    assert (await client.get("files")).status == 200
    stalled.cancel()
