"""Whatever is called when, no minute holds more than its limit, and nothing is refused that would fit (facts D)."""

from collections import defaultdict

import hypothesis.strategies as st
from hypothesis import given

from google_drive_emulator.http.errors import DriveError
from google_drive_emulator.http.methods import Effort
from google_drive_emulator.http.quota import WINDOW_MS, Costs, Quota, QuotaSettings
from google_drive_emulator.world.clock import WorldClock

USER_UNITS, PROJECT_UNITS = 300, 450
EFFORTS: tuple[Effort, ...] = ("get", "list", "download", "edit", "other")
CALLS = st.lists(st.tuples(st.integers(0, WINDOW_MS), st.sampled_from(EFFORTS), st.sampled_from("abc")), max_size=60)


@given(CALLS)
def test_a_call_is_let_through_exactly_if_it_fits(calls: list[tuple[int, Effort, str]]) -> None:
    """A simple count of each minute agrees with the meter on every call."""
    clock = WorldClock(lambda: 1_000_000_000_000)
    clock.freeze()
    settings = QuotaSettings(model="units", user_units=USER_UNITS, project_units=PROJECT_UNITS)
    quota = Quota(settings, clock)
    used: dict[tuple[int, str], int] = defaultdict(int)
    for wait_ms, effort, user in calls:
        clock.advance(wait_ms)
        minute, cost = clock() // WINDOW_MS, getattr(Costs(), effort)
        fits = used[minute, user] + cost <= USER_UNITS and used[minute, "project"] + cost <= PROJECT_UNITS
        try:
            quota.charge(effort, user, "p")
            is_through = True
            used[minute, user] += cost
            used[minute, "project"] += cost
        except DriveError:
            is_through = False
        assert is_through == fits
