"""Push notifications over real sockets: channels opened by clients, messages received by a server (facts B)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from google_drive_emulator.world.items import Permission

from .conftest import Answer, Client

HOUR_MS = 3_600_000


@dataclass
class Receiver:
    """A server that takes messages; ``statuses`` are its next answers, 200 once they are used up."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    messages: "asyncio.Queue[dict[str, str]]" = field(default_factory=asyncio.Queue)

    async def take(self, request: web.Request) -> web.Response:
        """Keep the headers of a message, and the length of its body."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.messages.put_nowait({**headers, "body": str(len(await request.read()))})
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    async def next(self) -> dict[str, str]:
        """Wait for the next message."""
        async with asyncio.timeout(10):
            return await self.messages.get()

    async def state(self) -> str:
        """Wait for the next message and return its state."""
        return (await self.next())["x-goog-resource-state"]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Serve a receiver on a free port."""
    found = Receiver()
    application = web.Application()
    application.router.add_post("/hook", found.take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield found
    await runner.cleanup()


async def watch(client: Client, path: str, body: dict[str, Any], **params: str) -> Answer:
    return await client.send("POST", f"/drive/v3/{path}/watch", params=params, json=body)


async def watch_changes(client: Client, receiver: Receiver, **body: Any) -> Answer:
    """Watch the caller's log."""
    token = (await client.get("changes/startPageToken")).json["startPageToken"]
    channel = {"id": "channel", "type": "web_hook", "address": receiver.url, **body}
    return await watch(client, "changes", channel, pageToken=token)


async def settings(client: Client, **values: Any) -> None:
    answer = await client.control("PUT", "push", {"gaps": False, "retry_base_ms": 1, **values})
    assert answer.status == 200, answer.body


async def test_a_channel_begins_with_sync_and_tells_of_changes(client: Client, receiver: Receiver) -> None:
    """The answer names the channel; messages are empty, numbered, and carry the token and the resource."""
    await settings(client)
    answer = await watch_changes(client, receiver, token="proof")
    opened = answer.json
    assert (answer.status, opened["kind"], opened["id"], opened["token"]) == (200, "api#channel", "channel", "proof")
    assert int(opened["expiration"]) == pytest.approx(client.world.clock() + HOUR_MS, abs=60_000)
    first = await receiver.next()
    assert (first["x-goog-resource-state"], first["x-goog-message-number"], first["body"]) == ("sync", "1", "0")
    client.world.create("new")
    second = await receiver.next()
    assert (second["x-goog-resource-state"], second["x-goog-message-number"]) == ("change", "2")
    assert (second["x-goog-resource-id"], second["x-goog-channel-token"]) == (opened["resourceId"], "proof")
    assert second["content-length"] == "0"


async def test_a_log_tells_nobody_else(client: Client, receiver: Receiver) -> None:
    """What another user alone can see makes no message; what is shared does."""
    await settings(client)
    await watch_changes(client, receiver)
    assert await receiver.state() == "sync"
    stranger, me = client.world.users[7], client.world.users[0]
    theirs = client.world.create("private", owner=stranger)
    client.world.share(theirs.id, Permission(me.permission_id, "user", "reader", me.email))
    assert (await receiver.next())["x-goog-message-number"] == "2"
    assert receiver.messages.empty()


async def test_a_files_channel_tells_what_happened_to_it(client: Client, receiver: Receiver) -> None:
    """The states of a file's life arrive in their order."""
    await settings(client)
    item = client.world.create("watched.txt", data=b"one")
    body = {"id": "file", "type": "web_hook", "address": receiver.url}
    assert (await watch(client, f"files/{item.id}", body)).status == 200
    client.world.edit(item.id, b"two")
    client.world.trash(item.id)
    client.world.restore(item.id)
    client.world.delete(item.id)
    states = [await receiver.next() for _ in range(5)]
    assert [each["x-goog-resource-state"] for each in states] == ["sync", "update", "trash", "untrash", "remove"]
    assert states[1]["x-goog-changed"] == "content, properties"


async def test_a_shared_drive_has_a_channel_of_its_own(client: Client, receiver: Receiver) -> None:
    """Items of a drive are told on the drive's channel, not on that of a member's log."""
    await settings(client)
    drive = client.world.create_drive("drive")
    token = (await client.get("changes/startPageToken", driveId=drive.id, supportsAllDrives="true")).json
    body = {"id": "drive", "type": "web_hook", "address": receiver.url}
    both = {"supportsAllDrives": "true", "includeItemsFromAllDrives": "true"}
    answer = await watch(client, "changes", body, pageToken=token["startPageToken"], driveId=drive.id, **both)
    assert answer.status == 200, answer.body
    await watch_changes(client, receiver)
    assert [await receiver.state(), await receiver.state()] == ["sync", "sync"]
    client.world.create("in the drive", parent=drive.id)
    assert (await receiver.next())["x-goog-channel-id"] == "drive"
    assert receiver.messages.empty()


async def test_only_server_errors_are_tried_again(client: Client, receiver: Receiver) -> None:
    """After 503 the same message comes again; a 404 is the end of that message, not of the channel."""
    await settings(client)
    receiver.statuses = [503, 500, 200, 404, 200]
    await watch_changes(client, receiver)
    assert [(await receiver.next())["x-goog-message-number"] for _ in range(3)] == ["1", "1", "1"]
    client.world.create("refused")
    assert (await receiver.next())["x-goog-message-number"] == "2"
    client.world.create("taken")
    assert (await receiver.next())["x-goog-message-number"] == "3"


async def test_a_stopped_channel_is_silent(client: Client, receiver: Receiver) -> None:
    """Only with its resource id can a channel be stopped, once."""
    await settings(client)
    opened = (await watch_changes(client, receiver)).json
    assert await receiver.state() == "sync"
    wrong = await client.send("POST", "/drive/v3/channels/stop", json={"id": "channel", "resourceId": "other"})
    right = {"id": "channel", "resourceId": opened["resourceId"]}
    stopped = await client.send("POST", "/drive/v3/channels/stop", json=right)
    again = await client.send("POST", "/drive/v3/channels/stop", json=right)
    assert (wrong.status, stopped.status, stopped.body, again.status) == (404, 204, b"", 404)
    client.world.create("unheard")
    await watch_changes(client, receiver, id="second")
    assert await receiver.state() == "sync"


async def test_a_channel_ends_without_a_word(client: Client, receiver: Receiver) -> None:
    """Once its time is over nothing is sent any more, and its id is free."""
    await settings(client)
    await watch_changes(client, receiver)
    assert await receiver.state() == "sync"
    twice = await watch_changes(client, receiver)
    assert (twice.status, twice.reason) == (400, "channelIdNotUnique@")
    client.world.clock.advance(HOUR_MS + 1000)
    client.world.create("unheard")
    assert (await watch_changes(client, receiver)).status == 200
    assert await receiver.state() == "sync"
    assert receiver.messages.empty()


async def test_lifetimes_are_limited(client: Client, receiver: Receiver) -> None:
    """The stricter of what is asked and what Google allows counts: a week for changes, a day for files."""
    asked = client.world.clock() + 365 * 24 * HOUR_MS
    changes = (await watch_changes(client, receiver, expiration=asked)).json
    item = client.world.create("watched")
    body = {"id": "file", "type": "web_hook", "address": receiver.url, "expiration": str(asked)}
    file = (await watch(client, f"files/{item.id}", body)).json
    now = client.world.clock()
    assert int(changes["expiration"]) == pytest.approx(now + 7 * 24 * HOUR_MS, abs=60_000)
    assert int(file["expiration"]) == pytest.approx(now + 24 * HOUR_MS, abs=60_000)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"id": None}, "required@"),
        ({"id": "x" * 65}, "invalid@"),
        ({"type": "pubsub"}, "push.channelTypeNotSupported@"),
        ({"address": None}, "required@"),
        ({"address": "http://example.com/hook"}, "push.webhookUrlNotHttps@"),
        ({"token": "x" * 257}, "invalid@"),
        ({"expiration": 1}, "invalid@"),
        ({"expiration": "soon"}, "invalid@"),
    ],
)
async def test_bad_channels_are_refused(client: Client, changed: dict[str, Any], reason: str) -> None:
    """The reason names what is wrong, and no channel is opened."""
    body = {"id": "channel", "type": "web_hook", "address": "https://example.com/hook", **changed}
    answer = await watch(client, "changes", body, pageToken="1")
    assert (answer.status, answer.reason) == (400, reason)
    assert (await client.control("GET", "push")).json["channels"] == []


