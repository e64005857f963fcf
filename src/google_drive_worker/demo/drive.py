"""The emulated drive, asked over HTTP: what it holds, and to change.

In: the emulator's control API. Out: its items, and how they differ from what a consumer holds.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import aiohttp

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
    """The control API of an emulator."""

    def __init__(self, control_url: str, http: aiohttp.ClientSession) -> None:
        self._url = control_url
        self._http = http

    async def counts(self) -> Json:
        """How many items of each kind there are."""
        return await self._ask("GET", "world")

    async def change(self, count: int, seed: int) -> int:
        """Make random changes; says how many were made.

        None that descendants inherit: those are not in Drive's change log (facts A5), and the worker does not follow
        them yet.
        """
        made = await self._ask("POST", "world/random", {"count": count, "seed": seed, "inherited": False})
        return len(made["mutations"])

    async def items(self) -> AsyncIterator[Json]:
        """All items but the root folder, as Drive would show them."""
        after = ""
        while True:
            page = await self._ask("GET", f"world/items?limit={PAGE}{after}")
            for item in page["items"]:
                if not item["isRoot"]:
                    yield item
            if page["next"] is None:
                return
            after = f"&after={page['next']}"

    async def differences(self, held: Mapping[str, Json]) -> list[Difference]:
        """Compare every item of the drive with what a consumer holds, both ways."""
        found: list[Difference] = []
        seen: set[str] = set()
        async for item in self.items():
            seen.add(item["id"])
            found += _compare(item, held.get(item["id"]))
        return found + [Difference(item_id, "is not in the drive") for item_id in held if item_id not in seen]

    async def _ask(self, method: str, path: str, body: Json | None = None) -> Json:
        async with self._http.request(method, f"{self._url}/{path}", json=body, timeout=TIMEOUT) as answer:
            answer.raise_for_status()
            return cast("Json", await answer.json())


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
