"""Faults that a test asks for: a plan in, for each request the fault that strikes it out."""

import random
from collections.abc import Sequence
from typing import Literal

import msgspec

FaultKind = Literal["error", "html", "reset", "truncate", "stall", "latency"]

MAX_FAULTS = 1000
DEFAULT_STALL_MS = 300_000


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What shall go wrong, on which route and how often.

    ``route`` is a name such as ``files.list``, or ``*``. ``count`` is how many requests it strikes (None: all),
    ``probability`` how likely each one is struck. Kinds: ``error`` answers ``status`` and ``reason`` as JSON,
    ``html`` as HTML; ``reset`` cuts the connection before an answer, ``truncate`` in the middle of one; ``stall``
    keeps the client waiting for ``latency_ms`` and then cuts; ``latency`` answers that much later.
    """

    route: str = "*"
    kind: FaultKind = "error"
    count: int | None = 1
    probability: float = 1.0
    status: int = 500
    reason: str = "backendError"
    retry_after: int | None = None
    latency_ms: int | None = None

    def problem(self) -> str | None:
        """Say what is wrong with the values, or None."""
        if self.count is not None and self.count < 1:
            return "count must be at least 1"
        if not 0 < self.probability <= 1:
            return "probability must be above 0 and at most 1"
        if not 400 <= self.status <= 599:
            return "status must be from 400 to 599"
        if self.latency_ms is not None and not 0 <= self.latency_ms <= 3_600_000:
            return "latency_ms must be from 0 to 3600000"
        if self.kind == "latency" and self.latency_ms is None:
            return "a fault of kind latency needs latency_ms"
        return None


class FaultPlan:
    """The faults still to come, in order; the first that matches a request strikes it."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self._faults: list[Fault] = []

    @property
    def faults(self) -> Sequence[Fault]:
        """Return the faults still to come; their counts say how often."""
        return tuple(self._faults)

    def add(self, faults: Sequence[Fault]) -> None:
        """Add faults behind those there are."""
        self._faults.extend(faults)

    def clear(self) -> None:
        """Drop all faults."""
        self._faults.clear()

    def strike(self, route: str) -> Fault | None:
        """Return the fault for a request of a route, and count it as done."""
        for index, fault in enumerate(self._faults):
            if fault.route in {route, "*"} and self._random.random() < fault.probability:
                self._use(index, fault)
                return fault
        return None

    def _use(self, index: int, fault: Fault) -> None:
        if fault.count is None:
            return
        if fault.count == 1:
            del self._faults[index]
        else:
            self._faults[index] = msgspec.structs.replace(fault, count=fault.count - 1)
