"""Quota arithmetic (facts D)."""

from collections import Counter

import pytest

from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import DriveError
from google_drive_emulator.http.methods import Effort, effort
from google_drive_emulator.http.params import Params
from google_drive_emulator.http.quota import WINDOW_MS, Costs, Quota, QuotaSettings
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.clock import WorldClock


async def answer(_state: EmulatorState, _call: Call) -> Reply:
    return Reply(b"")


def stopped_clock() -> WorldClock:
    """A clock that stands at the beginning of a minute."""
    clock = WorldClock(lambda: 1_000 * WINDOW_MS)
    clock.freeze()
    return clock


def charge(quota: Quota, times: int, effort: Effort = "get", user: str = "u", project: str = "p") -> Counter[str]:
    """Make calls and count how they fare: ``ok``, or the reason they are refused for."""
    outcomes: Counter[str] = Counter()
    for _ in range(times):
        try:
            quota.charge(effort, user, project)
            outcomes["ok"] += 1
        except DriveError as error:
            outcomes[error.reason] += 1
    return outcomes


@pytest.mark.parametrize(
    ("kind", "calls"), [("get", 65_000), ("list", 3_250), ("download", 1_625), ("edit", 6_500), ("other", 65_000)]
)
def test_units_buy_as_many_calls_as_google_says(kind: Effort, calls: int) -> None:
    """A user's minute holds 65,000 gets, or 3,250 list pages, or 1,625 downloads, or 6,500 edits."""
    quota = Quota(QuotaSettings(model="units"), stopped_clock())
    assert charge(quota, calls + 3, kind) == {"ok": calls, "userRateLimitExceeded": 3}


def test_users_share_the_projects_units() -> None:
    """The project's limit refuses users who have some of their own left."""
    settings = QuotaSettings(model="units", user_units=1000, project_units=1500)
    quota = Quota(settings, stopped_clock())
    assert charge(quota, 10, "list", "a") == {"ok": 10}
    assert charge(quota, 10, "list", "b") == {"ok": 5, "rateLimitExceeded": 5}
    assert charge(quota, 10, "list", "c", "another project") == {"ok": 10}


def test_queries_count_one_each() -> None:
    """In the older model every call is one query."""
    settings = QuotaSettings(model="queries", user_queries=7)
    quota = Quota(settings, stopped_clock())
    assert charge(quota, 10, "list") == {"ok": 7, "userRateLimitExceeded": 3}


def test_a_new_minute_brings_a_new_allowance() -> None:
    """Windows are the minutes of the clock; what was refused cost nothing."""
    clock = stopped_clock()
    quota = Quota(QuotaSettings(model="queries", user_queries=2), clock)
    charge(quota, 5)
    clock.advance(WINDOW_MS - 1)
    assert charge(quota, 1) == {"userRateLimitExceeded": 1}
    clock.advance(1)
    assert charge(quota, 3) == {"ok": 2, "userRateLimitExceeded": 1}
    used = [(usage.level, usage.used, usage.allowed, usage.refused) for usage in quota.usage()]
    assert used == [("user", 2, 2, 4), ("project", 2, 2, 0), ("user", 2, 2, 1), ("project", 2, 2, 0)]


def test_costs_can_be_set() -> None:
    """A cost of nothing is never refused."""
    settings = QuotaSettings(model="units", user_units=10, costs=Costs(get=0, list=10))
    quota = Quota(settings, stopped_clock())
    assert charge(quota, 100, "get") == {"ok": 100}
    assert charge(quota, 2, "list") == {"ok": 1, "userRateLimitExceeded": 1}


def test_mixed_refusals_take_each_shape_in_turn() -> None:
    """Some are 403 with and without details or errors, some 429."""
    quota = Quota(QuotaSettings(model="queries", user_queries=0, shape="mixed"), stopped_clock())
    seen = set()
    for _ in range(8):
        with pytest.raises(DriveError) as caught:
            quota.charge("get", "u", "p")
        seen.add((caught.value.status_code, caught.value.bare, bool(caught.value.details)))
    assert seen == {(403, False, False), (403, False, True), (403, True, True), (429, False, False)}


def test_old_minutes_are_forgotten() -> None:
    """The count of what was used does not grow without end."""
    clock = stopped_clock()
    quota = Quota(QuotaSettings(model="queries"), clock)
    for _ in range(2_000):
        charge(quota, 1)
        clock.advance(WINDOW_MS)
    assert len(quota.usage()) == 1_000


@pytest.mark.parametrize(
    ("name", "alt", "kind"),
    [
        ("files.get", None, "get"),
        ("files.get", "media", "download"),
        ("revisions.get", "media", "download"),
        ("files.export", None, "download"),
        ("files.download", None, "download"),
        ("files.list", None, "list"),
        ("changes.list", None, "list"),
        ("files.listLabels", None, "list"),
        ("changes.getStartPageToken", None, "get"),
        ("about.get", None, "get"),
        ("files.create", None, "edit"),
        ("permissions.delete", None, "edit"),
        ("files.emptyTrash", None, "edit"),
        ("files.generateIds", None, "other"),
        ("changes.watch", None, "other"),
    ],
)
def test_methods_are_billed_by_what_they_do(name: str, alt: str | None, kind: Effort) -> None:
    """Reads cost least, pages of lists more, downloads most."""
    params = Params([] if alt is None else [("alt", alt)])
    assert effort(Route(name, "GET", "/x", answer), params) == kind
