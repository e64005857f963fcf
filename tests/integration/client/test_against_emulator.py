"""The client against the emulator: every wire fact that both sides hold is checked by one against the other."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
from tests.unit.client.service_account_key import parsed
from tests.unit.client.virtual_time import VirtualTime

from google_drive_emulator import Emulator, Running, synthetic_world
from google_drive_worker.client import about, changes, drives, files, permissions
from google_drive_worker.client.errors import (
    CursorLostError,
    NotFoundError,
    ReauthorizationRequiredError,
    RequestError,
)
from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.token_sources import RefreshTokenSource, ServiceAccountSource, TokenEndpoint
from google_drive_worker.client.transport import HttpTransport

LISTING = files.FilesQuery(fields="nextPageToken,files(id,name)", page_size=100)
LOG = changes.ChangesQuery(fields="nextPageToken,newStartPageToken,changes(fileId,removed,file(name))")


@dataclass(frozen=True)
class EmulatedDrive:
    """A drive of 250 items and a session of its first user."""

    running: Running
    endpoint: TokenEndpoint
    session: DriveSession

    async def control(self, path: str, message: dict[str, object]) -> None:
        """Makes the emulator do something that Drive would do by itself."""
        async with aiohttp.ClientSession() as http:
            url = f"{self.running.base_url}/__emulator__/{path}"
            async with http.post(url, json=message) as answer:
                assert answer.status == 200, await answer.text()

    async def listed(self) -> list[str]:
        """The ids of a whole listing, in the order given."""
        ids: list[str] = []
        token: str | None = None
        while True:
            page = json.loads(await files.list_page(self.session, LISTING, token))
            ids += [file["id"] for file in page["files"]]
            token = page.get("nextPageToken")
            if token is None:
                return ids


@pytest.fixture
async def drive(transport: HttpTransport) -> AsyncIterator[EmulatedDrive]:
    timing = VirtualTime().timing
    async with Emulator(synthetic_world(files=250, seed=7)).serve() as running:
        endpoint = TokenEndpoint(transport, timing=timing)
        tokens = RefreshTokenSource(
            endpoint,
            client_id="id",
            client_secret="hush",
            refresh_token="1//mine",
            token_uri=f"{running.base_url}/token",
        )
        session = DriveSession(transport, tokens, timing=timing, base_url=running.base_url)
        yield EmulatedDrive(running, endpoint, session)


async def test_a_listing_is_whole(drive: EmulatedDrive) -> None:
    """Every item is listed once over the pages."""
    ids = await drive.listed()
    assert len(ids) == len(set(ids)) >= 250


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "status": 403, "reason": "userRateLimitExceeded"},
        {"kind": "error", "status": 429, "reason": "rateLimitExceeded", "retry_after": 5},
        {"kind": "html", "status": 502},
        {"kind": "reset"},
        {"kind": "truncate"},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('status', '')}",
)
async def test_passing_faults_do_not_change_a_listing(drive: EmulatedDrive, fault: dict[str, object]) -> None:
    """Whatever passes leaves the listing as it is without faults."""
    whole = await drive.listed()
    await drive.control("faults", {"faults": [{"route": "files.list", "count": 3, **fault}]})
    assert await drive.listed() == whole


async def test_outdated_tokens_are_renewed_on_the_way(drive: EmulatedDrive) -> None:
    """When Drive stops to take a token before its end, the next call carries a new one."""
    who = await about.get(drive.session)
    await drive.control("oauth", {"action": "expire_access_tokens"})
    assert await about.get(drive.session) == who


async def test_a_revoked_grant_ends_the_connection(drive: EmulatedDrive) -> None:
    """When the user takes consent back, the session says that it must be given again."""
    await about.get(drive.session)
    await drive.control("oauth", {"action": "revoke", "refresh_token": "1//mine"})
    with pytest.raises(ReauthorizationRequiredError) as raised:
        await about.get(drive.session)
    assert (raised.value.code, raised.value.reason) == ("reauthorization_required", "invalid_grant")


async def test_a_service_account_stands_for_its_subject(drive: EmulatedDrive, transport: HttpTransport) -> None:
    """With delegation, the account is the user that the assertion names."""
    user = drive.running.world.users[1]
    tokens = ServiceAccountSource(
        drive.endpoint,
        parsed(),
        scopes=["drive.readonly"],
        subject=user.email,
        token_uri=f"{drive.running.base_url}/token",
    )
    session = DriveSession(transport, tokens, base_url=drive.running.base_url)
    assert (await about.get(session)).user.permission_id == user.permission_id


async def test_changes_follow_from_the_start_token(drive: EmulatedDrive) -> None:
    """What happens after a start token was taken is in the log from there on, and nothing else."""
    start = await changes.start_page_token(drive.session)
    renamed, deleted = (await drive.listed())[-2:]
    drive.running.world.rename(renamed, "Another name")
    drive.running.world.delete(deleted)
    page = json.loads(await changes.list_page(drive.session, LOG, start))
    assert {entry["fileId"]: entry["removed"] for entry in page["changes"]} == {renamed: False, deleted: True}
    after = json.loads(await changes.list_page(drive.session, LOG, page["newStartPageToken"]))
    assert after["changes"] == []


async def test_a_lost_token_is_told_from_a_bad_query(drive: EmulatedDrive) -> None:
    """A token that is none loses the cursor; a query that is none is our own mistake, not to be repeated."""
    with pytest.raises(CursorLostError):
        await files.list_page(drive.session, LISTING, "nonsense")
    with pytest.raises(CursorLostError):
        await changes.list_page(drive.session, LOG, "nonsense")
    with pytest.raises(RequestError):
        await files.list_page(drive.session, files.FilesQuery(fields="nextPageToken", q="no such term"))
    with pytest.raises(RequestError):
        await files.list_page(drive.session, files.FilesQuery(fields="nextPageToken,wrong"))


async def test_an_item_is_found_or_not(drive: EmulatedDrive) -> None:
    """A get gives the item asked for; what is not visible is not found."""
    first = (await drive.listed())[0]
    assert json.loads(await files.get(drive.session, first, "id")) == {"id": first}
    with pytest.raises(NotFoundError) as raised:
        await files.get(drive.session, "nobody-has-this", "id")
    assert raised.value.reason == "notFound"


async def test_a_query_too_long_for_an_address_is_answered_alike(drive: EmulatedDrive) -> None:
    """A listing whose parameters travel in the body gives the same page."""
    long = " and ".join(["trashed = false"] * 150)
    short = files.FilesQuery(fields=LISTING.fields, q="trashed = false")
    answer = await files.list_page(drive.session, files.FilesQuery(fields=LISTING.fields, q=long))
    assert json.loads(answer)["files"] == json.loads(await files.list_page(drive.session, short))["files"]


async def test_permissions_and_drives_are_listed(drive: EmulatedDrive) -> None:
    """An item of the user's has the user among its permissions; a user without shared drives has none."""
    who = (await about.get(drive.session)).user.permission_id
    mine = files.FilesQuery(fields="nextPageToken,files(id)", q="'me' in owners")
    item = json.loads(await files.list_page(drive.session, mine))["files"][0]["id"]
    found = [json.loads(bytes(raw)) for raw in await permissions.list_all(drive.session, item)]
    assert who in {permission["id"] for permission in found}
    assert [each async for each in drives.list_all(drive.session)] == []
