"""The books of one replica among several. In: calls, answers of the shared books. Out: verdicts, asks.

A call is paid twice: in the books of this process, and from a lease for each limit that is shared (`lease.py`). While
the shared books cannot be reached, the process goes on with its own, and with its share of every limit.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from google_drive_worker.client.quota import Lane
from google_drive_worker.quota.lease import Lease
from google_drive_worker.quota.ledger import Ledger, Scope, Verdict
from google_drive_worker.quota.limits import LimitName, Limits
from google_drive_worker.quota.meter import DAY_SECONDS, MINUTE_SECONDS
from google_drive_worker.quota.shared_books import LEASE_LIFE_SECONDS, Answer, LimitAsk

UNKNOWN_REPLICAS = 4
"""How many replicas there are taken to be until Redis has told."""
MAX_LIMITS_AN_ASK = 64
LEASE_VALID_SECONDS = LEASE_LIFE_SECONDS - 1.0
"""Older ones may have ended: this process was stopped, say."""
LEASE_WAIT_SECONDS = 1.0
"""When to look again for a lease that nobody has brought; usually somebody rings earlier."""


class LeasedLedger:
    """A `Ledger` and its leases; `wished` is rung when a call waits for a lease, with whether it is a change's."""

    def __init__(self, limits: Limits, now: float, wished: Callable[[bool], None]) -> None:
        self._limits = limits
        self._local = Ledger(limits, now)
        self._wished = wished
        self._leases: dict[Scope, Lease] = {Scope("project"): Lease(limits.project, MINUTE_SECONDS)}
        if limits.day is not None:
            self._leases[Scope("day")] = Lease(limits.day, DAY_SECONDS)
        self._common = tuple(self._leases)
        self._asked: Sequence[Scope] = ()
        self._heard_at = now
        self.replicas = UNKNOWN_REPLICAS
        self.is_shared = False
        """Whether the shared books answer."""
        self._local.keep_to(1 / UNKNOWN_REPLICAS)

    def fullness(self, now: float) -> Mapping[LimitName, float]:
        """Say which part of each limit all replicas have spent; alone, which part of this one's share."""
        return self._local.fullness(now)

    def allowed(self, now: float) -> float:
        """Say what the project may spend in a minute, as far as all replicas know."""
        return self._local.allowed(now)

    def leased(self) -> Mapping[LimitName, float]:
        """Say what is leased and not spent, by limit."""
        held: dict[LimitName, float] = {}
        for scope, lease in self._leases.items():
            held[scope.limit] = held.get(scope.limit, 0.0) + max(lease.units, 0.0)
        return held

    def wait(self, user: str, units: int, lane: Lane, now: float) -> Verdict:
        """Say how long a call waits: for this process's own books, or until a lease comes."""
        if self.is_shared and now - self._heard_at > LEASE_VALID_SECONDS:
            self.lose()
        verdict = self._local.wait(user, units, lane, now)
        if verdict.seconds > 0 or not self.is_shared:
            return verdict
        price = self._limits.price(units)
        leases = [self._lease(scope) for scope in self._scopes(user)]
        if all(lease.affords(price, lane) for lease in leases):
            return verdict
        for lease in leases:
            lease.wish(price, lane)
        self._wished(lane is Lane.CHANGES)
        return Verdict(LEASE_WAIT_SECONDS, shared=leases[0].affords(price, lane))

    def spend(self, user: str, units: int, lane: Lane, now: float) -> None:
        """Count a call."""
        self._local.spend(user, units, lane, now)
        for scope in self._scopes(user):
            self._lease(scope).spend(self._limits.price(units), now)

    def refused(self, user: str, retry_after_seconds: float, now: float, *, user_only: bool) -> Scope:
        """Learn from a refusal, and tell the others."""
        blamed = self._local.refused(user, retry_after_seconds, now, user_only=user_only)
        if blamed.limit != "replica":
            self._lease(blamed).refused(self._local.meter(blamed, now).pause_seconds(now))
            self._wished(True)
        return blamed

    def succeeded(self, user: str, now: float) -> bool:
        """Say whether this success ended a pause."""
        return self._local.succeeded(user, now)

    @property
    def is_short(self) -> bool:
        """Whether the last answer gave less than was wanted, of any limit."""
        return any(self._leases[scope].is_short for scope in self._asked if scope in self._leases)

    def is_low(self, now: float) -> bool:
        """Whether calls wait for a lease, or would soon."""
        return any(lease.is_wished or lease.is_low(now) for lease in self._leases.values())

    def asks(self, now: float, *, leaving: bool = False) -> Sequence[tuple[Scope, LimitAsk]]:
        """Say what to tell and ask now: of all users' limits, and of users who have news; `take` or `lose` follows."""
        self._asked = (*self._common, *islice(self._users_with_news(now), MAX_LIMITS_AN_ASK))
        return [
            (scope, self._leases[scope].ask(self._local.meter(scope, now).spent(now), now, leaving=leaving))
            for scope in self._asked
        ]

    def take(self, answer: Answer, now: float) -> None:
        """Take what the shared books gave."""
        if not self.is_shared:
            self._local.keep_to(1.0)
        self.is_shared, self.replicas, self._heard_at = True, answer.replicas, now
        for scope, limit in zip(self._asked, answer.limits, strict=True):
            lease = self._leases[scope] = self._leases.pop(scope)  # to the end: who was not asked for is next
            lease.take(limit, answer.replicas)
            self._local.meter(scope, now).adopt(limit.allowed, limit.used, limit.paused / 1000, now)

    def lose(self) -> None:
        """Go on alone: the shared books were not reached."""
        self.is_shared = False
        self._local.keep_to(1 / self.replicas)
        for lease in self._leases.values():
            lease.lose()

    def _users_with_news(self, now: float) -> Iterator[Scope]:
        self._forget_idle(now)
        return (scope for scope, lease in self._leases.items() if scope.user and lease.has_news())

    def _forget_idle(self, now: float) -> None:
        """Forget users of whom nothing is to be told; their leases have ended long ago in the shared books too."""
        for scope in [scope for scope, lease in self._leases.items() if scope.user and not lease.has_news()]:
            if self._local.meter(scope, now).is_idle(now):
                del self._leases[scope]

    def _scopes(self, user: str) -> tuple[Scope, ...]:
        return (Scope("user", user), *self._common)

    def _lease(self, scope: Scope) -> Lease:
        lease = self._leases.get(scope)
        if lease is None:
            lease = self._leases[scope] = Lease(self._limits.user, MINUTE_SECONDS)
        return lease
