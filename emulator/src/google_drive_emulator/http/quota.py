"""Google's quotas: calls in, refusals of those that come too fast out (facts D).

Counted in windows of one minute, which begin with the minutes of the emulator's clock; what was refused costs nothing.
The user is whom the token stands for, the project is its client. Drive Activity has a limit of its own.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

import msgspec

from google_drive_emulator.http.methods import Effort
from google_drive_emulator.http.rate_limits import Level, Limit, RefusalShape, exhausted, refusal
from google_drive_emulator.world.timestamps import Clock, rfc3339

QuotaModel: TypeAlias = Literal["off", "units", "queries"]
ShapeSetting: TypeAlias = Literal["classic", "gateway", "gateway_bare", "too_many_requests", "mixed"]

WINDOW_MS = 60_000
_KEPT_WINDOWS = 1000
_MIXED: Sequence[RefusalShape] = ("classic", "gateway", "too_many_requests", "gateway_bare")
_ACTIVITY = "driveactivity.googleapis.com"


class Costs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a call costs in quota units, by its kind (facts D); a list is a page."""

    get: int = 5
    list: int = 100
    download: int = 200
    edit: int = 50
    other: int = 5


class QuotaSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What calls may cost a minute.

    ``model`` is ``units`` (each call costs by its kind, the model of 2026), ``queries`` (each call counts one, the
    model before) or ``off``. ``shape`` is how a refusal looks: ``classic`` with ``errors`` only, ``gateway`` with
    ``errors`` and ``details``, ``gateway_bare`` with ``details`` only, all three 403; ``too_many_requests`` is 429, and
    ``mixed`` is each in turn. ``activity_queries`` is how often a user may call Drive Activity (no number of Google's
    is known).
    """

    model: QuotaModel = "off"
    user_units: int = 325_000
    project_units: int = 1_000_000
    user_queries: int = 12_000
    project_queries: int = 12_000
    activity_queries: int = 100
    costs: Costs = Costs()
    shape: ShapeSetting = "classic"

    def problem(self) -> str | None:
        """Say what is wrong with the values, or None."""
        for name in ("user_units", "project_units", "user_queries", "project_queries", "activity_queries"):
            if getattr(self, name) < 0:
                return f"{name} must be at least 0, not {getattr(self, name)}"
        for name in Costs.__struct_fields__:
            if getattr(self.costs, name) < 0:
                return f"the cost of {name} must be at least 0"
        return None


class Usage(msgspec.Struct):
    """What was used of one limit in one minute: ``used`` in its unit, ``allowed`` and ``refused`` in calls."""

    minute: str
    service: str
    level: Level
    name: str
    limit: int
    used: int = 0
    allowed: int = 0
    refused: int = 0

    def charge(self, cost: int) -> None:
        """Count a call that was let through."""
        self.used += cost
        self.allowed += 1


class Quota:
    """The meter of one emulator."""

    def __init__(self, settings: QuotaSettings, clock: Clock) -> None:
        self.settings = settings
        self._clock = clock
        self.clear()

    def configure(self, settings: QuotaSettings) -> None:
        """Replace the settings, and count from nothing."""
        self.settings = settings
        self.clear()

    def clear(self) -> None:
        """Count from nothing."""
        self._windows: OrderedDict[tuple[int, str, Level, str], Usage] = OrderedDict()
        self._refusals = 0

    def usage(self) -> Sequence[Usage]:
        """Return what was used of each limit in the minutes that are still known, oldest first."""
        return tuple(self._windows.values())

    def charge(self, effort: Effort, user: str, project: str) -> None:
        """Let a call to Drive through. Raises ``DriveError`` (403, 429) when a limit is reached."""
        if self.settings.model == "off":
            return
        cost = getattr(self.settings.costs, effort) if self.settings.model == "units" else 1
        spent = self._charge(cost, tuple(self._drive_windows(user, project)))
        if spent is not None:
            raise refusal(Limit(spent.level, spent.limit), self._shape())

    def charge_activity(self, user: str) -> None:
        """Let a call to Drive Activity through. Raises ``DriveError`` (429 RESOURCE_EXHAUSTED)."""
        if self.settings.model == "off":
            return
        spent = self._charge(1, (self._window(_ACTIVITY, "user", user, self.settings.activity_queries),))
        if spent is not None:
            raise exhausted(Limit("user", spent.limit, _ACTIVITY))

    def _charge(self, cost: int, windows: Sequence[Usage]) -> Usage | None:
        """Charge all windows, or none and return the one that is spent."""
        for window in windows:
            if window.used + cost > window.limit:
                window.refused += 1
                return window
        for window in windows:
            window.charge(cost)
        return None

    def _drive_windows(self, user: str, project: str) -> Iterator[Usage]:
        settings, in_units = self.settings, self.settings.model == "units"
        user_limit = settings.user_units if in_units else settings.user_queries
        project_limit = settings.project_units if in_units else settings.project_queries
        yield self._window("drive.googleapis.com", "user", user, user_limit)
        yield self._window("drive.googleapis.com", "project", project, project_limit)

    def _window(self, service: str, level: Level, name: str, limit: int) -> Usage:
        start = self._clock() // WINDOW_MS * WINDOW_MS
        key = (start, service, level, name)
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = Usage(rfc3339(start), service, level, name, limit)
            if len(self._windows) > _KEPT_WINDOWS:
                self._windows.popitem(last=False)
        return window

    def _shape(self) -> RefusalShape:
        if self.settings.shape != "mixed":
            return self.settings.shape
        self._refusals += 1
        return _MIXED[(self._refusals - 1) % len(_MIXED)]
