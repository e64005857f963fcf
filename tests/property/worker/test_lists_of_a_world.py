"""Whatever the emulator shows of permissions, revisions, comments and drives becomes records that lack none of it."""

import json
import random
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from msgspec import Raw
from tests.support.emulator.histories import crowded_world, items_of
from tests.unit.client.virtual_time import EPOCH, VirtualTime

from google_drive_emulator import Emulator, World
from google_drive_emulator.world.commenting import (
    add_comment,
    add_reply,
    delete_comment,
    delete_reply,
)
from google_drive_emulator.world.items import Item, User
from google_drive_worker.client import comments, drives, permissions, revisions
from google_drive_worker.client.auth import AccessToken
from google_drive_worker.client.errors import AccessDeniedError, ItemError
from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.token_sources import StaticTokenSource
from google_drive_worker.client.transport import HttpTransport
from google_drive_worker.schemas.record import OutRecord, Source
from google_drive_worker.sync import lists
from google_drive_worker.sync.records import RecordWriter

Json = dict[str, Any]

WRITER = RecordWriter(
    "google-drive", "conn_1", Source("user:me"), "000000000001", "enrichment:1", "2026-01-01T00:00:00.000Z"
)
RENAMED = {"size": "size_bytes", "createdTime": "created_at", "modifiedTime": "modified_at"}
NOT_ASKED = {"kind", "me", "teamDrivePermissionDetails"}
"""What a record does not hold: constants, what differs by viewer, and an old name of another field."""


def renamed(value: Any, *, without: frozenset[str] = frozenset()) -> Any:
    """Drive's JSON with the worker's names and without what is not asked for."""
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if key not in NOT_ASKED | without}
        return {_name(key): renamed(item, without=without) for key, item in kept.items()}
    return [renamed(item, without=without) for item in value] if isinstance(value, list) else value


def _name(key: str) -> str:
    camel = re.fullmatch(r"[a-z][A-Za-z0-9]*", key)
    return RENAMED.get(key) or (re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), key) if camel else key)


PHOTOS = frozenset({"photoLink"})


def of_revision(revision: Json) -> Json:
    found: Json = renamed(revision, without=PHOTOS)
    return found | ({"size_bytes": int(revision["size"])} if "size" in revision else {})


def of_drive(drive: Json) -> Json:
    found: Json = renamed(drive)
    return found | {"viewer": {name: found.pop(name) for name in ("hidden", "capabilities")}}


class Watched:
    """A world with a past behind HTTP: the client's own session of a user, and plain calls that ask for everything."""

    def __init__(self, world: World, base_url: str, transport: HttpTransport, http: aiohttp.ClientSession) -> None:
        self.world = world
        self._base_url = base_url
        self._transport = transport
        self._http = http

    def session(self, user: User) -> DriveSession:
        timing = VirtualTime().timing
        tokens = StaticTokenSource(AccessToken(user.email, EPOCH + timedelta(hours=1)), timing)
        return DriveSession(self._transport, tokens, timing=timing, base_url=self._base_url)

    async def everything(self, user: User, path: str, items: str, **params: str) -> list[Json]:
        """All of a list in its own words: Drive's names, every field, no page left out."""
        url, token = f"{self._base_url}/drive/v3/{path}", None
        found: list[Json] = []
        while True:
            asked = {"fields": "*", "pageSize": "50", **params, **({"pageToken": token} if token else {})}
            async with self._http.get(url, params=asked, headers={"authorization": f"Bearer {user.email}"}) as answer:
                assert answer.status == 200, await answer.text()
                page = await answer.json()
            found += page[items]
            token = page.get("nextPageToken")
            if token is None:
                return found


@asynccontextmanager
async def watched(seed: int) -> AsyncIterator[Watched]:
    world = crowded_world(seed, past=60)
    world.create_drive("Lasting", by=world.users[0])
    for item in items_of(world)[:20]:
        _live(world, item, random.Random(f"{seed} {item.id}"))
    async with (
        Emulator(world).serve() as running,
        HttpTransport() as transport,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as http,
    ):
        yield Watched(running.world, running.base_url, transport, http)


def _live(world: World, item: Item, draw: random.Random) -> None:
    """Let people write to a file and talk about it, and take some of it back."""
    if not (item.is_blob or item.is_document):
        return
    for number in range(draw.randrange(4)):
        world.edit(item.id, f"content {number}".encode())
    for _ in range(draw.randrange(5)):
        _talk(world, item, draw)


