"""What Drive shows an account, read as a plain client reads it: listings, one list a file, no engine.

In: an emulator's URL and an address. Out: what a faithful copy holds, under the contract's names (docs/contracts.md,
"Record"). The renaming here is written apart from the worker's own.
"""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from tests.support.convergence.features import Features

from google_drive_worker.client.resources import FILE_FIELDS, FOLDER

Json = dict[str, Any]

NAMES = {
    "size": "size_bytes",
    "createdTime": "created_at",
    "modifiedTime": "modified_at",
    "trashedTime": "trashed_at",
}
NUMBERS = frozenset({"size", "quotaBytesUsed", "version"})
VIEWERS = frozenset(
    {
        "ownedByMe",
        "starred",
        "viewedByMe",
        "viewedByMeTime",
        "modifiedByMe",
        "modifiedByMeTime",
        "sharedWithMeTime",
        "sharingUser",
        "capabilities",
        "hidden",
    }
)
NOT_VISIBLE, INHERITED, OWN = "not_visible", "inherited", "own"


@dataclass(frozen=True, slots=True)
class Seen:
    """An item as an account sees it: its record's type, corpus and data, and the resource as Drive gave it."""

    kind: str
    corpus: str
    data: Json
    raw: Json


class Client:
    """Asks Drive as one account, without a care for quota or trouble: there must be none."""

    def __init__(self, http: aiohttp.ClientSession, base_url: str, address: str) -> None:
        self._http = http
        self._url = f"{base_url}/drive/v3/"
        self._headers = {"Authorization": f"Bearer {address}"}

    async def get(self, path: str, **params: str) -> Json | None:
        """A resource; None for what the account may not read."""
        async with self._http.get(self._url + path, params=params, headers=self._headers) as answer:
            if answer.status in {403, 404}:
                return None
            assert answer.status == 200, await answer.text()
            found: Json = await answer.json()
            return found

    async def list(self, path: str, name: str, **params: str) -> list[Json] | None:
        """All entries of a list; None for one that the account may not read."""
        entries: list[Json] = []
        token: str | None = ""
        while token is not None:
            page = await self.get(path, **params, **({"pageToken": token} if token else {}))
            if page is None:
                return None
            entries += page.get(name, [])
            token = page.get("nextPageToken")
        return entries

    async def each(self, path: str, name: str, **params: str) -> AsyncIterator[Json]:
        """The entries of a list that the account may read for sure."""
        entries = await self.list(path, name, **params)
        assert entries is not None, f"{path} may not be listed"
        for entry in entries:
            yield entry


async def drives_of(client: Client) -> dict[str, Json]:
    """The shared drives that the account is a member of, by id."""
    return {drive["id"]: drive async for drive in client.each("drives", "drives", pageSize="100", fields="*")}


async def seen_by(client: Client, features: Features) -> dict[str, Seen]:
    """Everything in the account's own corpus and in those of its drives, by id."""
    listed = {item["id"]: _seen(item, "user:me") async for item in _listing(client, _user(features)) if not _root(item)}
    if not features.drives:
        return listed
    drives = await drives_of(client)
    owned = {item_id: seen for item_id, seen in listed.items() if seen.raw.get("driveId") not in drives}
    for drive_id in drives:
        params = {"corpora": "drive", "driveId": drive_id, **_ALL}
        owned |= {item["id"]: _seen(item, f"drive:{drive_id}") async for item in _listing(client, params)}
    return owned


_ALL = {"supportsAllDrives": "true", "includeItemsFromAllDrives": "true"}


def _user(features: Features) -> Mapping[str, str]:
    return {"corpora": "user", **(_ALL if features.drives else {})}


def _listing(client: Client, params: Mapping[str, str]) -> AsyncIterator[Json]:
    fields = f"nextPageToken,files({FILE_FIELDS})"
    return client.each("files", "files", pageSize="1000", fields=fields, **params)


def _root(item: Json) -> bool:
    """Root folders are in no listing; an item without its parent is one that was shared alone."""
    return item.get("id") == item.get("driveId")


def _seen(item: Json, corpus: str) -> Seen:
    kind = "folder" if item["mimeType"] == FOLDER else "file"
    data = data_of(item)
    if "permissions" not in item:
        data["permissions_state"] = _permissions_state(item)
    return Seen(kind, corpus, data, item)


def data_of(resource: Json) -> Json:
    """A resource's data under the contract's names, without what differs by viewer."""
    return {_name(key): _value(key, value) for key, value in resource.items() if key not in VIEWERS}


def _permissions_state(item: Json) -> str:
    if "driveId" not in item:
        return NOT_VISIBLE
    return OWN if item.get("hasAugmentedPermissions") or item.get("inheritedPermissionsDisabled") else INHERITED


def _name(key: str) -> str:
    return NAMES.get(key) or snake(key)


def _value(key: str, value: Any) -> Any:
    return int(value) if key in NUMBERS else renamed(value)


def snake(key: str) -> str:
    """`canReadRevisions` to `can_read_revisions`; what is no such word stays (media types, ids)."""
    return (
        re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), key) if re.fullmatch("[a-z][A-Za-z0-9]*", key) else key
    )


def renamed(value: Any) -> Any:
    """The same JSON with the contract's names, all the way down."""
    if isinstance(value, list):
        return [renamed(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {snake(key): int(each) if key == "durationMillis" else renamed(each) for key, each in value.items()}
