"""The ledger against simulated servers: what is used, what is refused, what is learnt."""

import pytest
from tests.unit.quota.simulation import Server, run

from google_drive_worker.client.quota import Lane
from google_drive_worker.quota.ledger import MAX_ACCOUNTS, Books, Ledger, Scope
from google_drive_worker.quota.limits import Limits

LIMIT = 30_000
SCAN, CHANGES = Lane.FIRST_SCAN, Lane.CHANGES


def ledger_of(
    user: int = LIMIT, project: int = 10 * LIMIT, day: int | None = None, replica: int | None = None
) -> Ledger:
    return Ledger(Limits(user=user, project=project, day=day, replica_units=replica), 0.0)


def allowed(ledger: Ledger, scope: Scope, now: float) -> float:
    return ledger.meter(scope, now).allowed(now)


def scanning(_: int) -> Lane:
    return SCAN


def spend_all(ledger: Books, lane: Lane, *, user: str = "user", now: float = 0.0, units: int = 100) -> int:
    """Spend what may be spent at once; give how many calls that was."""
    calls = 0
    while ledger.wait(user, units, lane, now).seconds == 0:
        ledger.spend(user, units, lane, now)
        calls += 1
    return calls


@pytest.mark.parametrize("sliding", [False, True])
def test_a_known_limit_is_used_and_kept(sliding: bool) -> None:
    """While there is work, at least 95 % of the limit is used and no call is refused, however minutes are counted."""
    server = Server(LIMIT, sliding=sliding)
    run(ledger_of(), server, minutes=10, lane=scanning)
    assert server.ours >= 0.95 * LIMIT * 10
    assert server.refused == 0


@pytest.mark.parametrize("every", [5, 20, 100])
def test_changes_beside_a_scan_cost_no_use(every: int) -> None:
    """With changes in between, few or many, the limit is used and kept as without."""
    server = Server(LIMIT)
    run(ledger_of(), server, minutes=10, lane=lambda number: SCAN if number % every else CHANGES)
    assert server.ours >= 0.95 * LIMIT * 10
    assert server.refused == 0


@pytest.mark.parametrize("sliding", [False, True])
@pytest.mark.parametrize("told", [1, 2, 10])
def test_an_unknown_limit_is_found(sliding: bool, told: int) -> None:
    """With a limit not told and a second client on 40 % of it, 80 % of the rest are used and under 2 % refused."""
    server = Server(LIMIT, sliding=sliding, other_fraction=0.4)
    run(ledger_of(user=told * LIMIT), server, minutes=30, lane=scanning)
    assert server.ours >= 0.8 * 0.6 * LIMIT * 30
    assert server.refused < 0.02 * server.calls


def test_a_limit_that_is_lifted_is_found_again() -> None:
    """A quarter of an hour after the last refusal the told limit is tried again."""
    ledger = ledger_of()
    spend_all(ledger, SCAN)
    ledger.refused("user", 0.0, 1.0, user_only=True)
    assert allowed(ledger, Scope("user", "user"), 1.0) == pytest.approx(LIMIT / 2)
    assert allowed(ledger, Scope("user", "user"), 1.0 + 15 * 60) == LIMIT


def test_changes_find_room_where_others_wait() -> None:
    """When nobody else may spend any more, a fiftieth of the limit is there for changes at once."""
    ledger, now = ledger_of(), 0.0
    while now < 59:
        now += 1
        spend_all(ledger, SCAN, now=now)
    assert spend_all(ledger, CHANGES, now=now) * 100 >= 0.02 * LIMIT


def test_changes_may_use_all_there_is() -> None:
    """Nothing is kept from changes, and they are not paced: a burst of them takes the whole limit at once."""
    ledger = ledger_of()
    assert spend_all(ledger, CHANGES) * 100 == LIMIT
    assert ledger.wait("user", 100, SCAN, 30.0).seconds > 0


def test_a_user_at_the_limit_keeps_no_other_waiting() -> None:
    """Limits of users are apart; the project's is shared, and the verdict says which one it is."""
    ledger = ledger_of(user=1000, project=1500)
    assert spend_all(ledger, CHANGES, user="a") == 10
    assert not ledger.wait("a", 100, CHANGES, 0.0).shared
    assert spend_all(ledger, CHANGES, user="b") == 5
    assert ledger.wait("b", 100, CHANGES, 0.0).shared


def test_a_query_counts_one() -> None:
    """In the model of queries a list and a get cost the same."""
    ledger = Ledger(Limits(model="queries", user=12, project=12), 0.0)
    assert spend_all(ledger, CHANGES, units=200) == 12


def test_the_day_ends_what_the_minute_allows() -> None:
    """A limit a day holds for a day."""
    ledger = ledger_of(day=500)
    assert spend_all(ledger, CHANGES) == 5
    assert ledger.wait("user", 100, CHANGES, 3600.0).seconds > 80_000


def test_the_replicas_own_limit_is_in_units() -> None:
    """`GDRIVE_API_RATE_LIMIT` bounds one process in units, whatever Google counts."""
    ledger = Ledger(Limits(model="queries", user=100, project=100, replica_units=1000), 0.0)
    assert spend_all(ledger, CHANGES, units=200) == 5


def test_drive_is_not_asked_before_it_wants_to_be() -> None:
    """`Retry-After` makes every lane of that user wait, and nobody else."""
    ledger = ledger_of()
    ledger.spend("user", 100, SCAN, 0.0)
    ledger.refused("user", 90.0, 0.0, user_only=True)
    assert ledger.wait("user", 5, CHANGES, 0.0).seconds == 90.0
    assert ledger.wait("other", 5, CHANGES, 0.0).seconds == 0.0


def test_after_a_pause_one_call_tries() -> None:
    """When a pause is over one call goes; a refusal doubles the pause, a success ends it."""
    ledger = ledger_of()
    ledger.refused("user", 0.0, 0.0, user_only=True)
    assert ledger.wait("user", 5, CHANGES, 0.0).seconds == 2.0
    assert spend_all(ledger, CHANGES, now=2.0, units=5) == 1
    ledger.refused("user", 0.0, 2.5, user_only=True)
    assert ledger.wait("user", 5, CHANGES, 2.5).seconds == 4.0
    assert not ledger.succeeded("user", 3.0)  # of a call that was under way before
    assert spend_all(ledger, CHANGES, now=6.5, units=5) == 1
    assert ledger.succeeded("user", 7.0)
    assert ledger.wait("user", 5, CHANGES, 7.0).seconds == 0.0


def test_the_fullest_meter_learns() -> None:
    """Where Drive does not say whose limit it is, the one that is nearest to its end is taken for it."""
    ledger = ledger_of(user=10_000, project=1000)
    spend_all(ledger, CHANGES)
    ledger.refused("user", 0.0, 0.0, user_only=False)
    assert allowed(ledger, Scope("project"), 0.0) < 1000
    assert allowed(ledger, Scope("user", "user"), 0.0) == 10_000


def test_users_of_long_ago_are_forgotten() -> None:
    """However many users there are over time, only those of the last minute are remembered beyond a number."""
    ledger = ledger_of(user=1000)
    for number in range(MAX_ACCOUNTS):
        ledger.spend(f"user {number}", 1000, CHANGES, 0.0)
    ledger.wait("late", 5, CHANGES, 30.0)
    assert ledger.wait("user 0", 5, CHANGES, 30.0).seconds > 0
    ledger.wait("later", 5, CHANGES, 100.0)
    assert allowed(ledger, Scope("user", "user 0"), 100.0) == 1000
