"""files.list over a real socket: what is searched, what is asked for, and in which order it comes."""

from collections.abc import AsyncIterator
from dataclasses import replace
from unicodedata import normalize

import aiohttp
import pytest
from tests.support.emulator.rich_world import items_of, rich_world

from google_drive_emulator import Emulator
from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.items import ANYONE_WITH_LINK, FOLDER, Permission

from .conftest import Client

DRIVES = {"includeItemsFromAllDrives": "true", "supportsAllDrives": "true"}
OLD_DRIVES = {"includeTeamDriveItems": "true", "supportsTeamDrives": "true"}
IN_THE_DRIVE = {"Shared reports", "team budget"}


@pytest.fixture
async def rich() -> AsyncIterator[Client]:
    """Serve the rich world without its synthetic part."""
    world, _ = rich_world(files=0)
    async with Emulator(world).serve() as running, aiohttp.ClientSession() as session:
        yield Client(session, running.base_url, running.world)


async def names(client: Client, **params: str) -> list[str]:
    """List the names of all files, page by page."""
    fields = {"fields": "nextPageToken,files(name)", "pageSize": "7"}
    return [file["name"] for file in await client.pages("files", "files", **fields | params)]


def as_user(client: Client, number: int) -> Client:
    """Return a client that calls as another user of the world."""
    return replace(client, token=client.world.users[number].email)


def drive_of(client: Client) -> str:
    (drive_id,) = client.world.drives
    return drive_id


# ── corpora ──────────────────────────────────────────────────────────────────


async def test_by_default_a_user_lists_their_own_corpus(rich: Client) -> None:
    """My Drive and what is shared with the caller, nothing of shared drives and of other people (facts A4)."""
    found = set(await names(rich))
    assert {"tagged", "alone", "hers in hers", "rubbish"} <= found
    assert not found & {*IN_THE_DRIVE, "over"}


async def test_with_all_drives_a_users_corpus_has_what_they_dealt_with(rich: Client) -> None:
    """``corpora=user`` with items of all drives adds only items of drives that the caller accessed (facts A4)."""
    assert not IN_THE_DRIVE & set(await names(rich, **DRIVES))
    item = next(item for item in items_of(rich.world).values() if item.name == "team budget")
    rich.world.view(item.id, rich.world.users[0])
    assert IN_THE_DRIVE & set(await names(rich, **DRIVES)) == {"team budget"}


@pytest.mark.parametrize("flags", [DRIVES | {"corpora": "drive"}, OLD_DRIVES | {"corpora": "teamDrive"}, OLD_DRIVES])
async def test_one_drive_is_listed_by_new_and_by_old_names(rich: Client, flags: dict[str, str]) -> None:
    """``corpora=drive`` with ``driveId`` lists all of one drive and nothing else, as did their older names."""
    name = "driveId" if flags.get("corpora") == "drive" else "teamDriveId"
    assert set(await names(rich, **flags, **{name: drive_of(rich)})) == IN_THE_DRIVE


@pytest.mark.parametrize("flags", [DRIVES | {"corpora": "allDrives"}, OLD_DRIVES | {"corpora": "user,allTeamDrives"}])
async def test_all_drives_are_the_users_corpus_and_the_drives(rich: Client, flags: dict[str, str]) -> None:
    assert set(await names(rich, **flags)) == {*await names(rich), *IN_THE_DRIVE}


async def test_the_domain_has_what_may_be_found_in_it(rich: Client) -> None:
    """``corpora=domain`` lists what is shared with the caller's domain and discoverable, whoever owns it."""
    for client in (rich, as_user(rich, 5)):
        assert await names(client, **DRIVES, corpora="domain") == ["in house"]


async def test_no_member_of_a_drive_finds_it(rich: Client) -> None:
    """A drive that the caller is no member of is not found; an item shared from it is in the caller's own corpus."""
    stranger = as_user(rich, -1)
    answer = await stranger.get("files", **DRIVES, corpora="drive", driveId=drive_of(rich))
    assert (answer.status, answer.reason) == (404, "notFound@driveId")
    assert answer.json["error"]["message"] == f"Shared drive not found: {drive_of(rich)}"
    assert "team budget" in await names(stranger, **DRIVES)
    assert "team budget" not in await names(stranger)


