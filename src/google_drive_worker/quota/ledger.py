"""The books of one process. In: calls of users, what Drive says to them. Out: how long to wait, and for whose limit.

Nothing here waits.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from google_drive_worker.client.quota import Lane
from google_drive_worker.quota.limits import LimitName, Limits
from google_drive_worker.quota.meter import DAY_SECONDS, Meter

MAX_ACCOUNTS = 1024


@dataclass(frozen=True, slots=True)
class Verdict:
    """How long a call waits, in seconds; `shared` says that calls of other users wait for the same."""

    seconds: float
    shared: bool


class Scope(NamedTuple):
    """Whose limit: of `user` where it is one of users, of all where `user` is empty."""

    limit: LimitName
    user: str = ""


class Books(Protocol):
    """What the gate asks: one process's `Ledger`, or one that keeps books together with other replicas."""

    def fullness(self, now: float) -> Mapping[LimitName, float]:
        """Say which part of each limit is spent: 1 when calls have to wait for it; of users, the fullest."""

    def allowed(self, now: float) -> float:
        """Say what the project may spend in a minute, as far as is known."""

    def wait(self, user: str, units: int, lane: Lane, now: float) -> Verdict:
        """Say how long a call waits."""

    def spend(self, user: str, units: int, lane: Lane, now: float) -> None:
        """Count a call."""

    def refused(self, user: str, retry_after_seconds: float, now: float, *, user_only: bool) -> Scope:
        """Learn from a refusal; say whose limit it was."""

    def succeeded(self, user: str, now: float) -> bool:
        """Say whether this success ended a pause."""


class Ledger:
    """All meters of one process."""

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._share = 1.0
        self._common: dict[LimitName, Meter] = {"project": Meter(limits.project, now)}
        if limits.day is not None:
            self._common["day"] = Meter(limits.day, now, period_seconds=DAY_SECONDS)
        if limits.replica_units is not None:
            self._common["replica"] = Meter(limits.replica_units, now)
        self._accounts: dict[str, Meter] = {}

    def fullness(self, now: float) -> Mapping[LimitName, float]:
        """Say which part of each limit is spent: 1 when calls have to wait for it; of users, the fullest."""
        users = max((meter.fullness(now) for meter in self._accounts.values()), default=0.0)
        return {"user": users, **{name: meter.fullness(now) for name, meter in self._common.items()}}

    def allowed(self, now: float) -> float:
        """Say what the project may spend in a minute, as far as is known."""
        return self._common["project"].allowed(now)

    def meter(self, scope: Scope, now: float) -> Meter:
        """Give the meter of a limit. Raises `KeyError` for one that is not set."""
        return self._account(scope.user, now) if scope.limit == "user" else self._common[scope.limit]

    def keep_to(self, share: float) -> None:
        """Know nothing of other replicas any more, and keep to a share of what Google counts; 1 is all of it."""
        self._share = share
        for name, meter in self._common.items():
            if name != "replica":
                meter.keep_to(share)
        for meter in self._accounts.values():
            meter.keep_to(share)

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

    def refused(self, user: str, retry_after_seconds: float, now: float, *, user_only: bool) -> Scope:
        """Learn from a refusal: where Drive does not say that it is the user's limit, the fullest meter learns."""
        scopes: list[Scope] = [Scope("user", user), *(() if user_only else self._by_minute())]
        blamed = max(scopes, key=lambda scope: self.meter(scope, now).fullness(now))
        self.meter(blamed, now).refused(retry_after_seconds, now)
        return blamed

    def succeeded(self, user: str, now: float) -> bool:
        """Say whether this success ended a pause."""
        scopes = (Scope("user", user), *self._by_minute())
        ended = [self.meter(scope, now).succeeded() for scope in scopes]  # each must learn it
        return any(ended)

    def _by_minute(self) -> Iterator[Scope]:
        return (Scope(name) for name in self._common if name != "day")

    def _shared(self, units: int) -> Iterator[tuple[Meter, int]]:
        price = self._limits.price(units)
        for name, meter in self._common.items():
            yield meter, units if name == "replica" else price

    def _account(self, user: str, now: float) -> Meter:
        meter = self._accounts.get(user)
        if meter is None:
            self._forget_idle(now)
            meter = self._accounts[user] = Meter(self._limits.user, now)
            meter.keep_to(self._share)
        return meter

    def _forget_idle(self, now: float) -> None:
        if len(self._accounts) >= MAX_ACCOUNTS:
            self._accounts = {user: meter for user, meter in self._accounts.items() if not meter.is_idle(now)}
