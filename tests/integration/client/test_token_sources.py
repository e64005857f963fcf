import asyncio
import json

import pytest
from tests.integration.client.scripted_server import Answer, ScriptedServer
from tests.unit.client.service_account_key import parsed
from tests.unit.client.virtual_time import VirtualTime

from google_drive_worker.client.errors import (
    DomainPolicyError,
    NetworkError,
    ReauthorizationRequiredError,
    RetryableError,
)
from google_drive_worker.client.token_sources import RefreshTokenSource, ServiceAccountSource, TokenEndpoint
from google_drive_worker.client.transport import HttpTransport


def granted(value: str, **more: object) -> Answer:
    return Answer(json.dumps({"access_token": value, "expires_in": 3600, **more}).encode())


def refused(error: str, status: int = 400) -> Answer:
    return Answer(json.dumps({"error": error, "error_description": "No."}).encode(), status=status)


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
def stored() -> list[str]:
    """The refresh tokens that the source asked to be stored."""
    return []


@pytest.fixture
def source(
    server: ScriptedServer, transport: HttpTransport, time: VirtualTime, stored: list[str]
) -> RefreshTokenSource:
    return RefreshTokenSource(
        TokenEndpoint(transport, timing=time.timing),
        client_id="id",
        client_secret="hush",
        refresh_token="1//first",
        token_uri=f"{server.url}/token",
        on_new_refresh_token=stored.append,
    )


async def test_many_callers_cost_one_refresh(server: ScriptedServer, source: RefreshTokenSource) -> None:
    """However many calls want a token at once, the endpoint is asked once."""
    server.last = granted("t1")
    tokens = await asyncio.gather(*(source.token() for _ in range(50)))
    assert {token.value for token in tokens} == {"t1"}
    assert len(server.asked) == 1
    assert server.asked[0].form["refresh_token"] == "1//first"


async def test_a_token_is_kept_until_it_is_stale(
    server: ScriptedServer, source: RefreshTokenSource, time: VirtualTime
) -> None:
    """A token serves until 225 s before its end; then a new one is asked for."""
    server.script.extend([granted("t1"), granted("t2")])
    await source.token()
    time.seconds = 3374
    assert (await source.token()).value == "t1"
    time.seconds = 3375
    assert (await source.token()).value == "t2"


async def test_a_refused_token_is_replaced_once(server: ScriptedServer, source: RefreshTokenSource) -> None:
    """Callers whose old token was refused do not throw away the new one that another has already got."""
    server.script.extend([granted("t1"), granted("t2")])
    old = await source.token()
    source.invalidate(old)
    new = await source.token()
    source.invalidate(old)
    assert await source.token() == new
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "trouble",
    [Answer(status=503, body=b""), Answer(status=429, body=b"<html>"), refused("internal_failure")],
    ids=["503", "429", "internal_failure"],
)
async def test_passing_trouble_is_sat_out(
    server: ScriptedServer, source: RefreshTokenSource, time: VirtualTime, trouble: Answer
) -> None:
    """A token endpoint that is in trouble for a moment is asked again after a wait."""
    server.script.extend([trouble, granted("t1")])
    assert (await source.token()).value == "t1"
    assert time.slept == [1.0]


async def test_lasting_trouble_ends(server: ScriptedServer, source: RefreshTokenSource) -> None:
    """After three tries the trouble is reported, as something that may pass."""
    server.last = Answer(status=500, body=b"")
    with pytest.raises(RetryableError) as raised:
        await source.token()
    assert (raised.value.attempts, len(server.asked)) == (3, 3)


async def test_a_dead_refresh_token_is_not_tried_again(server: ScriptedServer, source: RefreshTokenSource) -> None:
    """`invalid_grant` is final: one request, and the user must connect again."""
    server.last = refused("invalid_grant")
    with pytest.raises(ReauthorizationRequiredError):
        await source.token()
    assert len(server.asked) == 1


async def test_a_new_refresh_token_is_used_and_handed_over(
    server: ScriptedServer, source: RefreshTokenSource, stored: list[str]
) -> None:
    """When Google replaces the refresh token, its owner is told and the next refresh uses it."""
    server.script.extend([granted("t1", refresh_token="1//second"), granted("t2", refresh_token="1//second")])
    source.invalidate(await source.token())
    await source.token()
    assert stored == ["1//second"]
    assert server.asked[1].form["refresh_token"] == "1//second"


async def test_an_endpoint_that_cannot_be_reached_is_retryable(
    server: ScriptedServer, source: RefreshTokenSource
) -> None:
    """Without an answer from the endpoint, nothing is said about the credential."""
    server.last = Answer(b"x" * 100, cut=True)
    with pytest.raises(NetworkError):
        await source.token()


async def test_each_try_of_a_service_account_is_signed_anew(
    server: ScriptedServer, transport: HttpTransport, time: VirtualTime
) -> None:
    """An assertion holds its time, so a repeated request carries a new one."""
    server.script.extend([Answer(status=503, body=b""), granted("t1")])
    source = ServiceAccountSource(
        TokenEndpoint(transport, timing=time.timing),
        parsed(),
        scopes=["drive"],
        subject="ada@example.com",
        token_uri=server.url,
    )
    assert (await source.token()).value == "t1"
    first, second = (asked.form["assertion"] for asked in server.asked)
    assert first != second


async def test_missing_delegation_is_the_administrators_matter(
    server: ScriptedServer, transport: HttpTransport, time: VirtualTime
) -> None:
    """A service account that may not stand for the user says who must act."""
    server.last = refused("unauthorized_client", status=401)
    source = ServiceAccountSource(
        TokenEndpoint(transport, timing=time.timing),
        parsed(),
        scopes=["drive"],
        token_uri=server.url,
    )
    with pytest.raises(DomainPolicyError) as raised:
        await source.token()
    assert raised.value.code == "delegation_not_granted"
