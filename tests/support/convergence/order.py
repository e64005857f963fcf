"""Promise P4: of each resource, what is emitted never goes back to an older state.

In: records in the order of their commits. Out: those that go back. Versions and times of changes are compared within
one corpus; between two of them, which have no order, a consumer goes by the version (docs/contracts.md, "Record").
"""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Key = tuple[str, str, str]


@dataclass
class Order:
    """Watches one connection's records."""

    backward: list[str] = field(default_factory=list)
    _versions: dict[Key, int] = field(default_factory=dict)
    _times: dict[Key, str] = field(default_factory=dict)

    def see(self, record: Json) -> None:
        """Take one record in."""
        if record["resource_type"] not in {"file", "folder"}:
            return
        key = (record["source"]["corpus"], record["resource_type"], record["resource_id"])
        self._compare(self._versions, key, record["version"])
        self._compare(self._times, key, record["source"]["change_time"])

    def _compare(self, held: dict[Key, Any], key: Key, new: int | str | None) -> None:
        """A value that is not given (a delete has no version, a listing no time of change) says nothing."""
        if new is None:
            return
        old = held.get(key)
        if old is not None and new < old:
            self.backward.append(f"{' '.join(key)}: {new} was emitted after {old}")
        held[key] = new
