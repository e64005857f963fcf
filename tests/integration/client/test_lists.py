"""Revisions and comments as they are asked for, page by page."""

import json
import random
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from tests.integration.client.scripted_server import Answer, ScriptedServer
from tests.unit.client.virtual_time import EPOCH, VirtualTime

from google_drive_emulator import Emulator, World, synthetic_world
from google_drive_emulator.world.commenting import add_comment, delete_comment
from google_drive_emulator.world.items import FOLDER, Permission
from google_drive_worker.client import comments, revisions
from google_drive_worker.client.auth import AccessToken
from google_drive_worker.client.errors import AccessDeniedError, ItemError, MalformedResponseError, NotFoundError
from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.token_sources import StaticTokenSource
from google_drive_worker.client.transport import HttpTransport

LISTS = {"revisions": revisions.list_all, "comments": comments.list_all}


def saying(**answer: object) -> Answer:
    return Answer(json.dumps(answer).encode())


def session_of(transport: HttpTransport, base_url: str, user: str = "first") -> DriveSession:
    time = VirtualTime()
    tokens = StaticTokenSource(AccessToken(user, EPOCH + timedelta(hours=1)), time.timing)
    return DriveSession(transport, tokens, timing=time.timing, base_url=base_url)


@pytest.fixture
def session(server: ScriptedServer, transport: HttpTransport) -> DriveSession:
    return session_of(transport, server.url)


@pytest.mark.parametrize(("name", "size"), [("revisions", "1000"), ("comments", "100")])
async def test_a_list_comes_from_every_page(
    server: ScriptedServer, session: DriveSession, name: str, size: str
) -> None:
    """All entries are gathered, each as Drive gave it, over the largest pages there are (facts A2)."""
    server.script.extend([saying(**{name: [{"id": "1", "later": 2}], "nextPageToken": "p2"}), saying(**{name: []})])
    found = await LISTS[name](session, "a/b")
    assert [json.loads(bytes(raw)) for raw in found] == [{"id": "1", "later": 2}]
    assert [asked.query.get("pageToken") for asked in server.asked] == [None, "p2"]
    assert {asked.query["pageSize"] for asked in server.asked} == {size}
    assert all(asked.path.startswith(f"/drive/v3/files/a%2Fb/{name}?") for asked in server.asked)
    assert all(asked.query["fields"].startswith(f"nextPageToken,{name}(id,") for asked in server.asked)


async def test_deleted_comments_are_asked_for(server: ScriptedServer, session: DriveSession) -> None:
    """Without them a deleted comment would look as if it had never been (facts A9)."""
    await comments.list_all(session, "f")
    assert [asked.query["includeDeleted"] for asked in server.asked] == ["true"]


async def test_a_text_cut_within_a_character_costs_no_list(server: ScriptedServer, session: DriveSession) -> None:
    """Half a surrogate pair is replaced; the comments around it are as they were."""
    server.last = Answer(rb'{"comments": [{"id": "1", "content": "a\ud83d"}, {"id": "2", "content": "\u00fc"}]}')
    found = [json.loads(bytes(raw)) for raw in await comments.list_all(session, "f")]
    assert found == [{"id": "1", "content": "a?"}, {"id": "2", "content": "ü"}]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"comments": 5}', b'{"comments": [{"id":'])
async def test_what_is_no_list_is_malformed(server: ScriptedServer, session: DriveSession, body: bytes) -> None:
    """An answer of another shape, or cut short, never passes for an empty list."""
    server.last = Answer(body)
    with pytest.raises(MalformedResponseError):
        await comments.list_all(session, "f")


@pytest.mark.parametrize("name", LISTS)
async def test_an_id_that_is_none_is_not_asked_for(server: ScriptedServer, session: DriveSession, name: str) -> None:
    """What cannot be an id fails before any call is made."""
    with pytest.raises(ItemError):
        await LISTS[name](session, "..")
    assert server.asked == []


@pytest.fixture
async def emulated() -> AsyncIterator[tuple[World, str]]:
    async with Emulator(synthetic_world(files=20, seed=3)).serve() as running:
        yield running.world, running.base_url


async def test_a_file_with_much_said_about_it(emulated: tuple[World, str], transport: HttpTransport) -> None:
    """Comments come over several pages, deleted ones among them."""
    world, base_url = emulated
    file, author, draw = world.create("talk.txt", mime_type="text/plain"), world.users[0], random.Random(1)
    said = [add_comment(world, file.id, author, f"comment {number}").id for number in range(230)]
    for comment_id in draw.sample(said, 20):
        delete_comment(world, file.id, comment_id)
    session = session_of(transport, base_url)
    found = [json.loads(bytes(raw)) for raw in await comments.list_all(session, file.id)]
    assert sorted(each["id"] for each in found) == sorted(said)
    assert sum(each["deleted"] for each in found) == 20


async def test_a_file_with_a_past(emulated: tuple[World, str], transport: HttpTransport) -> None:
    """All revisions that Drive kept come oldest first, with the content's size and checksum of each."""
    world, base_url = emulated
    file = world.create("a.bin", mime_type="image/png", data=b"")
    for size in range(1, 8):
        world.edit(file.id, b"x" * size)
    found = [json.loads(bytes(raw)) for raw in await revisions.list_all(session_of(transport, base_url), file.id)]
    assert [int(each["size"]) for each in found] == list(range(8))
    assert len({each["md5Checksum"] for each in found}) == 8


async def test_what_has_no_revisions_or_may_not_be_seen(emulated: tuple[World, str], transport: HttpTransport) -> None:
    """A reader may not see revisions (facts A6), a folder has none, and a file that is not visible is not found."""
    world, base_url = emulated
    file, folder = world.create("a.txt", mime_type="text/plain"), world.create("d", mime_type=FOLDER)
    reader, stranger = world.users[1:3]
    world.share(file.id, Permission(reader.permission_id, "user", "reader", email=reader.email))
    with pytest.raises(AccessDeniedError):
        await revisions.list_all(session_of(transport, base_url, reader.email), file.id)
    with pytest.raises(ItemError):
        await revisions.list_all(session_of(transport, base_url), folder.id)
    for listed in LISTS.values():
        with pytest.raises(NotFoundError):
            await listed(session_of(transport, base_url, stranger.email), file.id)
