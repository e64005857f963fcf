"""The control API: worlds, mutations, faults, latency and counts."""

import asyncio
import re
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from .conftest import Client


async def raw_get(client: Client, path: str) -> bytes:
    """Send a GET on a socket of its own and return what comes. HTTP clients repeat a cut GET by themselves."""
    address = urlsplit(client.base_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n\r\n".encode())
    received = b""
    with suppress(ConnectionError):
        while chunk := await asyncio.wait_for(reader.read(65_536), 10):
            received += chunk
    writer.close()
    return received


async def test_the_world_is_counted_and_listed(client: Client) -> None:
    """The counts of the world are those of its items; the root folder is listed first, marked, and not counted."""
    counts = (await client.control("GET", "world")).json
    items, query = [], "limit=90"
    while query:
        page = (await client.control("GET", f"world/items?{query}")).json
        items += page["items"]
        query = f"limit=90&after={page['next']}" if page["next"] else ""
    assert [item["isRoot"] for item in items] == [True] + [False] * counts["items"]
    assert counts["items"] == 300 == counts["files"] + counts["folders"] + counts["shortcuts"]
    assert counts["trashed"] == sum(item["trashed"] for item in items)
    assert items[0]["id"] == counts["root_id"]
    assert all(item["capabilities"]["canShare"] == ("permissions" in item) for item in items)


async def test_mutations_go_through_to_drive(client: Client) -> None:
    """Mutations answer ids, and each is a change in the log."""
    token = (await client.get("changes/startPageToken")).json["startPageToken"]
    folder = {"op": "create", "name": "folder", "mimeType": "application/vnd.google-apps.folder"}
    folder_id = (await client.control("POST", "world", {"mutations": [folder]})).json["results"][0]["id"]
    file = {"op": "create", "name": "file", "content": "hello"}
    file_id = (await client.control("POST", "world", {"mutations": [file]})).json["results"][0]["id"]
    mutations = [
        {"op": "rename", "id": file_id, "name": "new name"},
        {"op": "move", "id": file_id, "parent": folder_id},
        {"op": "share", "id": file_id, "type": "anyone", "role": "reader"},
        {"op": "unshare", "id": file_id, "permissionId": "anyoneWithLink"},
        {"op": "touch", "id": file_id},
        {"op": "edit", "id": file_id, "content": "hello again"},
        {"op": "trash", "id": file_id},
        {"op": "restore", "id": file_id},
    ]
    answer = await client.control("POST", "world", {"mutations": mutations})
    changes = (await client.get("changes", pageToken=token, fields="*")).json["changes"]
    assert answer.json["results"] == [{"id": file_id}] * len(mutations)
    assert [change["fileId"] for change in changes] == [folder_id, file_id]
    last = changes[1]["file"]
    assert (last["name"], last["size"], last["parents"], last["trashed"]) == ("new name", "11", [folder_id], False)


@pytest.mark.parametrize(
    ("method", "path", "message", "said"),
    [
        ("POST", "world", {"mutations": [{"op": "rename", "id": "nope", "name": "x"}]}, "there is no item nope"),
        ("POST", "world", {"mutations": [{"op": "explode"}]}, "Invalid value 'explode'"),
        ("POST", "world", {"mutation": []}, "mutation"),
        ("POST", "world/random", {"count": -1}, "count must be from 0"),
        ("POST", "faults", {"faults": [{"probability": 2}]}, "probability must be"),
        ("POST", "oauth", {"action": "revoke"}, "needs a refresh_token"),
        ("PUT", "latency", {"milliseconds": -5}, "milliseconds must be from 0"),
        ("PUT", "pages", {"cap_with_parents": 0}, "a cap must be at least 1"),
        ("PUT", "pages", {"token_hours": 0}, "token_hours must be above 0"),
        ("PUT", "quirks", {"gravity": True}, "gravity"),
        ("PUT", "clock", {"now": "soon"}, "now must be epoch milliseconds or RFC 3339"),
        ("PUT", "clock", {"advance_ms": 10**18}, "between the years 1970 and 9999"),
        ("GET", "requests/log?limit=0", None, "limit must be a whole number from 1"),
        ("GET", "world/items?limit=no", None, "limit must be a whole number"),
        ("GET", "world/items?after=no", None, "after must be the id"),
        ("GET", "world/items?user=no", None, "there is no user"),
    ],
)
async def test_a_bad_message_is_answered_with_what_is_wrong(
    client: Client, method: str, path: str, message: object, said: str
) -> None:
    """The control API answers 400 and says what is wrong."""
    answer = await client.control(method, path, message)
    assert answer.status == 400
    assert said in answer.json["error"]


async def test_random_mutations_follow_from_their_seed(client: Client) -> None:
    """The same seed on the same world does the same, and a reset brings the world back."""
    first = (await client.control("POST", "world/random", {"count": 40, "seed": 6})).json
    changed = (await client.control("GET", "world")).json
    await client.control("POST", "reset")
    second = (await client.control("POST", "world/random", {"count": 40, "seed": 6})).json
    assert first == second
    assert len(first["mutations"]) == len(first["results"]) == 40
    assert (await client.control("GET", "world")).json == changed


async def test_an_error_fault_strikes_as_often_as_asked(client: Client) -> None:
    """An injected error has its status, reason and Retry-After, for its route and count only."""
    fault = {"route": "files.list", "count": 2, "status": 403, "reason": "userRateLimitExceeded", "retry_after": 1}
    await client.control("POST", "faults", {"faults": [fault]})
    assert (await client.get("changes/startPageToken")).status == 200
    struck = [await client.get("files") for _ in range(3)]
    assert [answer.status for answer in struck] == [403, 403, 200]
    assert struck[0].headers["Retry-After"] == "1"
    assert struck[0].json["error"]["errors"][0]["domain"] == "usageLimits"


@pytest.mark.parametrize("kind", ["reset", "truncate", "stall"])
async def test_a_cut_connection_is_a_client_error(client: Client, kind: str) -> None:
    """Resets, truncated bodies and stalls end the connection before the answer does, and the next call works."""
    fault = {"route": "files.list", "kind": kind, "latency_ms": 1}
    await client.control("POST", "faults", {"faults": [fault]})
    head, _, body = (await raw_get(client, "/drive/v3/files")).partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    assert length is None or len(body) < int(length[1])
    assert (length is not None) == (kind == "truncate")
    assert (await client.get("files")).status == 200
    assert (await client.control("GET", "requests")).json == {"requests": {"files.list": {"200": 1, "cut": 1}}}


async def test_an_html_fault_is_no_json(client: Client) -> None:
    """Google's front end answers some errors in HTML (facts C1)."""
    await client.control("POST", "faults", {"faults": [{"kind": "html", "status": 502}]})
    answer = await client.get("files")
    assert (answer.status, answer.headers["Content-Type"]) == (502, "text/html; charset=UTF-8")


async def test_faults_are_listed_and_dropped(client: Client) -> None:
    """Waiting faults can be read, and dropping them leaves none."""
    await client.control("POST", "faults", {"faults": [{"count": 5}, {"kind": "html", "count": None}]})
    await client.get("files")
    waiting = (await client.control("GET", "faults")).json["faults"]
    await client.control("DELETE", "faults")
    assert [fault.get("count", 1) for fault in waiting] == [4, None]
    assert (await client.control("GET", "faults")).json == {"faults": []}
    assert (await client.get("files")).status == 200


async def test_latency_lets_others_run(client: Client) -> None:
    """With a latency set, calls wait side by side and not one after the other."""
    await client.control("PUT", "latency", {"milliseconds": 50})
    answers = await asyncio.gather(*(client.get("files") for _ in range(20)))
    assert [answer.status for answer in answers] == [200] * 20


async def test_requests_are_counted_by_route_and_status(client: Client) -> None:
    """Drive's routes are counted, the control API's are not, and the counts can be dropped."""
    await client.get("files")
    await client.get("files", q="nonsense")
    counted = (await client.control("GET", "requests")).json
    await client.control("DELETE", "requests")
    assert counted == {"requests": {"files.list": {"200": 1, "400": 1}}}
    assert (await client.control("GET", "requests")).json == {"requests": {}}


async def test_page_caps_follow_the_mask(client: Client) -> None:
    """With caps set, a page shrinks when the mask has parents or permissions; all pages still add up."""
    await client.control("PUT", "pages", {"cap_with_parents": 46, "cap_with_permissions": 10})
    sizes = {
        mask: len((await client.get("files", pageSize="200", fields=f"files({mask})")).json["files"])
        for mask in ("id", "id,parents", "id,parents,permissions")
    }
    whole = await client.pages("files", "files", pageSize="200", fields="nextPageToken,files(id,permissions)")
    assert sizes == {"id": 200, "id,parents": 46, "id,parents,permissions": 10}
    assert len(whole) == 300


async def test_it_is_healthy_and_unknown_controls_are_named(client: Client) -> None:
    """Health answers 200; a control that does not exist answers 404 and says so."""
    assert (await client.control("GET", "health")).json == {"status": "ok"}
    answer = await client.control("POST", "nothing")
    assert (answer.status, answer.json) == (404, {"error": "there is no POST /__emulator__/nothing"})


async def test_the_last_requests_are_told_without_secrets(client: Client) -> None:
    """The log has what was asked, by whom, and how it was answered; tokens and keys are blotted out."""
    await client.get("files/nope", access_token="secret", key="secret", fields="id")
    await client.get("about", fields="kind")
    both = (await client.control("GET", "requests/log")).json["requests"]
    last = (await client.control("GET", "requests/log?limit=1")).json["requests"]
    assert [entry["route"] for entry in both] == ["files.get", "about.get"]
    assert last == both[1:]
    first = both[0]
    assert (first["method"], first["path"], first["status"]) == ("GET", "/drive/v3/files/nope", "404")
    assert first["params"] == {"access_token": "…", "key": "…", "fields": "id"}
    assert first["user"] == client.world.users[0].email
    assert first["milliseconds"] < 10_000


async def test_settings_can_be_read_back(client: Client) -> None:
    """What was PUT is what GET answers; what is not named has its default."""
    for path, message in (
        ("latency", {"milliseconds": 1}),
        ("pages", {"cap_with_parents": 7}),
        ("quirks", {"repeat_ids": True}),
    ):
        put, read = await client.control("PUT", path, message), await client.control("GET", path)
        assert put.json == read.json
        assert message.items() <= read.json.items()
    assert client.world.quirks.repeat_ids


async def test_the_clock_is_set_stopped_and_advanced(client: Client) -> None:
    """Changes carry the emulator's time, which goes on from where it was set."""
    stopped = (await client.control("PUT", "clock", {"now": "2026-10-02T12:00:00Z", "frozen": True})).json
    assert stopped == {"now": "2026-10-02T12:00:00.000Z", "now_ms": 1_790_942_400_000, "frozen": True}
    await client.control("PUT", "clock", {"advance_ms": 90_000})
    created = client.world.create("now")
    assert (await client.get(f"files/{created.id}", fields="createdTime")).json == {
        "createdTime": "2026-10-02T12:01:30.000Z"
    }
    going = (await client.control("PUT", "clock", {"now": 1_790_942_400_000, "frozen": False})).json
    assert (going["frozen"], going["now"][:17]) == (False, "2026-10-02T12:00:")
    assert (await client.control("GET", "clock")).json["now_ms"] >= going["now_ms"]
