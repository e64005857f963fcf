import asyncio
import json
from datetime import timedelta

import pytest
from tests.integration.client.scripted_server import Answer, ScriptedServer
from tests.unit.client.virtual_time import EPOCH, VirtualTime

from google_drive_worker.client.auth import AccessToken
from google_drive_worker.client.backoff import Backoff
from google_drive_worker.client.errors import (
    CursorLostError,
    MalformedResponseError,
    NotFoundError,
    RateLimitedError,
    ReauthorizationRequiredError,
    ResponseTooLargeError,
    RetryableError,
)
from google_drive_worker.client.quota import Lane
from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.token_sources import StaticTokenSource
from google_drive_worker.client.transport import HttpTransport


def failing(status: int, reason: str = "", *, location: str = "") -> Answer:
    error = {"message": "Said.", "domain": "global", "reason": reason, "location": location}
    return Answer(json.dumps({"error": {"code": status, "message": "Said.", "errors": [error]}}).encode(), status)


class NumberedTokens:
    """A token source whose tokens are t1, t2, …; a refused one is replaced by the next."""

    def __init__(self) -> None:
        self.number = 1

    async def token(self) -> AccessToken:
        return AccessToken(f"t{self.number}", EPOCH + timedelta(hours=1))

    def invalidate(self, token: AccessToken) -> None:
        if token.value == f"t{self.number}":
            self.number += 1


class Ledger:
    """A limiter and observer that writes down what it is told."""

    def __init__(self) -> None:
        self.acquired: list[tuple[int, Lane]] = []
        self.calls: list[tuple[str, int]] = []
        self.errors: list[tuple[str, str]] = []
        self.retries: list[tuple[str, str]] = []
        self.rate_errors = 0
        self.told: list[tuple[float | None, bool]] = []
        self.successes = 0

    async def acquire(self, units: int, lane: Lane) -> None:
        self.acquired.append((units, lane))

    def report_rate_error(self, retry_after_seconds: float | None = None, *, user_only: bool = False) -> None:
        self.rate_errors += 1
        self.told.append((retry_after_seconds, user_only))

    def report_success(self) -> None:
        self.successes += 1

    def call(self, endpoint: str, status: int, seconds: float) -> None:
        assert seconds >= 0
        self.calls.append((endpoint, status))

    def error(self, endpoint: str, code: str) -> None:
        self.errors.append((endpoint, code))

    def retried(self, endpoint: str, code: str) -> None:
        self.retries.append((endpoint, code))


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def session(server: ScriptedServer, transport: HttpTransport, time: VirtualTime, ledger: Ledger) -> DriveSession:
    return DriveSession(
        transport,
        NumberedTokens(),
        limiter=ledger,
        observer=ledger,
        backoff=Backoff(max_attempts=4),
        timing=time.timing,
        base_url=server.url + "/",
        max_bytes=10_000,
    )


async def fetch(session: DriveSession, *, paged: bool = False, **params: str) -> bytes:
    return await session.get("files.list", "files", params, lane=Lane.FIRST_SCAN, paged=paged)


async def test_a_call_carries_token_and_parameters(server: ScriptedServer, session: DriveSession) -> None:
    """A call is a GET below ``/drive/v3/`` with the bearer token, its parameters and no pretty printing."""
    server.last = Answer(b'{"files": []}')
    assert await fetch(session, q="name = 'a'") == b'{"files": []}'
    asked = server.asked[0]
    assert (asked.method, asked.path.split("?")[0]) == ("GET", "/drive/v3/files")
    assert asked.query == {"q": "name = 'a'", "prettyPrint": "false"}
    assert asked.headers["authorization"] == "Bearer t1"


async def test_quota_is_asked_before_each_try(server: ScriptedServer, session: DriveSession, ledger: Ledger) -> None:
    """Every request that is sent has been paid for, repeated ones too."""
    server.script.append(failing(503))
    await fetch(session)
    assert ledger.acquired == [(100, Lane.FIRST_SCAN)] * 2
    assert ledger.calls == [("files.list", 503), ("files.list", 200)]
    assert ledger.errors == [("files.list", "backend_error")]
    assert ledger.retries == [("files.list", "backend_error")]


async def test_a_refused_token_is_replaced(server: ScriptedServer, session: DriveSession, time: VirtualTime) -> None:
    """A 401 costs one new token and no wait."""
    server.script.append(failing(401, "authError"))
    await fetch(session)
    assert [asked.headers["authorization"] for asked in server.asked] == ["Bearer t1", "Bearer t2"]
    assert time.slept == []


async def test_a_second_refusal_is_final(server: ScriptedServer, session: DriveSession) -> None:
    """When a fresh token is refused too, the user must connect again; nothing loops."""
    server.last = failing(401, "authError")
    with pytest.raises(ReauthorizationRequiredError) as raised:
        await fetch(session)
    assert (raised.value.endpoint, len(server.asked)) == ("files.list", 2)


