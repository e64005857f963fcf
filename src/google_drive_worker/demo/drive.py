"""The emulated drive, asked over HTTP: what it holds, and to change.

In: the emulator's control API, and Drive's. Out: items, drives and grants, and how they differ from what a consumer
holds.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import aiohttp

from google_drive_worker.demo.replica import Replica

PAGE = 2000
TIMEOUT = aiohttp.ClientTimeout(total=60.0)
Json = dict[str, Any]

# Drive's names beside the record's: what a consumer is compared by, item by item.
COMPARED = {
    "name": "name",
    "mimeType": "mime_type",
    "parents": "parents",
    "trashed": "trashed",
    "createdTime": "created_at",
    "modifiedTime": "modified_at",
    "md5Checksum": "md5_checksum",
    "version": "version",
    "size": "size_bytes",
}
NUMBERS = frozenset({"version", "size"})


@dataclass(frozen=True, slots=True)
class Difference:
    """An item that is not the same on both sides."""

    item_id: str
    what: str


class EmulatedDrive:
    """An emulator: its control API, and Drive's own as any client sees it."""

    def __init__(self, base_url: str, http: aiohttp.ClientSession) -> None:
        self._url = base_url
        self._http = http

    async def counts(self) -> Json:
        """How many items of each kind there are, and which shared drives."""
        return await self._ask("GET", "__emulator__/world")

    async def change(self, count: int, seed: int) -> int:
        """Make random changes, also such as folders hand down to all below them; says how many were made."""
        made = await self._ask("POST", "__emulator__/world/random", {"count": count, "seed": seed})
        return len(made["mutations"])

    async def converse(self, number: int) -> None:
        """Make a file that is talked about, edited and shared, in My Drive or a shared drive in turn."""
        places = [(await self.counts())["root_id"], *await self._writable_drives()]
        parent = places[number % len(places)]
        [made] = await self._mutate({"op": "create", "name": f"Minutes {number}", "parent": parent, "content": "first"})
        file_id = made["id"]
        await self._ask("POST", f"drive/v3/files/{file_id}/comments?fields=id", {"content": f"See point {number}."})
        await self._mutate(
            {"op": "edit", "id": file_id, "content": f"version {number}"},
            {"op": "share", "id": file_id, "role": "reader", "emailAddress": f"guest{number}@example.org"},
        )

    async def _writable_drives(self) -> list[str]:
        fields = "drives(id,capabilities(canAddChildren))"
        drives = (await self._ask("GET", f"drive/v3/drives?pageSize=100&fields={fields}"))["drives"]
        return [drive["id"] for drive in drives if drive["capabilities"]["canAddChildren"]]

    async def _mutate(self, *mutations: Json) -> list[Json]:
        done = await self._ask("POST", "__emulator__/world", {"mutations": list(mutations)})
        return cast("list[Json]", done["results"])

    async def items(self) -> AsyncIterator[Json]:
        """All items but the root folder, as Drive would show them."""
        after = ""
        while True:
            page = await self._ask("GET", f"__emulator__/world/items?limit={PAGE}{after}")
            for item in page["items"]:
                if not item["isRoot"]:
                    yield item
            if page["next"] is None:
                return
            after = f"&after={page['next']}"

    async def differences(self, replica: Replica) -> list[Difference]:
        """Compare every item, shared drive and permission set with what a consumer holds, items both ways."""
        held, sets = replica.items(), replica.held("permission_set")
        found: list[Difference] = []
        seen: set[str] = set()
        async for item in self.items():
            seen.add(item["id"])
            found += _compare(item, held.get(item["id"]))
            if _has_own_grants(item):
                found += await self._compare_grants(item["id"], sets)
        found += [Difference(item_id, "is not in the drive") for item_id in held if item_id not in seen]
        return found + await self._compare_drives(replica.held("drive"), sets)

    async def _compare_drives(self, held: Mapping[str, Json], sets: Mapping[str, Json]) -> list[Difference]:
        real = (await self._ask("GET", "drive/v3/drives?pageSize=100&fields=drives(id,name)"))["drives"]
        names = {drive_id: drive["name"] for drive_id, drive in held.items()}
        found = [
            Difference(drive["id"], f"is held as the drive {names.get(drive['id'])!r}, and is {drive['name']!r}")
            for drive in real
            if names.get(drive["id"]) != drive["name"]
        ]
        gone = names.keys() - {drive["id"] for drive in real}
        found += [Difference(drive_id, "is no drive any more") for drive_id in gone]
        for drive in real:
            found += await self._compare_grants(drive["id"], sets)
        return found

    async def _compare_grants(self, item_id: str, sets: Mapping[str, Json]) -> list[Difference]:
        fields = "supportsAllDrives=true&pageSize=100&fields=permissions(id,role,emailAddress)"
        try:
            shown = await self._ask("GET", f"drive/v3/files/{item_id}/permissions?{fields}")
        except aiohttp.ClientResponseError as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            shown = {}  # who has access is not for this user to see: nothing of it may be held
        real = _grants(shown, "emailAddress")
        mine = _grants(sets.get(item_id, {}), "email_address")
        return [] if mine == real else [Difference(item_id, f"grants are {mine!r}, in the drive {real!r}")]

    async def _ask(self, method: str, path: str, body: Json | None = None) -> Json:
        headers = {"Authorization": "Bearer demo"}
        call = self._http.request(method, f"{self._url}/{path}", json=body, headers=headers, timeout=TIMEOUT)
        async with call as answer:
            answer.raise_for_status()
            return cast("Json", await answer.json())


def _has_own_grants(item: Json) -> bool:
    """Whether an item of a shared drive has grants that its parents have not, or limits theirs (facts A6)."""
    own = item.get("hasAugmentedPermissions") or item.get("inheritedPermissionsDisabled")
    return bool(item.get("driveId")) and bool(own)


def _compare(item: Json, held: Json | None) -> list[Difference]:
    if held is None:
        return [Difference(item["id"], "was never read, or was read and deleted")]
    pairs = [(theirs, _real(item, theirs), held.get(ours)) for theirs, ours in COMPARED.items()]
    pairs.append(("permissions", _grants(item, "emailAddress"), _grants(held, "email_address")))
    return [
        Difference(item["id"], f"{name} is {mine!r}, in the drive {real!r}")
        for name, real, mine in pairs
        if real != mine
    ]


def _real(item: Json, name: str) -> Any:
    """Drive writes 64-bit numbers as text; records hold numbers."""
    value = item.get(name)
    return int(value) if name in NUMBERS and value is not None else value


def _grants(item: Json, address: str) -> set[tuple[str, str, str | None]]:
    return {(grant["id"], grant["role"], grant.get(address)) for grant in item.get("permissions", [])}
