"""Many calls in one request (facts D, A10)."""

import asyncio
import json
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import Message
from pathlib import Path
from typing import Any, cast

import aiohttp
import google_auth_httplib2  # type: ignore[import-untyped] # Google's client has no types
import googleapiclient.discovery_cache  # type: ignore[import-untyped] # as above
import httplib2  # type: ignore[import-untyped] # as above
import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document  # type: ignore[import-untyped] # as above

from .conftest import Answer, Client

BATCH = "/batch/drive/v3"


def written(*requests: str, boundary: str = "b") -> bytes:
    """Write a batch body; each request gets its number as its id."""
    parts = [
        f"--{boundary}\r\nContent-Type: application/http\r\nContent-ID: <{number}>\r\n\r\n{request}\r\n"
        for number, request in enumerate(requests)
    ]
    return ("".join(parts) + f"--{boundary}--\r\n").encode()


async def post(client: Client, *requests: str, path: str = BATCH, **headers: str) -> Answer:
    head = {"Content-Type": "multipart/mixed; boundary=b", **headers}
    return await client.send("POST", path, headers=head, data=written(*requests))


def parts_of(answer: Answer) -> list[tuple[str | None, int, dict[str, str], Any]]:
    """Return each part's id, status, headers and JSON."""
    assert answer.status == 200, answer.body
    head = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    parts = []
    for part in message_from_bytes(head + answer.body, policy=policy.HTTP).iter_parts():
        first, _, rest = payload(part).partition(b"\r\n")
        message = message_from_bytes(rest, policy=policy.HTTP)
        text = payload(message).strip()
        value = json.loads(text) if text else None
        parts.append((part["Content-ID"], int(first.split()[1]), dict(message.items()), value))
    return parts


def payload(message: Message) -> bytes:
    """Return a message's body."""
    return cast("bytes", message.get_payload(decode=True))


def statuses(answer: Answer) -> list[int]:
    return [status for _, status, _, _ in parts_of(answer)]


async def test_parts_are_answered_in_order(client: Client) -> None:
    """Each answer has its request's id and is what the call alone would give; absolute URLs are fine too."""
    answer = await post(
        client,
        "GET /drive/v3/about?fields=kind",
        "GET https://www.googleapis.com/drive/v3/files?fields=kind HTTP/1.1",
        "GET /drive/v3/files/nope HTTP/1.1\r\nAccept: application/json\r\n",
    )
    parts = parts_of(answer)
    assert [content_id for content_id, *_ in parts] == ["<response-0>", "<response-1>", "<response-2>"]
    assert [value.get("kind") for *_, value in parts] == ["drive#about", "drive#fileList", None]
    assert statuses(answer) == [200, 200, 404]


async def test_ids_come_back_as_they_were_sent(client: Client) -> None:
    """Without angle brackets, with blanks, or missing."""
    part = "--b\r\nContent-Type: application/http\r\n{}\r\nGET /drive/v3/about?fields=kind\r\n\r\n"
    ids = ("Content-ID: item1\r\n", "Content-ID: <a + 1>\r\n", "")
    body = "".join(part.format(each) for each in ids) + "--b--"
    head = {"Content-Type": 'multipart/mixed; boundary="b"'}
    answer = await client.send("POST", BATCH, headers=head, data=body)
    assert [content_id for content_id, *_ in parts_of(answer)] == ["response-item1", "<response-a + 1>", None]


async def test_parts_inherit_headers_and_parameters(client: Client) -> None:
    """What the batch says holds for its parts, unless they say otherwise; what it says of its own body does not."""
    second = client.world.users[1].email
    answer = await post(
        client,
        "GET /drive/v3/about",
        "GET /drive/v3/about?fields=kind",
        f"GET /drive/v3/about\r\nAuthorization: Bearer {second}\r\n",
        path=f"{BATCH}?fields=user(emailAddress)",
    )
    emails = [value.get("user", {}).get("emailAddress") for *_, value in parts_of(answer)]
    assert emails == [client.world.users[0].email, None, second]


async def test_a_part_can_bring_the_only_credentials(client: Client) -> None:
    """The batch itself needs none."""
    client.token = None
    answer = await post(
        client, "GET /drive/v3/about?fields=kind\r\nAuthorization: Bearer x\r\n", "GET /drive/v3/about?fields=kind"
    )
    assert statuses(answer) == [200, 403]


async def test_downloads_are_sent_elsewhere(client: Client) -> None:
    """Bytes are not for batches: 302 to the download service, with an error for a body."""
    item = client.world.create("a.txt", data=b"hello")
    answer = await post(client, f"GET /drive/v3/files/{item.id}?alt=media")
    ((_, status, headers, value),) = parts_of(answer)
    assert (status, value["error"]["errors"][0]["reason"]) == (302, "backendError")
    assert headers["Location"].startswith(f"{client.base_url}/download/drive/v3/files/{item.id}?alt=media")
    followed = await client.send("GET", headers["Location"].removeprefix(client.base_url))
    assert followed.body == b"hello"


