"""The emulated drive, asked over HTTP: what it holds, and to change.

In: the emulator's control API, and Drive's. Out: items, drives and grants as an account sees them, and how they differ
from what consumers hold.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self, TypeAlias, cast
from urllib.parse import quote

import aiohttp

from drive_demo.replica import Replica

PAGE = 2000
TIMEOUT = aiohttp.ClientTimeout(total=60.0)
Json: TypeAlias = dict[str, Any]
Grants: TypeAlias = set[tuple[str, str, str | None]]
"""Who, as what, under which address."""

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


@dataclass(slots=True)
class _Held:
    """What one consumer holds, while it is compared."""

    items: Mapping[str, Json]
    sets: Mapping[str, Json]
    drives: Mapping[str, Json]
    seen: set[str] = field(default_factory=set)
    found: list[Difference] = field(default_factory=list)

    @classmethod
    def by(cls, replica: Replica) -> Self:
        return cls(replica.items(), replica.held("permission_set"), replica.held("drive"))

    def compare_item(self, item: Json) -> None:
        self.seen.add(item["id"])
        self.found += _compare(item, self.items.get(item["id"]))

    def compare_grants(self, item_id: str, real: Grants) -> None:
        mine = _grants(self.sets.get(item_id, {}), "email_address")
        if mine != real:
            self.found.append(Difference(item_id, f"grants are {mine!r}, in the drive {real!r}"))

    def compare_drives(self, real: Mapping[str, str]) -> None:
        names = {drive_id: drive["name"] for drive_id, drive in self.drives.items()}
        self.found += [
            Difference(drive_id, f"is held as the drive {names.get(drive_id)!r}, and is {name!r}")
            for drive_id, name in real.items()
            if names.get(drive_id) != name
        ]
        self.found += [Difference(drive_id, "is no drive any more") for drive_id in names.keys() - real.keys()]

    def compare_absent(self) -> None:
        self.found += [Difference(item_id, "is not in the drive") for item_id in self.items if item_id not in self.seen]


class EmulatedDrive:
    """An emulator: its control API, and Drive's own as the client of an account sees it; the first one's by default."""

    def __init__(self, base_url: str, http: aiohttp.ClientSession, account: str | None = None) -> None:
        self._url = base_url
        self._http = http
        self._account = account

    def seen_by(self, account: str) -> "EmulatedDrive":
        """The same as another account sees it."""
        return EmulatedDrive(self._url, self._http, account)

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
        user = f"&user={quote(self._account)}" if self._account else ""
        after = ""
        while True:
            page = await self._ask("GET", f"__emulator__/world/items?limit={PAGE}{user}{after}")
            for item in page["items"]:
                if not item["isRoot"]:
                    yield item
            if page["next"] is None:
                return
            after = f"&after={page['next']}"

    async def differences(self, *replicas: Replica) -> list[list[Difference]]:
        """Compare every item, shared drive and permission set with what each of some consumers holds, both ways."""
        sides = [_Held.by(replica) for replica in replicas]
        async for item in self.items():
            for side in sides:
                side.compare_item(item)
            if _has_own_grants(item):
                await self._compare_grants(item["id"], sides)
        await self._compare_drives(sides)
        for side in sides:
            side.compare_absent()
        return [side.found for side in sides]

    async def _compare_drives(self, sides: list[_Held]) -> None:
        listed = (await self._ask("GET", "drive/v3/drives?pageSize=100&fields=drives(id,name)"))["drives"]
        real = {drive["id"]: drive["name"] for drive in listed}
        for side in sides:
            side.compare_drives(real)
        for drive_id in real:
            await self._compare_grants(drive_id, sides)

    async def _compare_grants(self, item_id: str, sides: list[_Held]) -> None:
        real = _grants(await self._permissions(item_id), "emailAddress")
        for side in sides:
            side.compare_grants(item_id, real)

    async def _permissions(self, item_id: str) -> Json:
        """Who has access; nothing where that is not for this account to see: then nothing of it may be held."""
        fields = "supportsAllDrives=true&pageSize=100&fields=permissions(id,role,emailAddress)"
        try:
            return await self._ask("GET", f"drive/v3/files/{item_id}/permissions?{fields}")
        except aiohttp.ClientResponseError as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            return {}

    async def _ask(self, method: str, path: str, body: Json | None = None) -> Json:
        headers = {"Authorization": f"Bearer {self._account or 'demo'}"}  # the emulator finds an address in a token
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


def _grants(item: Json, address: str) -> Grants:
    return {(grant["id"], grant["role"], grant.get(address)) for grant in item.get("permissions", [])}
