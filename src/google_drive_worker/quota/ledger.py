"""The books. In: calls of users, what Drive says to them. Out: how long to wait, and for whose limit.

Nothing here waits.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from google_drive_worker.client.quota import Lane
from google_drive_worker.quota.limits import Limits
from google_drive_worker.quota.meter import DAY_SECONDS, Meter

MAX_ACCOUNTS = 1024


@dataclass(frozen=True, slots=True)
class Verdict:
    """How long a call waits, in seconds; `shared` says that calls of other users wait for the same."""

    seconds: float
    shared: bool


class Ledger:
    """All meters of one process."""

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._project = Meter(limits.project, now)
        self._replica = Meter(limits.replica_units, now) if limits.replica_units else None
        self._day = Meter(limits.day, now, period_seconds=DAY_SECONDS) if limits.day else None
        self._accounts: dict[str, Meter] = {}

    def spent(self, now: float) -> float:
        """Say what was spent in the last minute, by all."""
        return self._project.spent(now)

    def allowed(self, now: float) -> float:
        """Say what all together may spend in a minute, as far as we know."""
        return self._project.allowed(now)

    def fullness(self, now: float) -> float:
        """Say which part of the fullest limit is spent: 1 when calls have to wait for it."""
        meters = [*self._accounts.values(), *self._by_minute(), *([self._day] if self._day else [])]
        return max(meter.fullness(now) for meter in meters)

    def account_allowed(self, user: str, now: float) -> float:
        """Say what a user may spend in a minute, as far as we know."""
        return self._account(user, now).allowed(now)

    def wait(self, user: str, units: int, lane: Lane, now: float) -> Verdict:
        """Say how long a call waits. One that waits for its user's limit keeps nobody else waiting."""
        price = self._limits.price(units)
        own = self._account(user, now).wait_seconds(price, lane, now)
        if own > 0:
            return Verdict(own, shared=False)
        return Verdict(max(meter.wait_seconds(cost, lane, now) for meter, cost in self._shared(units)), shared=True)

    def spend(self, user: str, units: int, lane: Lane, now: float) -> None:
        """Count a call."""
        self._account(user, now).spend(self._limits.price(units), lane, now)
        for meter, cost in self._shared(units):
            meter.spend(cost, lane, now)

    def refused(self, user: str, retry_after_seconds: float, now: float, *, user_only: bool) -> None:
        """Learn from a refusal: where Drive does not say that it is the user's limit, the fullest meter learns."""
        account = self._account(user, now)
        suspects = [account] if user_only else [account, *self._by_minute()]
        max(suspects, key=lambda meter: meter.fullness(now)).refused(retry_after_seconds, now)

    def succeeded(self, user: str, now: float) -> bool:
        """Say whether this success ended a pause."""
        ended = [meter.succeeded() for meter in (self._account(user, now), *self._by_minute())]  # each must learn it
        return any(ended)

    def _by_minute(self) -> list[Meter]:
        return [self._project] if self._replica is None else [self._project, self._replica]

    def _shared(self, units: int) -> Iterator[tuple[Meter, int]]:
        price = self._limits.price(units)
        yield self._project, price
        if self._day is not None:
            yield self._day, price
        if self._replica is not None:
            yield self._replica, units

    def _account(self, user: str, now: float) -> Meter:
        meter = self._accounts.get(user)
        if meter is None:
            self._forget_idle(now)
            meter = self._accounts[user] = Meter(self._limits.user, now)
        return meter

    def _forget_idle(self, now: float) -> None:
        if len(self._accounts) >= MAX_ACCOUNTS:
            self._accounts = {user: meter for user, meter in self._accounts.items() if not meter.is_idle(now)}