async def test_a_watch_needs_a_page_token(client: Client, receiver: Receiver) -> None:
    """It takes the same parameters as the list."""
    answer = await watch(client, "changes", {"id": "c", "type": "web_hook", "address": receiver.url})
    assert (answer.status, answer.reason) == (400, "required@pageToken")


async def test_gaps_loss_and_duplicates_can_be_asked_for(client: Client, receiver: Receiver) -> None:
    """Numbers only rise, a lost message is noted here, a duplicate has the number of the first."""
    await settings(client, gaps=True)
    await watch_changes(client, receiver)
    for _ in range(8):
        client.world.create("more")
    numbers = [int((await receiver.next())["x-goog-message-number"]) for _ in range(9)]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] > 9
    await settings(client, loss=1.0)
    client.world.create("lost")
    await settings(client, loss=1.0, duplicates=1.0)
    await watch_changes(client, receiver, id="second")
    assert [(await receiver.next())["x-goog-channel-id"] for _ in range(2)] == ["second", "second"]
    outcomes = [each["outcome"] for each in (await client.control("GET", "push")).json["deliveries"]]
    assert "lost" in outcomes


async def test_sync_can_come_before_the_answer(client: Client, receiver: Receiver) -> None:
    """With the setting the message is there when the call returns."""
    await settings(client, sync_first=True)
    await watch_changes(client, receiver)
    assert receiver.messages.qsize() == 1


async def test_reset_closes_all_channels(client: Client, receiver: Receiver) -> None:
    """Channels, deliveries and settings are as at the start; tokens are never shown."""
    await settings(client)
    await watch_changes(client, receiver, token="proof")
    assert await receiver.state() == "sync"
    shown = await client.control("GET", "push")
    assert shown.json["channels"][0]["token"] == "hidden"
    assert b"proof" not in shown.body
    await client.control("POST", "reset")
    after = (await client.control("GET", "push")).json
    assert (after["channels"], after["deliveries"], after["settings"]["gaps"]) == ([], [], True)


async def test_a_receiver_that_is_gone_is_noted(client: Client, receiver: Receiver) -> None:
    """A refused connection is an outcome like any other; the API goes on."""
    await settings(client, retries=0)
    gone = replace_port(receiver.url)
    await watch(client, "changes", {"id": "c", "type": "web_hook", "address": gone}, pageToken="1")
    async with asyncio.timeout(10):
        while not (found := (await client.control("GET", "push")).json["deliveries"]):
            pass
    assert found[0]["outcome"] == "ClientConnectorError"


def replace_port(url: str) -> str:
    """Return an address where nobody listens: the discard port."""
    return url.rpartition(":")[0] + ":9/hook"
