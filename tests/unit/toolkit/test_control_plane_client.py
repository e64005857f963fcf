"""A worker's way to the control plane, against a server that follows a script."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from tests.unit.client.virtual_time import VirtualTime

from clustera_toolkit.control_plane import (
    AccessGrant,
    AnswerError,
    ClientRefusedError,
    ControlPlaneClient,
    ControlPlaneError,
    ControlPlaneUnavailableError,
    ReauthorizationRequiredError,
    RequestRefusedError,
    Schedule,
    Timing,
    UnknownConnectionError,
)
from clustera_toolkit.control_plane.client import REFUSED_SECONDS, SPARE_SECONDS
from clustera_toolkit.control_plane.http import MAX_BYTES, Http

SECRET = "canary-of-the-client:secret"
ACCESS = "canary-of-the-connection"
MACHINE = "canary-of-the-machine"
LIFETIME = 600
GRANT = {"access_token": "a", "expires_at": "2027-01-01T00:00:00Z", "scopes": [], "connection_config": {}}
Reply = web.Response | Callable[[], Any]


class ScriptedControlPlane:
    """Answers by the contract, except where a script says otherwise; remembers what it was asked."""

    def __init__(self, time: VirtualTime) -> None:
        self.time = time
        self.script: dict[str, list[Reply]] = {"token": [], "grant": []}
        self.asked: list[tuple[str, str, str]] = []
        """Of each request: its path, its Authorization, its body."""
        self.app = web.Application()
        self.app.router.add_post("/oauth/token", self._token)
        self.app.router.add_post("/v1/connections/{id}/access-token", self._grant)

    def count(self, path: str) -> int:
        return sum(asked.startswith(path) for asked, _, _ in self.asked)

    async def _token(self, request: web.Request) -> web.StreamResponse:
        token = f"{MACHINE}-{self.count('/oauth')}"
        default = {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME, "scope": "connections:token"}
        return await self._reply("token", request, default)

    async def _grant(self, request: web.Request) -> web.StreamResponse:
        expires_at = (self.time.now() + timedelta(hours=1)).isoformat()
        token = f"{ACCESS}-{self.count('/v1')}"
        config = {"page_size": 7}
        default = {"access_token": token, "expires_at": expires_at, "scopes": ["drive"], "connection_config": config}
        return await self._reply("grant", request, default)

    async def _reply(self, kind: str, request: web.Request, default: dict[str, Any]) -> web.StreamResponse:
        self.asked.append((request.raw_path, request.headers.get("Authorization", ""), await request.text()))
        scripted = self.script[kind].pop(0) if self.script[kind] else web.json_response(default)
        reply = scripted if isinstance(scripted, web.Response) else await scripted()
        assert isinstance(reply, web.StreamResponse)
        return reply


def problem(status: int, code: str, **headers: str) -> web.Response:
    body = {"type": "about:blank", "status": status, "code": code, "detail": "do this"}
    return web.json_response(body, status=status, headers=headers)


def refusal(error: str, status: int = 401) -> web.Response:
    return web.json_response({"error": error, "error_description": "not this one"}, status=status)


async def hang_up() -> web.StreamResponse:
    raise ConnectionResetError


@pytest.fixture
def time() -> VirtualTime:
    """Provide time that only sleepers pass."""
    return VirtualTime()


@pytest.fixture
async def plane(time: VirtualTime) -> ScriptedControlPlane:
    """Provide a control plane that follows a script."""
    return ScriptedControlPlane(time)


@pytest.fixture
async def server(plane: ScriptedControlPlane) -> AsyncIterator[TestServer]:
    """Provide it over HTTP."""
    server = TestServer(plane.app)
    await server.start_server()
    yield server
    await server.close()


@pytest.fixture
async def client(server: TestServer, time: VirtualTime) -> AsyncIterator[ControlPlaneClient]:
    """Provide a client of it."""
    timing = Timing(lambda: time.seconds, time.now, time.sleep, lambda: 0.0)
    async with ControlPlaneClient(str(server.make_url("/")), "client_1", SecretStr(SECRET), timing=timing) as client:
        yield client


async def test_a_grant_is_what_the_contract_says(client: ControlPlaneClient, plane: ScriptedControlPlane) -> None:
    """The client shows its secret once, then its token, and hands out all that it is told."""
    grant = await client.access_token("conn_1")
    assert (grant.access_token, grant.scopes) == (f"{ACCESS}-0", frozenset({"drive"}))
    assert grant.expires_at == plane.time.now() + timedelta(hours=1)
    assert grant.connection_config == {"page_size": 7}
    (token_path, basic, form), (path, bearer, body) = plane.asked
    pair = aiohttp.encode_basic_auth("client_1", SECRET.replace(":", "%3A"))
    assert (token_path, basic, form) == ("/oauth/token", pair, "grant_type=client_credentials")
    assert (path, bearer, body) == ("/v1/connections/conn_1/access-token", f"Bearer {MACHINE}-0", "{}")


async def test_a_subject_goes_along(client: ControlPlaneClient, plane: ScriptedControlPlane) -> None:
    """A subject is sent in the body, and each subject has a grant of its own."""
    grants = [await client.access_token("conn_1", subject) for subject in (None, "ann@example.com", "ann@example.com")]
    assert grants[0] != grants[1] == grants[2]
    assert json.loads(plane.asked[-1][2]) == {"subject": "ann@example.com"}


async def test_an_odd_id_stays_one_part_of_the_path(client: ControlPlaneClient, plane: ScriptedControlPlane) -> None:
    """An id cannot lead to another route."""
    await client.access_token("../a b?c")
    assert plane.asked[-1][0] == "/v1/connections/..%2Fa%20b%3Fc/access-token"


async def test_many_callers_share_one_call(client: ControlPlaneClient, plane: ScriptedControlPlane) -> None:
    """A hundred who ask at once cost one token, and one grant a connection."""
    await asyncio.gather(*(client.access_token(f"conn_{number % 4}") for number in range(100)))
    assert (plane.count("/oauth"), plane.count("/v1")) == (1, 4)


async def test_who_gives_up_does_not_take_it_from_others(
    client: ControlPlaneClient, plane: ScriptedControlPlane
) -> None:
    """A caller that is cancelled leaves the call to those who still wait."""
    gone = asyncio.create_task(client.access_token("conn_1"))
    stays = asyncio.create_task(client.access_token("conn_1"))
    await asyncio.sleep(0)
    gone.cancel()
    assert (await stays).access_token == f"{ACCESS}-0"
    assert gone.cancelled()
    assert plane.count("/v1") == 1


async def test_grants_are_kept_until_shortly_before_their_end(
    client: ControlPlaneClient, plane: ScriptedControlPlane, time: VirtualTime
) -> None:
    """A grant is asked for again only when less than the spare time is left of it."""
    first = await client.access_token("conn_1")
    time.seconds = 3600 - SPARE_SECONDS - 1
    assert await client.access_token("conn_1") == first
    time.seconds += 1
    assert await client.access_token("conn_1") != first
    assert plane.count("/v1") == 2


async def test_the_token_is_renewed_before_its_end(
    client: ControlPlaneClient, plane: ScriptedControlPlane, time: VirtualTime
) -> None:
    """A machine token serves many connections until shortly before its end, without ever being refused."""
    for number, seconds in enumerate((0.0, LIFETIME - SPARE_SECONDS - 1, LIFETIME - SPARE_SECONDS)):
        time.seconds = seconds
        await client.access_token(f"conn_{number}")
    used = [bearer for path, bearer, _ in plane.asked if path.startswith("/v1")]
    assert used == [f"Bearer {MACHINE}-{number}" for number in (0, 0, 1)]


async def test_a_refused_token_is_renewed_once(client: ControlPlaneClient, plane: ScriptedControlPlane) -> None:
    """After a 401 the same request is sent once more with a new token."""
    plane.script["grant"] = [problem(401, "invalid_token")]
    assert (await client.access_token("conn_1")).access_token == f"{ACCESS}-1"
    assert (plane.count("/oauth"), plane.count("/v1")) == (2, 2)


async def test_a_second_401_is_the_end(client: ControlPlaneClient, plane: ScriptedControlPlane) -> None:
    """Tokens that are refused as soon as they are made are no matter of trying."""
    plane.script["grant"] = [problem(401, "invalid_token") for _ in range(3)]
    with pytest.raises(ClientRefusedError):
        await client.access_token("conn_1")
    assert plane.count("/v1") == 2


async def test_many_who_are_refused_share_the_new_token(
    client: ControlPlaneClient, plane: ScriptedControlPlane
) -> None:
    """Callers whose token was refused at once do not each get a token of their own."""
    await client.access_token("conn_0")
    plane.script["grant"] = [problem(401, "invalid_token") for _ in range(10)]
    await asyncio.gather(*(client.access_token(f"conn_{number}") for number in range(1, 11)))
    assert plane.count("/oauth") == 2


async def test_an_invalid_grant_is_replaced(client: ControlPlaneClient, plane: ScriptedControlPlane) -> None:
    """Taken back, a grant is asked for anew; taken back twice, the newer one stays."""
    first = await client.access_token("conn_1")
    client.invalidate("conn_1", first)
    second = await client.access_token("conn_1")
    client.invalidate("conn_1", first)
    client.invalidate("conn_of_nobody", first)
    assert await client.access_token("conn_1") == second != first
    assert plane.count("/v1") == 2


REFUSALS: dict[str, tuple[web.Response, type[ControlPlaneError]]] = {
    "unknown connection": (problem(404, "unknown_connection"), UnknownConnectionError),
    "no such page": (problem(404, "http_404"), AnswerError),
    "a page of something else": (web.Response(status=404, text="<html>"), AnswerError),
    "consent needed": (problem(409, "reauthorization_required"), ReauthorizationRequiredError),
    "another conflict": (problem(409, "something_else"), RequestRefusedError),
    "scope missing": (problem(403, "insufficient_scope"), RequestRefusedError),
    "subject of somebody else": (problem(403, "foreign_subject"), RequestRefusedError),
    "moved": (web.Response(status=302, headers={"Location": "https://elsewhere.example/"}), AnswerError),
    "no JSON": (web.Response(text="hello"), AnswerError),
    "an empty token": (web.json_response({"access_token": ""}), AnswerError),
    "a token that no header carries": (web.json_response({**GRANT, "access_token": "a\nb"}), AnswerError),
    "an end without a zone": (web.json_response({**GRANT, "expires_at": "2027-01-01T00:00:00"}), AnswerError),
    "more than any answer": (web.Response(body=json.dumps(GRANT).encode() + b" " * MAX_BYTES), AnswerError),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_refusals_have_types_and_are_not_repeated(
    client: ControlPlaneClient, plane: ScriptedControlPlane, name: str
) -> None:
    """What another attempt cannot change is asked once and ends in the error that says what to do."""
    reply, expected = REFUSALS[name]
    plane.script["grant"] = [web.Response(body=reply.body, status=reply.status, headers=reply.headers)]
    with pytest.raises(expected) as caught:
        await client.access_token("conn_1")
    assert type(caught.value) is expected
    assert not caught.value.retryable
    assert plane.count("/v1") == 1


async def test_what_the_refusals_above_change_is_good(client: ControlPlaneClient, plane: ScriptedControlPlane) -> None:
    """The grant that is spoiled in different ways above is taken as it is."""
    plane.script["grant"] = [web.json_response(GRANT)]
    assert (await client.access_token("conn_1")).access_token == "a"


async def test_a_refusal_is_not_remembered(client: ControlPlaneClient, plane: ScriptedControlPlane) -> None:
    """After somebody consented again the next call has a token."""
    plane.script["grant"] = [problem(409, "reauthorization_required")]
    with pytest.raises(ReauthorizationRequiredError) as caught:
        await client.access_token("conn_1")
    assert caught.value.code == "reauthorization_required"
    assert (await client.access_token("conn_1")).access_token == f"{ACCESS}-1"


async def test_passing_failures_are_repeated(
    client: ControlPlaneClient, plane: ScriptedControlPlane, time: VirtualTime
) -> None:
    """Failures of the server, of either request, and broken connections are tried again with waits that grow."""
    plane.script["token"] = [web.Response(status=503), hang_up]
    plane.script["grant"] = [problem(500, "http_500"), problem(429, "too_many")]
    assert (await client.access_token("conn_1")).access_token == f"{ACCESS}-2"
    assert time.slept == [0.25, 0.5, 1.0, 2.0]


async def test_repeating_has_an_end(client: ControlPlaneClient, plane: ScriptedControlPlane) -> None:
    """A control plane that stays broken is an error that says so, after a bounded number of attempts."""
    plane.script["grant"] = [problem(502, "oauth_client_missing") for _ in range(20)]
    with pytest.raises(ControlPlaneUnavailableError, match="502 oauth_client_missing: do this"):
        await client.access_token("conn_1")
    assert plane.count("/v1") == Schedule().attempts


async def test_a_wait_that_is_asked_for_is_kept(
    client: ControlPlaneClient, plane: ScriptedControlPlane, time: VirtualTime
) -> None:
    """`Retry-After` is waited for where there is time; a longer one ends the attempts, and is passed on."""
    plane.script["grant"] = [
        problem(503, "later", **{"Retry-After": "30"}),
        problem(503, "later", **{"Retry-After": "300"}),
    ]
    with pytest.raises(ControlPlaneUnavailableError) as caught:
        await client.access_token("conn_1")
    assert time.slept == [30.0]
    assert caught.value.retry_after_seconds == 300.0


async def test_nobody_there_is_an_error_with_an_end(server: TestServer, time: VirtualTime) -> None:
    """A server that went away ends in an error, not in waiting."""
    url = str(server.make_url("/"))
    await server.close()
    timing = Timing(lambda: time.seconds, time.now, time.sleep, lambda: 0.0)
    async with ControlPlaneClient(url, "client_1", SecretStr(SECRET), timing=timing) as client:
        with pytest.raises(ControlPlaneUnavailableError, match="ClientConnectorError"):
            await client.access_token("conn_1")
    assert len(time.slept) == Schedule().attempts - 1


async def test_an_answer_that_does_not_come_is_not_waited_for(plane: ScriptedControlPlane, server: TestServer) -> None:
    """A server that takes a request and says nothing is unavailable once the time for an answer is over."""
    never = asyncio.Event()

    async def say_nothing() -> web.StreamResponse:
        await never.wait()
        return web.Response()

    plane.script["token"] = [say_nothing]
    url = str(server.make_url("/"))
    http = Http(url, aiohttp.ClientTimeout(total=0.05))
    once = Schedule(attempts=1)
    async with ControlPlaneClient(url, "client_1", SecretStr(SECRET), schedule=once, http=http) as client:
        with pytest.raises(ControlPlaneUnavailableError, match="Timeout"):
            await client.access_token("conn_1")
    never.set()


async def test_a_refused_secret_is_not_shown_again_at_once(
    client: ControlPlaneClient, plane: ScriptedControlPlane, time: VirtualTime
) -> None:
    """All connections are told of a refused secret by one request; a while later it is tried again."""
    plane.script["token"] = [refusal("invalid_client")]
    for number in range(5):
        with pytest.raises(ClientRefusedError, match="invalid_client"):
            await client.access_token(f"conn_{number}")
    assert plane.count("/oauth") == 1
    time.seconds += REFUSED_SECONDS
    assert (await client.access_token("conn_1")).access_token == f"{ACCESS}-0"


async def test_a_failure_is_not_kept_from_those_who_come_later(
    client: ControlPlaneClient, plane: ScriptedControlPlane
) -> None:
    """A shared call that failed is over: the next caller starts a new one."""
    plane.script["grant"] = [problem(404, "unknown_connection")]
    outcomes = await asyncio.gather(*(client.access_token("conn_1") for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in outcomes] == [UnknownConnectionError] * 3
    assert isinstance(await client.access_token("conn_1"), AccessGrant)


async def test_no_secret_shows(
    client: ControlPlaneClient, plane: ScriptedControlPlane, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither representations nor errors nor log lines hold a secret, even one that the server repeats."""
    caplog.set_level(logging.DEBUG)
    shown = [repr(client), str(vars(client)), repr(await client.access_token("conn_1"))]
    told = {"code": "odd", "detail": f"Bearer {MACHINE}-0 client_secret={SECRET}"}
    for reply in (
        web.json_response(told, status=403),
        web.json_response(told, status=404),
        web.json_response({"access_token": f"{ACCESS} {MACHINE}"}),
        hang_up,
    ):
        plane.script["grant"] = [reply]
        try:
            await client.access_token("conn_2")
        except ControlPlaneError as error:
            shown += [str(error), repr(error), repr(error.__cause__), repr(error.__context__)]
    assert len(shown) > 11
    assert "canary" not in " ".join([*shown, caplog.text])


