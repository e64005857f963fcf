"""What all methods have in common: looks of answers, ways to ask, credentials (facts A1, C2, G)."""

import gzip
import json
from io import BytesIO

import aiohttp
import pytest

from .conftest import Answer, Client

PYTHON_CLIENT = "Python-httplib2/0.32.1 (gzip)"


async def raw(client: Client, path: str, **headers: str) -> Answer:
    """Get a path without having the answer unpacked."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        other = Client(session, client.base_url, client.world, client.token)
        return await other.send("GET", f"/drive/v3/{path}", headers=headers)


async def test_a_callback_makes_a_script(client: Client) -> None:
    """JSONP answers are JavaScript that calls the function."""
    answer = await client.get("files", callback="app.show", pageSize="1")
    text = answer.body.decode()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/javascript; charset=UTF-8")
    assert text.startswith("// API callback\napp.show({")
    assert text.endswith("}\n);")
    assert json.loads(text.partition("(")[2].removesuffix(");"))["kind"] == "drive#fileList"


async def test_even_an_error_is_a_script_with_status_200(client: Client) -> None:
    """With a callback the status of an error is only in its body."""
    answer = await client.get("files", callback="f", q="nonsense")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/javascript; charset=UTF-8")
    assert json.loads(answer.body.partition(b"(")[2].removesuffix(b");"))["error"]["code"] == 400


async def test_a_callback_must_be_a_name(client: Client) -> None:
    """What is no name of a function is refused in plain JSON."""
    answer = await client.get("files", callback="alert(1)//")
    assert (answer.status, answer.reason) == (400, "badRequest@")
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"


async def test_errors_are_indented_whatever_is_asked(client: Client) -> None:
    """``prettyPrint=false`` holds for success only."""
    answer = await client.get("files", prettyPrint="false", q="nonsense")
    assert answer.body.startswith(b'{\n  "error": {\n')


@pytest.mark.parametrize(
    ("headers", "packed"),
    [
        ({"Accept-Encoding": "gzip, deflate", "User-Agent": PYTHON_CLIENT}, True),
        ({"Accept-Encoding": "gzip, deflate", "User-Agent": "curl/8"}, False),
        ({"Accept-Encoding": "identity", "User-Agent": PYTHON_CLIENT}, False),
    ],
)
async def test_answers_are_packed_only_for_who_says_gzip_twice(
    client: Client, headers: dict[str, str], packed: bool
) -> None:
    """The user agent must say gzip as well as Accept-Encoding (facts G)."""
    answer = await raw(client, "files?pageSize=300", **headers)
    assert (answer.headers.get("Content-Encoding") == "gzip") == packed
    text = gzip.decompress(answer.body) if packed else answer.body
    assert len(json.loads(text)["files"]) == 300
    assert "User-Agent" in answer.headers["Vary"]


async def test_bytes_of_files_are_never_packed(client: Client) -> None:
    """A packed download would spoil a client's count of bytes (facts G)."""
    item = client.world.create("long.txt", data=b"long " * 1000)
    headers = {"Accept-Encoding": "gzip", "User-Agent": PYTHON_CLIENT}
    answer = await raw(client, f"files/{item.id}?alt=media", **headers)
    assert "Content-Encoding" not in answer.headers
    assert answer.body == b"long " * 1000


async def test_downloads_have_a_path_of_their_own(client: Client) -> None:
    """What batches point at answers the same bytes (facts A10)."""
    item = client.world.create("a.txt", data=b"hello")
    answer = await client.send("GET", f"/download/drive/v3/files/{item.id}?alt=media")
    assert answer.body == b"hello"


async def test_any_method_can_come_as_a_post(client: Client) -> None:
    """X-HTTP-Method-Override says which method it is; one that is not there is not found."""
    head = {"X-HTTP-Method-Override": "get"}
    found = await client.send("POST", "/drive/v3/about?fields=kind", headers=head, data={})
    missing = await client.send("POST", "/drive/v3/about", headers={"X-HTTP-Method-Override": "DELETE"})
    assert found.json == {"kind": "drive#about"}
    assert (missing.status, missing.reason) == (404, "notFound@")


async def test_an_override_says_nothing_on_other_methods(client: Client) -> None:
    """Only a POST can be another method in disguise."""
    head = {"X-HTTP-Method-Override": "DELETE"}
    assert (await client.send("GET", "/drive/v3/about?fields=kind", headers=head)).status == 200


async def test_a_body_that_is_too_large_is_refused(client: Client) -> None:
    """What has to be read whole may have 64 MiB."""
    body = BytesIO(bytes(65 * 2**20))
    answer = await client.send("POST", "/drive/v3/files", headers={"X-HTTP-Method-Override": "GET"}, data=body)
    assert (answer.status, answer.reason) == (413, "uploadTooLarge@")


async def test_the_token_may_be_a_parameter(client: Client) -> None:
    """``access_token`` and ``oauth_token`` stand for the header."""
    client.token = None
    for name in ("access_token", "oauth_token"):
        assert (await client.get("about", fields="kind", **{name: "x"})).status == 200


@pytest.mark.parametrize(
    ("method", "status", "reason"), [("GET", 403, "forbidden@"), ("POST", 401, "required@Authorization")]
)
async def test_a_key_alone_opens_nothing(client: Client, method: str, status: int, reason: str) -> None:
    """An API key without a token is as good as no credentials (facts C2)."""
    client.token = None
    path = "/drive/v3/files" if method == "GET" else "/drive/v3/channels/stop"
    answer = await client.send(method, f"{path}?key=AIza")
    assert (answer.status, answer.reason) == (status, reason)


async def test_an_unknown_alt_comes_before_the_credentials(client: Client) -> None:
    """``alt`` is checked first (facts A1)."""
    client.token = None
    answer = await client.get("files", alt="yaml")
    assert (answer.status, answer.reason) == (400, "invalidParameter@alt")


async def test_googles_hosts_share_the_port(client: Client) -> None:
    """The name that a client calls the emulator by does not matter."""
    for host in ("www.googleapis.com", "oauth2.googleapis.com", "driveactivity.googleapis.com"):
        answer = await client.send("GET", "/drive/v3/about?fields=kind", headers={"Host": host})
        assert answer.status == 200


async def test_scopes_are_checked(client: Client) -> None:
    """A token without a scope that opens the method is 403 ``insufficientPermissions`` (facts C2)."""
    await client.control("POST", "oauth", {"action": "register", "refresh_token": "r", "scopes": ["openid"]})
    form = {"grant_type": "refresh_token", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
    client.token = (await client.send("POST", "/token", data=form)).json["access_token"]
    answer = await client.get("files")
    assert (answer.status, answer.reason) == (403, "insufficientPermissions@")
    assert "insufficient_scope" in answer.headers["WWW-Authenticate"]