@pytest.mark.parametrize(
    ("params", "status", "reason"),
    [
        ({"corpora": "allDrives"}, 403, "teamDriveIncludeItemsRequired@"),
        ({"corpora": "domain"}, 403, "teamDriveIncludeItemsRequired@"),
        ({"corpora": "everything"}, 400, "invalid@corpora"),
        ({"driveId": "x"}, 400, "invalid@driveId"),
        (DRIVES | {"corpora": "drive"}, 400, "invalid@driveId"),
        (DRIVES | {"corpora": "allDrives", "driveId": "x"}, 400, "invalid@driveId"),
        ({"spaces": "photos"}, 400, "invalid@spaces"),
        ({"spaces": "drive,moon"}, 400, "invalid@spaces"),
        ({"orderBy": "name,"}, 400, "invalid@orderBy"),
        ({"orderBy": "name", "q": "fullText contains 'a'"}, 403, "forbidden@orderBy"),
        ({"orderBy": "folder,starred"}, 500, "internalError@"),
        ({"q": "name = 'a"}, 400, "invalid@q"),
        ({"q": "createdTime > 'yesterday'"}, 400, "invalid@q"),
        ({"orderBy": "colour", "corpora": "everything", "q": "nonsense"}, 400, "invalid@orderBy"),
        ({"includeItemsFromAllDrives": "true", "q": "nonsense"}, 403, "supportsTeamDrivesRequired@"),
        ({"q": "nonsense", "orderBy": "name", "pageToken": "nonsense"}, 400, "invalid@q"),
        ({"q": "fullText contains 'a'", "orderBy": "name", "pageToken": "nonsense"}, 403, "forbidden@orderBy"),
    ],
)
async def test_bad_parameters_are_refused_in_googles_order(
    rich: Client, params: dict[str, str], status: int, reason: str
) -> None:
    """Of several things that are wrong the first in Google's order counts (facts A1, A4)."""
    answer = await rich.get("files", **params)
    assert (answer.status, answer.reason) == (status, reason)


async def test_a_search_for_text_says_that_it_cannot_be_sorted(rich: Client) -> None:
    answer = await rich.get("files", q="fullText contains 'a'", orderBy="name")
    assert answer.json["error"]["message"] == (
        "Sorting is not supported for queries with fullText terms. Results are always in descending relevance order."
    )


@pytest.mark.parametrize(
    ("spaces", "is_empty"), [("drive", False), ("appDataFolder", True), ("appDataFolder, drive", False)]
)
async def test_spaces_are_those_of_files_and_of_applications(rich: Client, spaces: str, is_empty: bool) -> None:
    """Nothing lies in the space of application data; both may be asked for at once."""
    assert (await names(rich, spaces=spaces) == []) == is_empty


# ── queries ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("name contains 'bud'", {"budget 2024.txt"}),
        ("'me' in owners and properties has {key='state' and value='open'}", {"tagged"}),
        ("starred = true", {"Élan"}),
        ("visibility = 'domainWithLink' or visibility = 'anyoneWithLink'", {"house link", "by link"}),
        ("labels/contract.value < 2000", {"drafted"}),
        ("'labels/contract' in labels and not labels/contract.status is null", {"labelled"}),
        ("'team@example.com' in readers and trashed = false", {"Maria's folder", "mine in hers", "hers in hers"}),
        ("trashed = true and mimeType != 'application/vnd.google-apps.folder'", {"older", "rubbish"}),
    ],
)
async def test_a_query_narrows_the_listing(rich: Client, query: str, expected: set[str]) -> None:
    assert set(await names(rich, q=query)) == expected


async def test_a_shared_drives_root_is_a_parent(rich: Client) -> None:
    """A drive's id is also that of its root folder (facts A6)."""
    query = f"'{drive_of(rich)}' in parents"
    assert await names(rich, **DRIVES, corpora="allDrives", q=query) == ["Shared reports"]
    assert await names(rich, **DRIVES, corpora="drive", driveId=drive_of(rich), q=query) == ["Shared reports"]


