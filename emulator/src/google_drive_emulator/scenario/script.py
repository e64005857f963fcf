"""What a scenario does to a running emulator besides its world: settings and faults at the start, mutations later."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from google_drive_emulator.scenario.format import Settings
from google_drive_emulator.world.clock import WorldClock
from google_drive_emulator.world.mutations import Operation
from google_drive_emulator.world.world import World

if TYPE_CHECKING:
    from google_drive_emulator.state import EmulatorState

_REFERENCES = ("id", "parent", "targetId")


class Start(msgspec.Struct, frozen=True):
    """What time it is when a scenario begins; without ``now_ms`` it is the real time."""

    now_ms: int | None = None
    frozen: bool = False

    def set(self, clock: WorldClock) -> None:
        """Let a clock go on from here."""
        if self.now_ms is not None:
            clock.unfreeze()
            clock.set(self.now_ms)
        if self.frozen:
            clock.freeze()


class Script:
    """The settings of a scenario, and its mutations in order; ``ids`` are those that its keys stand for."""

    def __init__(
        self,
        settings: Settings = Settings(),  # noqa: B008  # immutable
        mutations: tuple[Operation, ...] = (),
        ids: Mapping[str, str] | None = None,
        start: Start = Start(),  # noqa: B008  # immutable
    ) -> None:
        self.ids: Mapping[str, str] = ids or {}
        self._settings = settings
        self._start = start
        self._mutations = tuple(_with_ids(each, self.ids) for each in mutations)
        self._done = 0

    @property
    def remaining(self) -> int:
        """Return how many mutations are still to come."""
        return len(self._mutations) - self._done

    def begin(self, state: "EmulatorState") -> None:
        """Give an emulator the time, the settings and the faults; all mutations are still to come."""
        self._done = 0
        self._start.set(state.world.clock)
        _set(self._settings, state)
        state.faults.add(self._settings.faults)

    def play(self, world: World, count: int | None = None) -> list[str]:
        """Carry out the next mutations, by default all, and return the ids of their items. Raises ``MutationError``."""
        ids: list[str] = []
        last = len(self._mutations) if count is None else min(self._done + count, len(self._mutations))
        while self._done < last:
            ids.append(self._mutations[self._done].apply(world))
            self._done += 1
        return ids


def _set(settings: Settings, state: "EmulatorState") -> None:
    """Replace the settings of an emulator that are given."""
    state.latency_ms = state.latency_ms if settings.latency_ms is None else settings.latency_ms
    state.world.quirks = settings.quirks or state.world.quirks
    state.world.policy = settings.policy or state.world.policy
    state.pages = settings.pages or state.pages
    state.limits = settings.limits or state.limits
    state.activity = settings.activity or state.activity
    state.push.settings = settings.push or state.push.settings
    state.uploads.settings = settings.uploads or state.uploads.settings
    state.operations.settings = settings.operations or state.operations.settings
    if settings.quota is not None:
        state.quota.configure(settings.quota)


def _with_ids(operation: Operation, ids: Mapping[str, str]) -> Operation:
    """Put ids in place of the keys that an operation names."""
    named = {field: str(getattr(operation, field, None)) for field in _REFERENCES}
    return replace(operation, **{field: ids[key] for field, key in named.items() if key in ids})
