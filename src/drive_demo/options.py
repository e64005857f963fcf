"""What the demo is asked for, and how it ended.

In: options. Out: a summary; its `ok` says whether every compared copy equals the emulated drive.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

from drive_demo.drive import Difference


class DemoFailedError(Exception):
    """The demo could not do what it shows; the text says what happened."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What to show."""

    files: int = 10_000
    seed: int = 7
    drives: int = 2
    """Shared drives beside a synthetic drive."""
    root: Path | None = None
    once: bool = False
    """Go the way of a newcomer over the dashboard, too, then end."""
    port: int | None = None
    """Where the dashboard listens; None: 8090, or a free port where that is taken."""
    rounds: int = 10
    """Rounds of live changes with `once`; without it, they go on until the demo is stopped."""
    sync_seconds: float = 600.0
    """How long a full sync may take."""


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection that was made on the dashboard, compared with what its account sees."""

    connection_id: str
    items: int
    differences: list[Difference]


@dataclass(frozen=True, slots=True)
class Summary:
    """How it ended. `kinds` and `seconds` are of the full sync, before the live changes; `beside` is of the end."""

    kinds: dict[str, int]
    """How many `files`, `folders` and `shortcuts`."""
    seconds: float
    beside: dict[str, int]
    """How many `drives`, `permission_sets`, `revisions` and `comments`."""
    records: int
    changes: int
    differences: list[Difference]
    connected: list[Connected] = field(default_factory=list)

    @property
    def items(self) -> int:
        """All of them."""
        return sum(self.kinds.values())

    @property
    def all_differences(self) -> list[Difference]:
        """Those of all connections."""
        return [*self.differences, *(each for one in self.connected for each in one.differences)]

    @property
    def ok(self) -> bool:
        """Whether the copies equal the drive."""
        return not self.all_differences

    def to_json(self) -> str:
        """One line for programs."""
        return json.dumps(
            {
                "ok": self.ok,
                **self.kinds,
                "items": self.items,
                **self.beside,
                "seconds": round(self.seconds, 2),
                "items_per_second": round(self.items / self.seconds) if self.seconds else 0,
                "records": self.records,
                "changes": self.changes,
                "differences": len(self.differences),
                "connected": [{"items": one.items, "differences": len(one.differences)} for one in self.connected],
            }
        )