@pytest.mark.parametrize(
    "request_text",
    [
        "",
        "GET",
        "GET http://[/drive/v3/files",
        "GET /upload/drive/v3/files",
        "GET /batch/drive/v3",
        "GET /admin/directory/v1/users",
        "POST /__emulator__/reset",
        "GET /drive/v3/files?q=" + "x" * 8_000,
    ],
)
async def test_a_bad_part_is_a_400_among_good_ones(client: Client, request_text: str) -> None:
    """What is no call of this API, or too long, is refused inside; the other parts are answered."""
    good = "GET /drive/v3/about?fields=kind"
    assert statuses(await post(client, good, request_text, good)) == [200, 400, 200]


@pytest.mark.parametrize("count", [0, 101])
async def test_a_batch_has_one_to_a_hundred_calls(client: Client, count: int) -> None:
    """Others are refused as a whole."""
    answer = await post(client, *["GET /drive/v3/about?fields=kind"] * count)
    assert (answer.status, answer.reason) == (400, "badRequest@")


async def test_a_hundred_calls_are_fine(client: Client) -> None:
    """The limit itself is allowed."""
    assert statuses(await post(client, *["GET /drive/v3/about?fields=kind"] * 100)) == [200] * 100


async def test_a_body_that_is_no_batch_is_refused(client: Client) -> None:
    """Without a boundary there is nothing to read."""
    answer = await client.send("POST", BATCH, headers={"Content-Type": "application/json"}, data=b"{}")
    assert (answer.status, answer.reason) == (400, "badRequest@")
    assert "boundary" in answer.json["error"]["message"]


async def test_parts_go_the_way_of_single_calls(client: Client) -> None:
    """Quota, faults and counts see each part by itself."""
    await client.control("PUT", "clock", {"frozen": True})
    await client.control("PUT", "quota", {"model": "queries", "user_queries": 3})
    await client.control("POST", "faults", {"faults": [{"route": "about.get", "status": 503}]})
    answer = await post(client, *["GET /drive/v3/about?fields=kind"] * 5)
    counted = (await client.control("GET", "requests")).json["requests"]
    assert sorted(statuses(answer)) == [200, 200, 200, 403, 503]
    assert counted == {"about.get": {"200": 3, "403": 1, "503": 1}, "batch": {"200": 1}}


async def test_a_cut_part_cuts_the_batch(client: Client) -> None:
    """There is one connection only."""
    await client.control("POST", "faults", {"faults": [{"route": "about.get", "kind": "truncate"}]})
    with pytest.raises(aiohttp.ClientConnectionError):
        await post(client, "GET /drive/v3/about?fields=kind", "GET /drive/v3/files")
    counted = (await client.control("GET", "requests")).json["requests"]
    assert (counted["about.get"], counted["batch"]) == ({"cut": 1}, {"cut": 1})


def official(client: Client) -> Any:
    """Google's own client, unmodified, for Drive at the emulator's address."""
    directory = Path(googleapiclient.discovery_cache.__file__).parent / "documents"
    document = json.loads((directory / "drive.v3.json").read_text())
    document["rootUrl"] = f"{client.base_url}/"
    credentials = Credentials("any")  # type: ignore[no-untyped-call] # google-auth leaves this one untyped
    http = google_auth_httplib2.AuthorizedHttp(credentials, httplib2.Http(timeout=20))
    return build_from_document(document, http=http)


def send_batch(client: Client, ids: Sequence[str]) -> dict[str, Any]:
    """Get files in one batch, under their own ids, and return their names or the errors."""
    found: dict[str, Any] = {}

    def keep(file_id: str, file: Any, error: Any) -> None:
        found[file_id] = file["name"] if error is None else error.resp.status

    with official(client) as drive:
        batch = drive.new_batch_http_request(callback=keep)
        for file_id in ids:
            batch.add(drive.files().get(fileId=file_id, fields="name"), request_id=file_id)
        batch.execute()
    return found


async def test_googles_own_client_is_served(client: Client) -> None:
    """The Python client's batches are understood and their answers are read by it, failures too."""
    items = [client.world.create(f"name {number} ünï ✓", data=b"x") for number in range(3)]
    ids = [*(item.id for item in items), "nope", "a b/c+d"]
    found = await asyncio.to_thread(send_batch, client, ids)
    assert found == {**{item.id: item.name for item in items}, "nope": 404, "a b/c+d": 404}