def _talk(world: World, item: Item, draw: random.Random) -> None:
    author, other = draw.sample(world.users, 2)
    comment = add_comment(
        world,
        item.id,
        author,
        draw.choice(["plain", "a < b\nand\u2028more", f"+{other.email} look 🙂"]),
        anchor=draw.choice([None, '{"r":"head"}']),
        quoted=draw.choice([None, ("text/html", "<i>words</i>")]),
        assignee=draw.choice([None, other.email]),
    )
    for _ in range(draw.randrange(3)):
        reply = add_reply(world, item.id, comment.id, other, "yes", action=draw.choice([None, "resolve", "reopen"]))
        if draw.random() < 0.3:
            delete_reply(world, item.id, comment.id, reply.id)
    if draw.random() < 0.3:
        delete_comment(world, item.id, comment.id)


def datas(records: Sequence[OutRecord]) -> list[Json]:
    return [json.loads(record.data) for record in records]


async def seen(call: Any, session: DriveSession, item_id: str) -> list[Raw] | None:
    """What the client lists; None where the account may not see it, or there is no such list."""
    try:
        found: list[Raw] = await call(session, item_id)
    except (AccessDeniedError, ItemError):
        return None
    return found


@pytest.mark.parametrize("seed", range(6))
async def test_every_field_is_in_the_records(seed: int) -> None:
    """For each user and item: what Drive says with every field is what the records say, and manifests name it all."""
    counts = dict.fromkeys(("permission", "revision", "comment", "drive"), 0)
    async with watched(seed) as watch:
        for user in watch.world.users[:2]:
            session = watch.session(user)
            shared = [drive async for drive in drives.list_all(session)]
            told = await watch.everything(user, "drives", "drives")
            assert datas([lists.drive(WRITER, drive.raw) for drive in shared]) == [of_drive(each) for each in told]
            counts["drive"] += len(told)
            for item_id, kind in [*((drive.id, "drive") for drive in shared), *_some_items(watch.world)]:
                counts["permission"] += await _check_permissions(watch, user, item_id, kind)
                counts["revision"] += await _check_revisions(watch, user, item_id)
                counts["comment"] += await _check_comments(watch, user, item_id)
    assert all(counts.values()), counts


def _some_items(world: World) -> list[tuple[str, Any]]:
    return [(item.id, "folder" if item.is_folder else "file") for item in items_of(world)[:20]]


async def _check_permissions(watch: Watched, user: User, item_id: str, kind: Any) -> int:
    raws = await seen(permissions.list_all, watch.session(user), item_id)
    if raws is None:
        return 0
    told = await watch.everything(user, f"files/{item_id}/permissions", "permissions", supportsAllDrives="true")
    grants = [renamed(grant, without=PHOTOS) for grant in told]
    head, *singles, manifest = datas(lists.permission_set(WRITER, item_id, kind, raws, also_single=True).records)
    assert (head["permissions"], head["complete"]) == (grants, True)
    assert singles == [{"item_id": item_id, "item_type": kind} | grant for grant in grants]
    assert manifest["ids"] == [grant["id"] for grant in grants]
    return len(grants)


async def _check_revisions(watch: Watched, user: User, item_id: str) -> int:
    raws = await seen(revisions.list_all, watch.session(user), item_id)
    if raws is None:
        return 0
    told = await watch.everything(user, f"files/{item_id}/revisions", "revisions")
    *records, manifest = datas(lists.revisions(WRITER, item_id, raws).records)
    assert records == [{"file_id": item_id} | of_revision(each) for each in told]
    item = watch.world.item(item_id)
    assert item is not None
    assert (manifest["ids"], manifest["complete"]) == ([each["id"] for each in told], not item.is_document)
    return len(told)


async def _check_comments(watch: Watched, user: User, item_id: str) -> int:
    raws = await seen(comments.list_all, watch.session(user), item_id)
    if raws is None:
        return 0
    told = await watch.everything(user, f"files/{item_id}/comments", "comments", includeDeleted="true")
    *records, manifest = datas(lists.comments(WRITER, item_id, raws).records)
    assert records == [{"file_id": item_id} | renamed(each) for each in told]
    assert (manifest["ids"], manifest["complete"]) == ([each["id"] for each in told], True)
    return len(told)
