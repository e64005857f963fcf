"""What this replica may spend of one limit that replicas share. In: prices, answers of the shared books. Out: asks.

A lease is a small amount that the shared books count as spent already. Calls are paid from it without asking anybody,
and what was paid is told afterwards, with its age. It follows the need: what was spent in the last second, twice, so
that it grows fast where calls wait, and goes back where none come.

Changes do not wait for a lease: they may overdraw it by this replica's part of what is always kept free for them.
"""

from collections import deque
from collections.abc import Iterator

from google_drive_worker.client.quota import Lane
from google_drive_worker.quota.meter import FREE_FRACTION, GRAINS, SLACK_SECONDS
from google_drive_worker.quota.shared_books import LimitAnswer, LimitAsk
from google_drive_worker.quota.window import Window

LEASE_SECONDS = 1.0
GROWTH = 2
LOW_FRACTION = 0.25


class Unreported:
    """What was spent and not told yet: moments in seconds and amounts, none older than `span_seconds`."""

    def __init__(self, span_seconds: float, grain_seconds: float) -> None:
        self._span = span_seconds
        self._grain = grain_seconds
        self._entries: deque[list[float]] = deque()  # first moment, last moment, amount
        self._told = 0

    def __bool__(self) -> bool:
        return bool(self._entries)

    def add(self, amount: float, now: float) -> None:
        """Spend; nothing is added to what is being told."""
        if not self._told:
            self._forget_old(now)
        if len(self._entries) > self._told and now - self._entries[-1][0] < self._grain:
            self._entries[-1][1:] = [now, self._entries[-1][2] + amount]
        else:
            self._entries.append([now, now, amount])

    def tell(self, now: float) -> Iterator[tuple[int, float]]:
        """Tell all of it, oldest first: ages in milliseconds, amounts."""
        self._forget_old(now)
        self._told = len(self._entries)
        return ((int((now - last) * 1000), amount) for _, last, amount in self._entries)

    def acknowledge(self) -> None:
        """Forget what was told."""
        for _ in range(self._told):
            self._entries.popleft()
        self._told = 0

    def lose(self) -> None:
        """Nobody knows whether it was heard: tell it again."""
        self._told = 0

    def _forget_old(self, now: float) -> None:
        while self._entries and self._entries[0][1] + self._span <= now:
            self._entries.popleft()


class Lease:
    """The account of one replica at one limit. What is spent, granted and acknowledged are totals since its start."""

    def __init__(self, limit: float, period_seconds: float) -> None:
        self._limit = limit
        self._period = period_seconds
        self._unreported = Unreported(period_seconds + SLACK_SECONDS, period_seconds / GRAINS)
        self._last_second = Window(LEASE_SECONDS, LEASE_SECONDS / 10)
        self._spent = self._granted = self._acknowledged = self._asked = 0.0
        self._wish = self._urgent = 0.0
        self._overdraft = 0.0
        self._allowed = limit
        self._born = 0
        self._pause_seconds: float | None = None
        self._want = 0.0
        self.is_short = False
        """Whether the last answer gave less than was wanted."""

    @property
    def units(self) -> float:
        """What may be spent now; below 0 when changes have overdrawn it."""
        return self._granted - self._spent

    @property
    def is_wished(self) -> bool:
        """Whether calls wait for it."""
        return self._wish > 0

    def has_news(self) -> bool:
        """Whether there is something to tell, to ask or to give back."""
        return bool(self._unreported) or self.is_wished or self._pause_seconds is not None or self.units > 0

    def is_low(self, now: float) -> bool:
        """Whether calls would soon wait for it, at the rate of the last second, or at most at what is ever leased."""
        return self.units < min(self._last_second.spent(now), self._most()) * LOW_FRACTION

    def affords(self, price: float, lane: Lane) -> bool:
        """Say whether a call can be paid."""
        missing = self._payable(price) - max(self.units, 0.0)
        return missing <= 0 or (lane is Lane.CHANGES and missing <= self._overdraft)

    def wish(self, price: float, lane: Lane) -> None:
        """Hold, or ask for, what a call needs that waits for this limit or another."""
        self._wish = max(self._wish, self._payable(price))
        if lane is Lane.CHANGES:
            self._urgent = max(self._urgent, self._payable(price))

    def spend(self, price: float, now: float) -> None:
        """Count a call."""
        self._overdraft -= max(min(price - self.units, price), 0.0)
        self._spent += price
        self._unreported.add(price, now)
        self._last_second.add(price, now)

    def refused(self, pause_seconds: float) -> None:
        """Tell the others, next time, that Drive refused a call and how long to pause."""
        self._pause_seconds = max(self._pause_seconds or 0.0, pause_seconds)

    def ask(self, recent: float, now: float, *, leaving: bool) -> LimitAsk:
        """Say what was spent and what is wanted; `recent` is all that was spent in the last period."""
        self._asked = self._spent
        self._want = 0.0 if leaving else self._wanted(now)
        grains = tuple(self._unreported.tell(now))
        return LimitAsk(
            limit=self._limit,
            period=int(self._period * 1000),
            spent=self._spent,
            acknowledged=self._acknowledged,
            born=self._born,
            recent=max(recent - sum(amount for _, amount in grains), 0.0),
            grains=grains,
            want=self._want,
            urgent=0.0 if leaving else self._urgent,
            least=max(self._wish - max(self.units, 0.0), 1.0),
            refused=self._pause_seconds is not None,
            pause=int((self._pause_seconds or 0.0) * 1000),
        )

    def take(self, answer: LimitAnswer, replicas: int) -> None:
        """Take what was granted; what waits still will wish again."""
        self._unreported.acknowledge()
        self._acknowledged, self._granted = self._asked, answer.granted
        self._allowed, self._born = answer.allowed, answer.born
        self.is_short = answer.granted - self._asked < self._want
        self._overdraft = max(min(answer.free, answer.allowed * FREE_FRACTION), 0.0) / max(replicas, 1)
        self._wish = self._urgent = 0.0
        self._pause_seconds = None

    def lose(self) -> None:
        """The books cannot be reached: nothing is held any more, and what was told may not have been heard."""
        self._unreported.lose()
        self._granted = min(self._granted, self._spent)
        self._overdraft = self._wish = self._urgent = 0.0

    def _payable(self, price: float) -> float:
        """A call that costs more than the limit holds goes when the limit is empty."""
        return min(price, self._allowed * (1 - FREE_FRACTION))

    def _wanted(self, now: float) -> float:
        return float(int(min(self._last_second.spent(now) * GROWTH, self._most()) + self._wish))

    def _most(self) -> float:
        """What a lease holds at most beside what waits: the limit's share of its time."""
        return self._allowed * LEASE_SECONDS / self._period
