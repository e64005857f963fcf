import gzip
import socket

import pytest
from tests.integration.client.scripted_server import JSON, Answer, ScriptedServer

from google_drive_worker.client.errors import NetworkError, ResponseTooLargeError
from google_drive_worker.client.transport import HttpTransport

GZIP = {**JSON, "content-encoding": "gzip"}


async def test_an_answer_comes_whole(server: ScriptedServer, transport: HttpTransport) -> None:
    """Status, headers and body arrive as sent, whatever the status."""
    server.last = Answer(b'{"a": 1}', status=418, headers={**JSON, "Retry-After": "3"})
    answer = await transport.request("GET", f"{server.url}/x", params={"q": "a+b & c", "t": "~!/="})
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (418, b'{"a": 1}', "3")
    assert server.asked[0].query == {"q": "a+b & c", "t": "~!/="}


async def test_compression_is_asked_for_as_google_wants(server: ScriptedServer, transport: HttpTransport) -> None:
    """Both Accept-Encoding and User-Agent name gzip, and a compressed body is decoded."""
    server.last = Answer(gzip.compress(b"[1, 2]"), headers=GZIP)
    assert (await transport.request("GET", server.url)).body == b"[1, 2]"
    headers = server.asked[0].headers
    assert headers["accept-encoding"] == "gzip"
    assert headers["user-agent"].endswith("(gzip)")


async def test_a_form_is_posted(server: ScriptedServer, transport: HttpTransport) -> None:
    """A form travels url-encoded in the body."""
    await transport.request("POST", server.url, form={"grant_type": "x y", "a": "1"})
    assert (server.asked[0].method, server.asked[0].form) == ("POST", {"grant_type": "x y", "a": "1"})
    assert server.asked[0].headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("compressed", [False, True])
async def test_a_body_beyond_the_bound_is_not_held(
    server: ScriptedServer, transport: HttpTransport, compressed: bool
) -> None:
    """A body of more decoded bytes than allowed is an error, however small it was on the wire."""
    body = b"x" * 5_000_000
    server.last = Answer(gzip.compress(body), headers=GZIP) if compressed else Answer(body)
    with pytest.raises(ResponseTooLargeError) as raised:
        await transport.request("GET", server.url, max_bytes=1_000_000, endpoint="files.list")
    assert (raised.value.limit_bytes, raised.value.endpoint) == (1_000_000, "files.list")
    assert len((await transport.request("GET", server.url, max_bytes=len(body))).body) == len(body)


async def test_a_body_of_just_the_bound_is_given(server: ScriptedServer, transport: HttpTransport) -> None:
    """The bound itself is allowed."""
    server.last = Answer(b"x" * 100)
    assert len((await transport.request("GET", server.url, max_bytes=100)).body) == 100


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"x" * 1000, cut=True),
        Answer(gzip.compress(bytes(range(256)) * 40)[:-50], headers=GZIP),
        Answer(b"not gzip at all", headers=GZIP),
    ],
    ids=["closed early", "compressed and short", "not compressed"],
)
async def test_a_broken_body_is_a_network_error(
    server: ScriptedServer, transport: HttpTransport, answer: Answer
) -> None:
    """An answer that does not arrive whole never looks like one that did."""
    server.last = answer
    with pytest.raises(NetworkError) as raised:
        await transport.request("GET", server.url)
    assert raised.value.code == "network"


async def test_an_answer_that_never_comes_times_out(server: ScriptedServer, transport: HttpTransport) -> None:
    """No wait for an answer is without an end."""
    server.last = Answer(stall=True)
    with pytest.raises(NetworkError, match="Timeout"):
        await transport.request("GET", server.url, timeout_seconds=0.05)


async def test_a_refused_connection_hides_what_was_sent(transport: HttpTransport) -> None:
    """A network error names the host, and neither it nor what it is chained to holds a header or a parameter."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/p"
        with pytest.raises(NetworkError, match=r"127\.0\.0\.1") as raised:
            await transport.request("GET", url, params={"pageToken": "tok"}, headers={"authorization": "Bearer s3"})
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert "tok" not in str(raised.value)


async def test_redirects_are_not_followed(server: ScriptedServer, transport: HttpTransport) -> None:
    """A redirect is an answer: a bearer token never travels to where somebody else points."""
    server.last = Answer(status=302, headers={"location": f"{server.url}/elsewhere"})
    assert (await transport.request("GET", server.url)).status == 302
    assert len(server.asked) == 1


async def test_connections_are_kept(server: ScriptedServer, transport: HttpTransport) -> None:
    """Calls one after the other use one connection."""
    for _ in range(5):
        await transport.request("GET", server.url)
    assert len(server.connections) == 1


async def test_a_closed_transport_says_so() -> None:
    """A transport that is not open explains how to open it."""
    with pytest.raises(RuntimeError, match="async with"):
        await HttpTransport().request("GET", "http://127.0.0.1:9/")