async def test_children_of_several_folders_come_at_once(rich: Client) -> None:
    """An ``or`` over parents finds the children of each."""
    folders = {item.name: item.id for item in items_of(rich.world).values() if item.is_folder}
    query = " or ".join(f"'{folders[name]}' in parents" for name in ("HelloWorld plan", "Maria's folder"))
    assert set(await names(rich, q=query)) == {"budget 2024.txt", "data.bin", "mine in hers", "hers in hers"}


async def test_a_query_sees_what_just_changed(rich: Client) -> None:
    """Stars, grants and contents count from the next listing on."""
    item = rich.world.create("fresh.txt", mime_type="text/plain")
    queries = ("starred = true", "fullText contains 'zebra'", f"'{rich.world.users[7].email}' in readers")
    assert [item.name in await names(rich, q=query) for query in queries] == [False, False, False]
    rich.world.star(item.id, rich.world.users[0], starred=True)
    rich.world.edit(item.id, b"a zebra")
    rich.world.share(item.id, user_grant(rich.world.users[7], "reader"))
    assert [item.name in await names(rich, q=query) for query in queries] == [True, True, True]


async def test_a_grant_that_runs_out_takes_its_item_along(rich: Client) -> None:
    """What was listed a moment ago is not any more once the grant to the caller is over."""
    assert "later" in await names(rich, q="trashed = false")
    await rich.control("PUT", "clock", {"advance_ms": 2 * 86_400_000})
    assert "later" not in await names(rich, q="trashed = false")


# ── orders ───────────────────────────────────────────────────────────────────


async def test_results_of_a_search_for_text_come_by_relevance(rich: Client) -> None:
    """What has the word in its name comes first, over all pages."""
    found = await names(rich, q="fullText contains 'budget'", pageSize="1")
    assert found[0] == "budget 2024.txt"
    assert set(found[1:]) == {"HelloWorld plan", "Élan"}


async def test_an_order_may_go_by_several_keys(rich: Client) -> None:
    """Folders first, then by name from the end of the alphabet."""
    files = await rich.pages(
        "files", "files", orderBy="folder,name desc", pageSize="5", fields="nextPageToken,files(name,mimeType)"
    )
    keys = [(file["mimeType"] != FOLDER, normalize("NFD", file["name"].casefold())) for file in files]
    assert keys == sorted(sorted(keys, reverse=True), key=lambda key: key[0])


async def test_a_star_as_the_first_key_works(rich: Client) -> None:
    """Only in the second or third place it fails as Google's does, and only while the quirk is on (facts A4)."""
    assert (await names(rich, orderBy="starred desc"))[0] == "Élan"
    await rich.control("PUT", "quirks", {"starred_order_fails": False})
    assert (await names(rich, orderBy="folder desc,starred desc"))[0] == "Élan"


async def test_a_sorted_listing_goes_on_behind_its_last_name(rich: Client) -> None:
    """Renaming what was listed already, or adding what comes earlier, moves nothing on the pages to come."""
    whole = await names(rich, orderBy="name", q="trashed = false")
    first = await rich.get("files", orderBy="name", q="trashed = false", pageSize="10")
    listed = [file["id"] for file in first.json["files"]]
    rich.world.rename(listed[9], "0 first")
    rich.world.create("1 early")
    rich.world.create("zz late")
    token = first.json["nextPageToken"]
    rest = await names(rich, orderBy="name", q="trashed = false", pageToken=token)
    assert rest == [*whole[10:], "zz late"]


# ── links ────────────────────────────────────────────────────────────────────


async def test_what_is_reached_by_a_link_is_listed_once_it_was_opened(rich: Client) -> None:
    """``hide_link_children``: below a link-shared folder nothing is listed until it was opened (facts A4)."""
    reader, world = as_user(rich, 6), rich.world
    folder = world.create("open house", mime_type=FOLDER)
    child = world.create("in the open house", parent=folder.id)
    world.share(folder.id, Permission(ANYONE_WITH_LINK, "anyone", "reader", allow_file_discovery=False))
    query = f"'{folder.id}' in parents"
    assert await names(reader, q=query) == []
    await rich.control("PUT", "quirks", {"hide_link_children": False})
    assert await names(reader, q=query) == [child.name]
    await rich.control("PUT", "quirks", {"hide_link_children": True})
    assert await names(reader, q=query) == []
    assert (await reader.get(f"files/{child.id}")).status == 200
    assert await names(reader, q=query) == [child.name]