@pytest.mark.parametrize(
    "url", ["", "localhost", "ftp://host", "https://", "https://user:canary@host", "https://host?a=canary"]
)
def test_addresses_that_are_none_are_refused_at_once(url: str) -> None:
    """A wrong address is told when the client is made, by the name of its setting and without what it holds."""
    with pytest.raises(ValueError, match="CONTROL_PLANE_BASE_URL") as caught:
        ControlPlaneClient(url, "client_1", SecretStr(SECRET))
    assert "canary" not in str(caught.value)


async def test_closed_means_closed(server: TestServer) -> None:
    """A client that is not open refuses to work, and one that is closed forgot its grants."""
    client = ControlPlaneClient(str(server.make_url("/")), "client_1", SecretStr(SECRET))
    async with client:
        await client.access_token("conn_1")
    with pytest.raises(RuntimeError, match="async with"):
        await client.access_token("conn_1")


@given(
    failures=st.integers(1, 100),
    elapsed=st.floats(0, 1_000),
    asked=st.none() | st.floats(0, 5_000),
    chance=st.floats(0, 1, exclude_max=True),
)
def test_a_schedule_keeps_its_bounds(failures: int, elapsed: float, asked: float | None, chance: float) -> None:
    """A wait is never shorter than asked for, never zero, and never goes beyond the end of the schedule."""
    schedule = Schedule()
    wait = schedule.wait(failures, elapsed, asked, chance)
    if wait is None:
        assert failures >= schedule.attempts or elapsed + max(asked or 0.0, 0.25) > schedule.elapsed_seconds - 10
    else:
        assert failures < schedule.attempts
        assert max(asked or 0.0, schedule.base_seconds / 2) <= wait <= schedule.elapsed_seconds - elapsed
