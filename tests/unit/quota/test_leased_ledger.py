"""The books of one replica among several: who pays, who is asked for, what it does alone."""

from tests.unit.quota.test_ledger import spend_all

from google_drive_worker.client.quota import Lane
from google_drive_worker.quota.leased_ledger import MAX_LIMITS_AN_ASK, UNKNOWN_REPLICAS, LeasedLedger
from google_drive_worker.quota.ledger import Scope
from google_drive_worker.quota.limits import Limits
from google_drive_worker.quota.shared_books import Answer, LimitAnswer

SCAN, CHANGES = Lane.FIRST_SCAN, Lane.CHANGES
LIMIT = 6000
BURST = LIMIT / 20


class Wishes:
    """A bell that counts."""

    def __init__(self) -> None:
        self.rung: list[bool] = []

    def ring(self, by_change: bool) -> None:
        self.rung.append(by_change)


def ledger_of(wishes: Wishes | None = None, *, project: int = 10 * LIMIT) -> LeasedLedger:
    return LeasedLedger(Limits(user=LIMIT, project=project), 0.0, (wishes or Wishes()).ring)


def exchange(
    ledger: LeasedLedger, now: float = 0.0, *, most: float = 1e9, replicas: int = 2, paused: float = 0, used: float = 0
) -> list[Scope]:
    """Grant what is wanted of each limit, up to `most`; give what was asked for."""
    asks = ledger.asks(now)
    answers = [
        LimitAnswer(
            granted=ask.spent + min(ask.want, most), allowed=ask.limit, used=used, free=0, paused=paused, born=1
        )
        for _, ask in asks
    ]
    ledger.take(Answer(replicas=replicas, limits=answers), now)
    return [scope for scope, _ in asks]


def test_a_call_waits_for_a_lease_and_rings() -> None:
    """Without a lease a call waits and somebody is called; with one of each limit it goes."""
    wishes = Wishes()
    ledger = ledger_of(wishes)
    exchange(ledger)
    assert ledger.wait("u", 100, SCAN, 0.0).seconds > 0
    assert wishes.rung == [False]
    assert exchange(ledger) == [Scope("project"), Scope("user", "u")]
    assert ledger.wait("u", 100, SCAN, 0.0).seconds == 0


def test_a_lease_that_waits_for_another_is_kept() -> None:
    """While one of two leases is missing, the other does not go back."""
    ledger = ledger_of()
    exchange(ledger)
    ledger.wait("u", 100, SCAN, 0.0)
    exchange(ledger)
    ledger.spend("v", 100, SCAN, 0.0)
    ledger.wait("u", 100, SCAN, 0.0)
    exchange(ledger)
    assert ledger.wait("u", 100, SCAN, 0.0).seconds == 0


def test_who_waits_for_the_user_keeps_no_other_user_waiting() -> None:
    """The verdict says whether it is a user's lease that is missing, or one of all."""
    ledger = ledger_of()
    exchange(ledger)
    assert ledger.wait("u", 100, SCAN, 0.0).shared is False
    ledger.wait("u", 100, SCAN, 0.0)
    exchange(ledger)
    ledger.spend("v", 100, SCAN, 0.0)
    assert ledger.wait("u", 100, SCAN, 0.0).shared is True


def test_alone_it_keeps_to_its_part() -> None:
    """A part of the limit is used, by the number of replicas, once anybody was heard of; by changes all of it."""
    ledger = ledger_of()
    assert spend_all(ledger, SCAN) * 100 <= BURST / UNKNOWN_REPLICAS + 100
    other = ledger_of()
    exchange(other, replicas=2)
    other.lose()
    assert spend_all(other, SCAN) * 100 <= BURST / 2 + 100
    assert spend_all(other, CHANGES) * 100 >= LIMIT - BURST


def test_what_is_not_renewed_is_not_spent() -> None:
    """A process that was stopped for seconds does not spend a lease that may have ended."""
    ledger = ledger_of()
    exchange(ledger)
    ledger.wait("u", 100, SCAN, 0.0)
    exchange(ledger)
    assert ledger.is_shared
    ledger.wait("u", 100, SCAN, 4.5)
    assert sum(ledger.leased().values()) == 0


def test_the_use_of_all_is_told() -> None:
    """What others spent of a limit is part of how full it is, until they are not heard of any more."""
    ledger = ledger_of()
    exchange(ledger, used=LIMIT)
    assert ledger.fullness(0.0)["project"] == 0.1
    ledger.lose()
    assert ledger.fullness(0.0)["project"] == 0


def test_the_pause_of_others_is_kept() -> None:
    """A pause that another replica has to make is one's own."""
    ledger = ledger_of()
    exchange(ledger, paused=7000)
    assert ledger.wait("u", 5, CHANGES, 0.0).seconds == 7.0


def test_a_refusal_is_told_of_the_limit_that_is_blamed() -> None:
    """The next ask says whose limit Drive refused, and for how long nobody may call."""
    ledger = ledger_of()
    exchange(ledger)
    assert ledger.refused("u", 9.0, 0.0, user_only=True) == Scope("user", "u")
    told = {scope: (ask.refused, ask.pause) for scope, ask in ledger.asks(0.0)}
    assert told == {Scope("project"): (False, 0), Scope("user", "u"): (True, 9000)}


def test_every_user_gets_a_turn() -> None:
    """However many users wait, each is asked for in time."""
    ledger = ledger_of()
    exchange(ledger)
    users = {f"u{number}" for number in range(3 * MAX_LIMITS_AN_ASK)}
    asked = set[str]()
    for _ in range(4):
        for user in users:
            ledger.wait(user, 5, SCAN, 0.0)
        asked |= {scope.user for scope in exchange(ledger, most=0)}
    assert asked - {""} == users


def test_users_of_long_ago_are_not_asked_for() -> None:
    """A user without calls in the last minute is forgotten."""
    ledger = ledger_of()
    exchange(ledger)
    ledger.wait("u", 100, SCAN, 0.0)
    exchange(ledger)
    ledger.spend("u", 100, SCAN, 0.0)
    assert exchange(ledger, 10.0) == [Scope("project"), Scope("user", "u")]
    assert exchange(ledger, 90.0) == [Scope("project")]
    assert "user" not in ledger.leased()


def test_what_is_allowed_is_what_all_replicas_learnt() -> None:
    """The whole project's limit, not this replica's part of it, also while it is alone."""
    ledger = ledger_of(project=LIMIT)
    assert ledger.allowed(0.0) == LIMIT
    asks = ledger.asks(0.0)
    learnt = LimitAnswer(granted=0, allowed=LIMIT / 2, used=0, free=0, paused=0, born=1)
    ledger.take(Answer(replicas=2, limits=[learnt for _ in asks]), 0.0)
    assert ledger.allowed(0.0) == LIMIT / 2
