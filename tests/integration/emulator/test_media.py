"""Bytes of files over a real socket: alt=media, ranges, and who may have them (facts A10)."""

import pytest

from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.items import DOCUMENT, FOLDER, NO_TRAITS, Item, Traits

from .conftest import Answer, Client
from .people import SUPPORTS, as_user, made_drive, patch

DATA = bytes(range(256)) * 4


def made(client: Client, traits: Traits = NO_TRAITS, parent: str | None = None) -> Item:
    """Make a file of the first user's."""
    return client.world.create("a.bin", data=DATA, mime_type="image/png", traits=traits, parent=parent)


async def download(client: Client, item: Item, **params: str) -> Answer:
    """Download a file."""
    return await client.get(f"files/{item.id}", alt="media", **params)


@pytest.mark.parametrize(
    ("wanted", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=1000-", 1000, 1024),
        ("bytes=1000-5000", 1000, 1024),
        ("bytes=-24", 1000, 1024),
        ("bytes=-5000", 0, 1024),
    ],
)
async def test_a_range_is_answered_in_part(client: Client, wanted: str, start: int, stop: int) -> None:
    """206 with what was asked for, where it lies in the whole, and the file's own type."""
    answer = await client.read(made(client).id, wanted)
    assert (answer.status, answer.body) == (206, DATA[start:stop])
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/1024"
    assert (answer.headers["Content-Type"], answer.headers["Content-Length"]) == ("image/png", str(stop - start))
    assert "ETag" not in answer.headers


@pytest.mark.parametrize("wanted", ["bytes=1024-", "bytes=5000-6000", "bytes=-0"])
async def test_a_range_behind_the_end_is_not_satisfiable(client: Client, wanted: str) -> None:
    """416 says how long the file is (facts A10)."""
    answer = await client.read(made(client).id, wanted)
    assert (answer.status, answer.reason) == (416, "requestedRangeNotSatisfiable@Range")
    assert answer.headers["Content-Range"] == "bytes */1024"


async def test_an_empty_file_has_no_range_at_all(client: Client) -> None:
    """Whole it is 200 and empty; any range is 416 (facts A10)."""
    item = client.world.create("empty")
    whole, part = await client.read(item.id), await client.read(item.id, "bytes=0-99")
    assert (whole.status, whole.body, part.status) == (200, b"", 416)
    assert part.headers["Content-Range"] == "bytes */0"


@pytest.mark.parametrize("wanted", ["lines=0-9", "bytes=a-b", "bytes=0-1,5-6"])
async def test_a_range_that_is_not_understood_is_the_whole(client: Client, wanted: str) -> None:
    """Other units, nonsense and several ranges are ignored."""
    answer = await client.read(made(client).id, wanted)
    assert (answer.status, answer.body) == (200, DATA)


async def test_bytes_come_from_the_download_path_too(client: Client) -> None:
    """The media download service has a path of its own (facts A10)."""
    answer = await client.send("GET", f"/download/drive/v3/files/{made(client).id}?alt=media")
    assert (answer.status, answer.body) == (200, DATA)


@pytest.mark.parametrize("mime_type", [DOCUMENT, FOLDER])
async def test_what_has_no_bytes_is_not_downloadable(client: Client, mime_type: str) -> None:
    """Documents are exported instead."""
    answer = await download(client, client.world.create("x", mime_type=mime_type))
    assert (answer.status, answer.reason) == (403, "fileNotDownloadable@alt")


async def test_who_may_not_download_is_refused(client: Client) -> None:
    """A reader of a file that is not to be copied; its capabilities say so too."""
    item, user = made(client, Traits(copy_requires_writer=True)), client.world.users[1]
    client.world.share(item.id, user_grant(user, "reader"))
    answer = await download(as_user(client, user), item)
    assert (answer.status, answer.reason) == (403, "cannotDownloadFile@")
    client.world.share(item.id, user_grant(user, "writer"))
    assert (await download(as_user(client, user), item)).status == 200


@pytest.mark.parametrize(
    ("restriction", "statuses"),
    [
        ({"restrictedForReaders": True}, [200, 200, 403]),
        ({"restrictedForWriters": True}, [200, 403, 403]),
        ({}, [200, 200, 200]),
    ],
)
async def test_download_restrictions_hold_for_roles(
    client: Client, restriction: dict[str, bool], statuses: list[int]
) -> None:
    """What writers may not, readers may not either; the owner always may (facts A6)."""
    item = made(client)
    await patch(client, f"files/{item.id}", {"downloadRestrictions": {"itemDownloadRestriction": restriction}})
    for number, role in ((1, "writer"), (2, "reader")):
        client.world.share(item.id, user_grant(client.world.users[number], role))
    callers = [client, *(as_user(client, client.world.users[number]) for number in (1, 2))]
    assert [(await download(caller, item)).status for caller in callers] == statuses
    told = (await client.get(f"files/{item.id}", fields="downloadRestrictions")).json["downloadRestrictions"]
    effective = told["effectiveDownloadRestrictionWithContext"]
    assert [effective["restrictedForWriters"], effective["restrictedForReaders"]] == [
        code == 403 for code in statuses[1:]
    ]


async def test_malware_is_for_its_owner_who_says_so(client: Client) -> None:
    """To acknowledge it helps the owner and nobody else."""
    item, user = made(client, Traits(is_abusive=True)), client.world.users[1]
    client.world.share(item.id, user_grant(user, "writer"))
    for caller, params in ((client, {}), (as_user(client, user), {"acknowledgeAbuse": "true"})):
        answer = await download(caller, item, **params)
        assert (answer.status, answer.reason) == (403, "cannotDownloadAbusiveFile@")
    assert (await download(client, item, acknowledgeAbuse="true")).body == DATA


async def test_malware_in_a_shared_drive_is_for_its_managers(client: Client) -> None:
    """An organizer is as good as an owner."""
    item = made(client, Traits(is_abusive=True), parent=made_drive(client))
    assert (await download(client, item, acknowledgeAbuse="true", **SUPPORTS)).status == 200


async def test_abuse_is_acknowledged_for_downloads_only(client: Client) -> None:
    """Checked before the file is looked for (facts A10)."""
    answer = await client.get("files/1nowhere", acknowledgeAbuse="true")
    assert (answer.status, answer.reason) == (403, "invalidAbuseAcknowledgment@acknowledgeAbuse")


async def test_a_file_downloaded_too_often_is_refused(client: Client) -> None:
    """A file can be past its own quota."""
    answer = await download(client, made(client, Traits(downloads_exceeded=True)))
    assert (answer.status, answer.reason) == (403, "downloadQuotaExceeded@")
