"""Which fault strikes which request."""

from collections.abc import Mapping
from typing import Any

import pytest

from google_drive_emulator.http.faults import MAX_FAULTS, Fault, FaultError, FaultPlan, Target


def target(
    route: str = "files.list", params: Mapping[str, str] | None = None, token: str = "", user: str | None = "a@b.c"
) -> Target:
    return Target(route, params or {}, token, lambda: user)


def plan(*faults: Fault, seed: int = 0) -> FaultPlan:
    made = FaultPlan(seed)
    made.add(faults)
    return made


def struck(faults: FaultPlan, *targets: Target) -> list[bool]:
    return [faults.strike(each) is not None for each in targets]


@pytest.mark.parametrize(
    ("fault", "hit", "missed"),
    [
        (Fault(), target("any.thing"), None),
        (Fault("files.list"), target("files.list"), target("files.get")),
        (Fault("files.*"), target("files.get"), target("changes.list")),
        (Fault("*.list"), target("drives.list"), target("drives.get")),
        (Fault(user="*@b.c"), target(user="x@b.c"), target(user="x@d.e")),
        (Fault(user="*@b.c"), target(user="x@b.c"), target(user=None)),
        (Fault(token="ab*"), target(token="abc"), target(token="bc")),
        (Fault(params={"q": "*trashed*"}), target(params={"q": "not trashed"}), target(params={"q": "x"})),
        (Fault(params={"pageToken": "*"}), target(params={"pageToken": "x"}), target()),
        (Fault(kind="empty_list"), target("files.list"), target("drives.list")),
        (Fault(kind="expired_page_token"), target(params={"pageToken": "x"}), target(params={"pageToken": ""})),
    ],
)
def test_a_fault_strikes_whom_it_concerns(fault: Fault, hit: Target, missed: Target | None) -> None:
    """Route, user, token and parameters are patterns; all of them must match."""
    if missed is not None:
        assert plan(fault).strike(missed) is None
    assert plan(fault).strike(hit) == fault


def test_a_fault_strikes_as_often_as_it_says() -> None:
    """The first ``after`` requests go well, then ``count`` are struck, and the fault is gone."""
    faults = plan(Fault(after=2, count=2))
    assert struck(faults, *[target()] * 6) == [False, False, True, True, False, False]
    assert not faults


def test_a_fault_without_a_count_never_ends() -> None:
    """``count`` None strikes all."""
    faults = plan(Fault(count=None))
    assert struck(faults, *[target()] * 50) == [True] * 50


def test_the_first_fault_that_matches_strikes() -> None:
    """Faults wait in line; others of the same request are kept."""
    faults = plan(Fault("files.list", status=500), Fault(status=503))
    kinds = [faults.strike(target("files.list")), faults.strike(target("files.list"))]
    assert [fault.status for fault in kinds if fault is not None] == [500, 503]


def test_probability_follows_from_the_seed() -> None:
    """About as many requests as said are struck, and the same ones each time."""
    first = struck(plan(Fault(count=None, probability=0.3), seed=5), *[target()] * 1000)
    assert 240 < sum(first) < 360
    assert first == struck(plan(Fault(count=None, probability=0.3), seed=5), *[target()] * 1000)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"count": 0}, "count must be"),
        ({"after": -1}, "after must be"),
        ({"probability": 0}, "probability must be"),
        ({"status": 200}, "status must be from 400"),
        ({"kind": "empty_body", "status": 600}, "status must be from 200"),
        ({"latency_ms": 10**9}, "latency_ms must be"),
        ({"kind": "latency"}, "needs latency_ms"),
        ({"bytes_per_second": 0}, "bytes_per_second must be"),
        ({"after_bytes": -1}, "after_bytes must be"),
        ({"retry_after": -1}, "retry_after must be"),
        ({"kind": "expired_page_token", "status": 404}, "403 or 400"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(values: dict[str, Any], said: str) -> None:
    """Values out of range are named with the fault's number, and none of the faults is added."""
    faults = FaultPlan()
    with pytest.raises(FaultError, match=f"fault 1: .*{said}"):
        faults.add([Fault(), Fault(**values)])
    assert not faults


def test_there_is_an_end_to_waiting_faults() -> None:
    """More than a thousand are refused."""
    with pytest.raises(FaultError, match="at most 1000"):
        plan(*[Fault()] * (MAX_FAULTS + 1))


@pytest.mark.parametrize(
    ("status", "reason"),
    [(None, "backendError"), (401, "authError"), (403, "userRateLimitExceeded"), (429, "rateLimitExceeded")],
)
def test_a_status_brings_its_usual_reason(status: int | None, reason: str) -> None:
    """Without a reason it is the usual one of the status."""
    assert Fault(status=status).reason_text == reason
