import json
from datetime import timedelta

import pytest
from tests.integration.client.scripted_server import Answer, ScriptedServer
from tests.unit.client.virtual_time import EPOCH, VirtualTime

from google_drive_worker.client import about, changes, drives, files, permissions
from google_drive_worker.client.auth import AccessToken
from google_drive_worker.client.errors import ItemError, MalformedResponseError, ResponseTooLargeError
from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.token_sources import StaticTokenSource
from google_drive_worker.client.transport import HttpTransport

FILES = files.FilesQuery(fields="nextPageToken,files(id)", page_size=8)
CHANGES = changes.ChangesQuery(fields="nextPageToken,newStartPageToken,changes(fileId)", page_size=8)


def saying(**answer: object) -> Answer:
    return Answer(json.dumps(answer).encode())


@pytest.fixture
def session(server: ScriptedServer, transport: HttpTransport) -> DriveSession:
    time = VirtualTime()
    tokens = StaticTokenSource(AccessToken("t", EPOCH + timedelta(hours=1)), time.timing)
    return DriveSession(transport, tokens, timing=time.timing, base_url=server.url, max_bytes=1000)


async def test_about_tells_who_the_account_is(server: ScriptedServer, session: DriveSession) -> None:
    """The account is known by its permission id; address and name may be missing."""
    server.last = saying(user={"permissionId": "0123", "emailAddress": "ada@example.com"})
    answer = await about.get(session)
    assert answer.user == about.AboutUser("0123", "ada@example.com", None)
    assert server.asked[0].query["fields"] == "user(permissionId,emailAddress,displayName)"


async def test_a_listing_gives_bytes_as_sent(server: ScriptedServer, session: DriveSession) -> None:
    """A page comes raw, as nobody but the normaliser decodes it."""
    server.last = Answer(b'{"files": [ ], "later": 1}')
    assert await files.list_page(session, FILES, "tok") == server.last.body
    query = server.asked[0].query
    assert (query["pageToken"], query["pageSize"], query["supportsAllDrives"]) == ("tok", "8", "true")


@pytest.mark.parametrize("listing", ["files", "changes"])
async def test_a_page_too_large_is_asked_smaller(server: ScriptedServer, session: DriveSession, listing: str) -> None:
    """A page beyond the bound is asked for again with half the items, from the same page token."""
    server.script.extend([Answer(b" " * 2000), Answer(b" " * 2000)])
    if listing == "files":
        await files.list_page(session, FILES, "tok")
    else:
        await changes.list_page(session, CHANGES, "tok")
    assert [asked.query["pageSize"] for asked in server.asked] == ["8", "4", "2"]
    assert {asked.query["pageToken"] for asked in server.asked} == {"tok"}


async def test_one_item_too_large_is_told(server: ScriptedServer, session: DriveSession) -> None:
    """When a page of one is too large, the caller learns it."""
    server.last = Answer(b" " * 2000)
    with pytest.raises(ResponseTooLargeError):
        await files.list_page(session, FILES, None, page_size=2)
    assert [asked.query["pageSize"] for asked in server.asked] == ["2", "1"]


async def test_an_item_is_asked_for_by_its_id(server: ScriptedServer, session: DriveSession) -> None:
    """A get names the item in the path, quoted, and works for items of drives."""
    server.last = saying(id="a/b")
    assert json.loads(await files.get(session, "a/b", "id")) == {"id": "a/b"}
    assert server.asked[0].path.startswith("/drive/v3/files/a%2Fb?")
    assert server.asked[0].query["supportsAllDrives"] == "true"


async def test_an_id_that_is_none_is_not_asked_for(server: ScriptedServer, session: DriveSession) -> None:
    """What cannot be an id fails before any call is made."""
    with pytest.raises(ItemError):
        await files.get(session, "..", "id")
    assert server.asked == []


async def test_a_log_starts_with_a_token_of_its_own(server: ScriptedServer, session: DriveSession) -> None:
    """The user's log and a drive's log each have their own start token."""
    server.script.extend([saying(startPageToken="1871"), saying(startPageToken="9")])
    assert await changes.start_page_token(session) == "1871"
    assert await changes.start_page_token(session, "0A") == "9"
    assert [asked.query.get("driveId") for asked in server.asked] == [None, "0A"]


async def test_a_missing_start_token_is_malformed(server: ScriptedServer, session: DriveSession) -> None:
    """An answer without a start token never becomes an empty cursor."""
    server.last = saying(kind="drive#startPageToken")
    with pytest.raises(MalformedResponseError):
        await changes.start_page_token(session)


async def test_drives_come_from_every_page(server: ScriptedServer, session: DriveSession) -> None:
    """All shared drives are walked, each with everything that Drive said of it."""
    one, two = {"id": "0A", "name": "Plans", "colorRgb": "#fff"}, {"id": "0B", "name": "Old", "hidden": True}
    server.script.extend([saying(drives=[one], nextPageToken="p2"), saying(drives=[two])])
    found = [drive async for drive in drives.list_all(session)]
    assert [(drive.id, drive.name, drive.hidden) for drive in found] == [
        ("0A", "Plans", False),
        ("0B", "Old", True),
    ]
    assert json.loads(bytes(found[0].raw)) == one
    assert [asked.query.get("pageToken") for asked in server.asked] == [None, "p2"]


async def test_one_drive_is_asked_for_by_its_id(server: ScriptedServer, session: DriveSession) -> None:
    """A single shared drive comes in the same shape as a listed one."""
    server.last = saying(id="0A", name="Plans")
    drive = await drives.get(session, "0A")
    assert (drive.id, json.loads(bytes(drive.raw))) == ("0A", {"id": "0A", "name": "Plans"})


async def test_permissions_come_from_every_page(server: ScriptedServer, session: DriveSession) -> None:
    """All permissions of an item are gathered over pages of a stated size."""
    server.script.extend([saying(permissions=[{"id": "1"}], nextPageToken="p2"), saying(permissions=[{"id": "2"}])])
    found = await permissions.list_all(session, "file")
    assert [json.loads(bytes(raw)) for raw in found] == [{"id": "1"}, {"id": "2"}]
    assert {asked.query["pageSize"] for asked in server.asked} == {"100"}
    assert server.asked[0].query["fields"].startswith("nextPageToken,permissions(id,")
