"""What hangs below the items of an emulated drive, asked for over HTTP and kept in a SQLite file."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from tests.unit.client.virtual_time import EPOCH, VirtualTime
from tests.unit.sinks_local.records import CONNECTION, EMPTY, upsert, writer

from google_drive_emulator import Emulator, World, synthetic_world
from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.commenting import add_comment, add_reply, delete_comment
from google_drive_emulator.world.items import FOLDER, Item
from google_drive_worker.client import comments, drives, permissions, revisions
from google_drive_worker.client.auth import AccessToken
from google_drive_worker.client.errors import AccessDeniedError
from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.token_sources import StaticTokenSource
from google_drive_worker.client.transport import HttpTransport
from google_drive_worker.schemas.record import ItemType, OutRecord, ResourceType
from google_drive_worker.sinks.local.sqlite import SqliteFile
from google_drive_worker.sync import lists

Rows = list[tuple[object, ...]]
WEEKS_MS = 6 * 7 * 86_400_000
OWN = {"permissions_state": "own"}


@dataclass
class Copying:
    """Reads lists of an emulated drive as its first user, or another, and writes them to a file."""

    world: World
    base_url: str
    transport: HttpTransport
    path: Path
    file: SqliteFile

    def session(self, user: str | None = None) -> DriveSession:
        timing = VirtualTime().timing
        token = AccessToken(user or self.world.users[0].email, EPOCH + timedelta(hours=1))
        return DriveSession(self.transport, StaticTokenSource(token, timing), timing=timing, base_url=self.base_url)

    def write(self, records: Sequence[OutRecord]) -> None:
        self.file.write(EMPTY, EMPTY, records)

    async def copy_revisions(self, file_id: str) -> None:
        raws = await revisions.list_all(self.session(), file_id)
        self.write(lists.revisions(writer(), file_id, raws).records)

    async def copy_comments(self, file_id: str) -> None:
        raws = await comments.list_all(self.session(), file_id)
        self.write(lists.comments(writer(), file_id, raws).records)

    async def copy_permissions(self, item_id: str, kind: ItemType, user: str | None = None) -> None:
        try:
            raws = await permissions.list_all(self.session(user), item_id)
        except AccessDeniedError:
            raws = None
        self.write(lists.permission_set(writer(), item_id, kind, raws, also_single=True).records)

    def rows(self, statement: str) -> Rows:
        with closing(sqlite3.connect(self.path)) as database:
            return database.execute(statement).fetchall()


@pytest.fixture
async def copying(tmp_path: Path) -> AsyncIterator[Copying]:
    path = tmp_path / "drive.sqlite"
    file = SqliteFile(path, CONNECTION)
    file.open()
    async with Emulator(synthetic_world(files=20, seed=5)).serve() as running, HttpTransport() as transport:
        yield Copying(running.world, running.base_url, transport, path, file)
    file.close()


async def test_revisions_that_drive_purged_are_gone(copying: Copying) -> None:
    """The table has the revisions that there are, each with its size, and loses those that Drive drops (facts A8)."""
    world = copying.world
    item = world.create("a.bin", mime_type="image/png", data=b"")
    for size in range(1, 4):
        world.edit(item.id, b"x" * size)
    await copying.copy_revisions(item.id)
    sizes = "SELECT size_bytes FROM revisions ORDER BY size_bytes"
    assert copying.rows(sizes) == [(0,), (1,), (2,), (3,)]
    world.clock.advance(WEEKS_MS)
    world.edit(item.id, b"xxxx")
    await copying.copy_revisions(item.id)
    assert copying.rows(sizes) == [(3,), (4,)]


async def test_comments_follow_what_is_said(copying: Copying) -> None:
    """New ones and replies come, a deleted one stays as deleted and has no content any more (facts A9)."""
    world = copying.world
    file, author = world.create("a.txt", mime_type="text/plain"), world.users[0]
    first, second = (add_comment(world, file.id, author, said) for said in ("first", "second"))
    await copying.copy_comments(file.id)
    add_reply(world, file.id, second.id, author, "done", action="resolve")
    delete_comment(world, file.id, first.id)
    await copying.copy_comments(file.id)
    shown = copying.rows("SELECT comment_id, content, resolved, deleted, replies FROM comments ORDER BY created_at")
    assert set(shown) == {(first.id, None, 0, 1, 0), (second.id, "second", 1, 0, 1)}


async def test_grants_on_a_drive_and_on_a_folder_in_it(copying: Copying) -> None:
    """A drive's members and a folder's own grants are read by call, and who was taken out is no longer shown."""
    world, owner = copying.world, copying.world.users[0]
    shared = world.create_drive("Plans", by=owner)
    folder = world.create("own", mime_type=FOLDER, parent=shared.id, owner=owner)
    guest = world.users[3]
    world.share(folder.id, user_grant(guest, "reader"))
    drive = await drives.get(copying.session(), shared.id)
    copying.write([lists.drive(writer(), drive.raw), upsert(folder.id, kind=ResourceType.FOLDER, data=OWN)])
    await _both(copying, shared.id, folder)
    assert _grants(copying) == {
        (shared.id, "drive", owner.email, "organizer"),
        (folder.id, "folder", owner.email, "organizer"),
        (folder.id, "folder", guest.email, "reader"),
    }
    world.unshare(folder.id, guest.permission_id)
    await _both(copying, shared.id, folder)
    assert (folder.id, "folder", guest.email, "reader") not in _grants(copying)
    singles = copying.rows("SELECT count(*) FROM records WHERE resource_type = 'permission'")
    assert singles == [(2,)]


async def test_permissions_that_a_reader_may_not_see(copying: Copying) -> None:
    """Drive refuses to list them (facts A6): the set says so, and takes the place of what was known."""
    world = copying.world
    file, reader = world.create("a.txt", mime_type="text/plain"), world.users[1]
    world.share(file.id, user_grant(reader, "reader"))
    copying.write([upsert(file.id, data=OWN)])
    await copying.copy_permissions(file.id, "file")
    assert len(_grants(copying)) == 2
    await copying.copy_permissions(file.id, "file", user=reader.email)
    assert _grants(copying) == set()
    assert copying.rows("SELECT complete, permissions_state FROM permission_sets") == [(0, "not_visible")]


async def _both(copying: Copying, drive_id: str, folder: Item) -> None:
    await copying.copy_permissions(drive_id, "drive")
    await copying.copy_permissions(folder.id, "folder")


def _grants(copying: Copying) -> set[tuple[object, ...]]:
    return set(copying.rows("SELECT file_id, file_type, email_address, role FROM permissions"))