async def test_a_refused_static_token_is_final(server: ScriptedServer, transport: HttpTransport) -> None:
    """A token that cannot be renewed ends the connection at its first refusal."""
    server.last = failing(401, "authError")
    tokens = StaticTokenSource(AccessToken("t", EPOCH + timedelta(hours=1)), VirtualTime().timing)
    with pytest.raises(ReauthorizationRequiredError):
        await fetch(DriveSession(transport, tokens, base_url=server.url))
    assert len(server.asked) == 1


async def test_rate_errors_slow_the_limiter(
    server: ScriptedServer, session: DriveSession, ledger: Ledger, time: VirtualTime
) -> None:
    """Each "too often" tells the limiter, and the call is repeated after a growing wait."""
    server.script.extend([failing(403, "userRateLimitExceeded"), failing(429, "rateLimitExceeded")])
    await fetch(session)
    assert (ledger.rate_errors, ledger.successes, time.slept) == (2, 1, [1.0, 2.0])
    assert ledger.told == [(None, True), (None, False)]


async def test_retries_end_with_the_last_error(server: ScriptedServer, session: DriveSession) -> None:
    """When the schedule ends, the last error is raised with the number of attempts."""
    server.last = failing(403, "rateLimitExceeded")
    with pytest.raises(RateLimitedError) as raised:
        await fetch(session)
    assert (raised.value.attempts, len(server.asked)) == (4, 4)


@pytest.mark.parametrize("body", [b"", b"<html>Bad Gateway</html>"])
async def test_a_5xx_without_json_is_repeated(server: ScriptedServer, session: DriveSession, body: bytes) -> None:
    """A server error may be empty or HTML; it is repeated all the same."""
    server.script.append(Answer(body, 502, {"content-type": "text/html"}))
    assert await fetch(session) == b"{}"


async def test_a_cut_answer_is_repeated(server: ScriptedServer, session: DriveSession) -> None:
    """An answer that breaks off is asked for again."""
    server.script.append(Answer(b"x" * 1000, cut=True))
    assert await fetch(session) == b"{}"


async def test_html_with_status_200_is_not_an_answer(server: ScriptedServer, session: DriveSession) -> None:
    """A page of a proxy in between is not taken for Drive's answer, and is tried again."""
    server.last = Answer(b"<html>Log in</html>", headers={"content-type": "text/html"})
    with pytest.raises(MalformedResponseError) as raised:
        await fetch(session)
    assert raised.value.attempts == 4


async def test_final_errors_are_not_repeated(server: ScriptedServer, session: DriveSession) -> None:
    """What cannot pass is raised at once."""
    server.last = failing(404, "notFound", location="fileId")
    with pytest.raises(NotFoundError):
        await fetch(session)
    assert len(server.asked) == 1


async def test_a_lost_page_token_is_told_apart(server: ScriptedServer, session: DriveSession) -> None:
    """A 410 for a call with a page token means that the cursor is lost."""
    server.last = failing(410)
    with pytest.raises(CursorLostError):
        await fetch(session, paged=True, pageToken="t")


async def test_a_body_beyond_the_bound_is_not_repeated(server: ScriptedServer, session: DriveSession) -> None:
    """An answer that is too large would be so again, so it is raised at once; the call can set its own bound."""
    server.last = Answer(b"[" + b" " * 10_000 + b"]")
    with pytest.raises(ResponseTooLargeError):
        await fetch(session)
    assert len(server.asked) == 1
    assert len(await session.get("files.get", "files/1", {}, lane=Lane.CHANGES, max_bytes=20_000)) == 10_002


async def test_long_parameters_travel_in_the_body(server: ScriptedServer, session: DriveSession) -> None:
    """A GET whose address would pass 2048 characters becomes a POST that says it is a GET."""
    await fetch(session, q="x" * 2100)
    asked = server.asked[0]
    assert (asked.method, asked.headers["x-http-method-override"], asked.query) == ("POST", "GET", {})
    assert asked.form == {"q": "x" * 2100, "prettyPrint": "false"}


async def test_a_cancelled_call_stops(server: ScriptedServer, session: DriveSession) -> None:
    """Cancelling a call ends it at once, without a retry, and the session serves on."""
    server.script.append(Answer(stall=True))
    call = asyncio.create_task(fetch(session))
    await server.stalling.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await fetch(session) == b"{}"


async def test_no_error_shows_the_token(server: ScriptedServer, session: DriveSession) -> None:
    """The text of an error never holds the bearer token, even if the answer repeats it."""
    server.last = Answer(b'{"error": {"message": "Bearer ya29.t1-secret is bad"}}', 503)
    with pytest.raises(RetryableError) as raised:
        await fetch(session)
    assert "secret" not in f"{raised.value} {raised.value!r}"
