"""Pages of files.list over a real socket: their tokens, and what Drive does with them that it never promised."""

from itertools import pairwise

import aiohttp
import pytest

from google_drive_emulator import Emulator, PageSettings, synthetic_world

from .conftest import Client

HOUR_MS = 3_600_000
FILES = 300


async def ids(client: Client, **params: str) -> list[str]:
    """List the ids of all files, page by page."""
    fields = {"fields": "nextPageToken,files(id)", "pageSize": "40"}
    return [file["id"] for file in await client.pages("files", "files", **fields | params)]


async def token_of(client: Client, **params: str) -> str:
    token: str = (await client.get("files", pageSize="5", **params)).json["nextPageToken"]
    return token


async def strike(client: Client, **fault: object) -> None:
    """Let a fault strike calls of files.list."""
    answer = await client.control("POST", "faults", {"faults": [{"route": "files.list"} | fault]})
    assert answer.status == 200, answer.body


# ── tokens ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"q": "trashed = false"}, {"q": "trashed = true"}),
        ({"q": "trashed = false"}, {}),
        ({"orderBy": "name"}, {"orderBy": "name desc"}),
        ({"orderBy": "name"}, {}),
        ({}, {"orderBy": "folder"}),
        ({}, {"includeItemsFromAllDrives": "true", "supportsAllDrives": "true"}),
        ({}, {"spaces": "appDataFolder"}),
    ],
)
async def test_a_token_is_good_for_its_listing_only(
    client: Client, first: dict[str, str], second: dict[str, str]
) -> None:
    """Given with another query, order or corpus it is invalid (facts A4)."""
    token = await token_of(client, **first)
    answer = await client.get("files", pageToken=token, **second)
    assert (answer.status, answer.reason) == (400, "invalid@pageToken")
    assert (await client.get("files", pageToken=token, **first)).status == 200


async def test_a_token_is_its_users_own(client: Client) -> None:
    token = await token_of(client)
    other = Client(client.session, client.base_url, client.world, client.world.users[1].email)
    assert (await other.get("files", pageToken=token)).reason == "invalid@pageToken"


@pytest.mark.parametrize("token", ["x", "~!!~", "~!!~AAAA", "~!!~" + "A" * 40, "~!!~é", "1"])
async def test_what_is_no_token_is_invalid(client: Client, token: str) -> None:
    answer = await client.get("files", pageToken=token)
    assert (answer.status, answer.reason) == (400, "invalid@pageToken")


async def test_a_token_expires_after_hours(client: Client) -> None:
    """It is good for as long as the setting says, by the emulator's clock; then 403 without a location (facts A4)."""
    token = await token_of(client)
    await client.control("PUT", "clock", {"frozen": True})
    await client.control("PUT", "clock", {"advance_ms": 5 * HOUR_MS})
    assert (await client.get("files", pageToken=token)).status == 200
    await client.control("PUT", "clock", {"advance_ms": HOUR_MS + 60_000})
    answer = await client.get("files", pageToken=token)
    assert (answer.status, answer.reason) == (403, "pageTokenExpired@")
    assert answer.json["error"]["message"] == ("The specified page token has expired, and can no longer be used.")


async def test_how_long_a_token_is_good_can_be_set(client: Client) -> None:
    await client.control("PUT", "pages", {"token_hours": 0.5})
    token = await token_of(client)
    await client.control("PUT", "clock", {"advance_ms": HOUR_MS})
    assert (await client.get("files", pageToken=token)).reason == "pageTokenExpired@"


async def test_each_page_gives_a_token_that_is_good_from_then_on(client: Client) -> None:
    """A listing may take longer than one token lives."""
    token = await token_of(client)
    for _ in range(3):
        await client.control("PUT", "clock", {"advance_ms": 4 * HOUR_MS})
        token = (await client.get("files", pageSize="5", pageToken=token)).json["nextPageToken"]


@pytest.mark.parametrize("order", ["", "name", "modifiedTime desc"])
async def test_page_size_and_mask_may_change_on_the_way(client: Client, order: str) -> None:
    """Whatever the sizes of the pages, together they are the whole."""
    found, token, size = list[str](), "", 1
    while True:
        params = {"orderBy": order, "fields": "nextPageToken,files(id)"} | ({"pageToken": token} if token else {})
        answer = (await client.get("files", pageSize=str(size), **params)).json
        found += [file["id"] for file in answer["files"]]
        if "nextPageToken" not in answer:
            break
        token, size = answer["nextPageToken"], size * 3 % 100 + 1
    assert len(found) == len(set(found)) == FILES
    assert found == await ids(client, orderBy=order)


# ── sizes of pages ───────────────────────────────────────────────────────────


async def test_pages_are_capped_once_some_fields_are_asked_for() -> None:
    """With ``parents`` or ``permissions`` in the mask pages can be smaller than asked for (facts A4)."""
    pages = PageSettings(cap_with_parents=46, cap_with_permissions=10)
    async with (
        Emulator(synthetic_world(files=FILES, seed=1), pages=pages).serve() as running,
        aiohttp.ClientSession() as session,
    ):
        client = Client(session, running.base_url, running.world)
        for fields, size in (("id", 100), ("id,parents", 46), ("id,parents,permissions(id)", 10), ("*", 10)):
            answer = await client.get("files", pageSize="100", fields=f"nextPageToken,files({fields})")
            assert len(answer.json["files"]) == size
            assert "nextPageToken" in answer.json


async def test_short_pages_are_of_all_sizes_and_lose_nothing(client: Client) -> None:
    await client.control("PUT", "pages", {"short_pages": True})
    for order in ("", "name_natural"):
        found = await ids(client, orderBy=order)
        assert len(found) == len(set(found)) == FILES
    first = await client.get("files", pageSize="100")
    assert len(first.json["files"]) < 100


# ── quiet habits ─────────────────────────────────────────────────────────────


async def test_a_new_file_is_missing_while_the_index_lags(client: Client) -> None:
    """``listing_lag_ms``: files.get knows a new file at once, listings later (facts A4)."""
    await client.control("PUT", "clock", {"frozen": True})
    await client.control("PUT", "quirks", {"listing_lag_ms": 60_000})
    item = client.world.create("new")
    assert (await client.get(f"files/{item.id}")).status == 200
    for order in ("", "name"):
        found = await ids(client, orderBy=order)
        assert item.id not in found
        assert len(found) == FILES
    await client.control("PUT", "clock", {"advance_ms": 60_000})
    assert item.id in await ids(client)


@pytest.mark.parametrize("order", ["", "name"])
async def test_pages_may_repeat_the_last_file_of_the_page_before(client: Client, order: str) -> None:
    """``repeat_ids``: who does not look at ids counts some files twice (facts A4)."""
    await client.control("PUT", "quirks", {"repeat_ids": True})
    found = await ids(client, orderBy=order)
    assert len(set(found)) == FILES
    assert [place for place, (one, next_one) in enumerate(pairwise(found)) if one == next_one] == [
        39 + page * 41 for page in range(7)
    ]


@pytest.mark.parametrize("order", ["", "name"])
async def test_pages_may_be_empty_and_go_on(client: Client, order: str) -> None:
    """``pages_may_be_empty``: an empty page with a token is not the end (facts A4)."""
    await client.control("PUT", "quirks", {"pages_may_be_empty": True})
    found, sizes, params = list[str](), list[int](), dict[str, str]()
    while True:
        answer = (await client.get("files", pageSize="10", orderBy=order, **params)).json
        found += [file["id"] for file in answer["files"]]
        sizes.append(len(answer["files"]))
        if "nextPageToken" not in answer:
            break
        params = {"pageToken": answer["nextPageToken"]}
    assert 0 in sizes
    assert len(found) == len(set(found)) == FILES


# ── faults that the listing itself carries out ───────────────────────────────


@pytest.fixture
async def parents(client: Client) -> str:
    """Return a query for the children of two folders."""
    folders = await client.pages("files", "files", q="mimeType = 'application/vnd.google-apps.folder'", pageSize="1000")
    full = [folder["id"] for folder in folders if client.world.children(folder["id"])]
    return f"'{full[0]}' in parents or '{full[1]}' in parents"


async def test_a_listing_may_find_nothing_for_once(client: Client) -> None:
    """``empty_list``: 200, no files, no token and no error, as an account without access gets it (facts A4)."""
    await strike(client, kind="empty_list")
    empty = (await client.get("files")).json
    assert empty == {"kind": "drive#fileList", "incompleteSearch": False, "files": []}
    assert len(await ids(client)) == FILES


async def test_an_or_over_parents_may_lose_its_matches(client: Client, parents: str) -> None:
    """``partial_or``: only a query for children of several folders comes back empty (facts A4)."""
    await strike(client, kind="partial_or", count=None)
    assert await ids(client, q=parents) == []
    assert await ids(client, q=f"({parents}) and trashed = false") == []
    single = parents.split(" or ")[0]
    assert await ids(client, q=single) != []
    assert len(await ids(client, q="trashed = false or trashed = true")) == FILES
    await client.control("DELETE", "faults")
    assert await ids(client, q=parents) != []


async def test_a_search_may_be_incomplete(client: Client) -> None:
    """``incomplete_search``: the answer says that not everything was searched (facts A4)."""
    await strike(client, kind="incomplete_search")
    params = {"corpora": "allDrives", "includeItemsFromAllDrives": "true", "supportsAllDrives": "true"}
    answers = [(await client.get("files", **params)).json for _ in range(2)]
    assert [answer["incompleteSearch"] for answer in answers] == [True, False]


async def test_an_expired_token_can_be_had_at_once(client: Client) -> None:
    """``expired_page_token``: the first page is fine, the second must be begun anew (facts A4)."""
    await strike(client, kind="expired_page_token")
    token = await token_of(client)
    answer = await client.get("files", pageToken=token)
    assert (answer.status, answer.reason) == (403, "pageTokenExpired@")
    assert (await client.get("files", pageToken=token)).status == 200
