"""Google's side of a quota, and a client that has always work, both in virtual time."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from google_drive_worker.client.quota import Lane
from google_drive_worker.quota.ledger import Ledger

MINUTE = 60.0
LATENCY_SECONDS = 0.2
PHASE_SECONDS = 23.4  # the server's minutes do not begin when we do


@dataclass
class Server:
    """Counts whole or sliding minutes; what was refused costs nothing. A second client takes `other_fraction`."""

    limit: float
    sliding: bool = False
    other_fraction: float = 0.0
    ours: int = 0
    refused: int = 0
    calls: int = 0
    _spent: deque[tuple[float, float]] = field(default_factory=deque)
    _other_at: float = 0.0

    def call(self, units: int, now: float) -> bool:
        """Count a call of ours; say whether it was answered."""
        self._let_other_take(now)
        self.calls += 1
        answered = self._charge(units, now)
        self.ours += units * answered
        self.refused += not answered
        return answered

    def _let_other_take(self, now: float) -> None:
        while self.other_fraction and self._other_at + 1 <= now:
            self._other_at += 1
            self._charge(self.limit * self.other_fraction / MINUTE, self._other_at)

    def _charge(self, units: float, now: float) -> bool:
        start = now - MINUTE if self.sliding else (now + PHASE_SECONDS) // MINUTE * MINUTE - PHASE_SECONDS
        while self._spent and self._spent[0][0] < start:
            self._spent.popleft()
        fits = sum(spent for _, spent in self._spent) + units <= self.limit
        if fits:
            self._spent.append((now, units))
        return fits


def run(ledger: Ledger, server: Server, *, minutes: float, lane: Callable[[int], Lane], units: int = 100) -> float:
    """Make calls as fast as the ledger lets them go; give the time at which it ended, in seconds."""
    now, number = 0.0, 0
    under_way: deque[tuple[float, bool]] = deque()
    while now < minutes * MINUTE:
        wait = ledger.wait("user", units, lane(number), now).seconds
        if under_way and under_way[0][0] <= now + wait:
            now, answered = max(now, under_way[0][0]), under_way.popleft()[1]
            tell(ledger, now, answered=answered)
        elif wait > 0:
            now += max(wait, 0.001)
        else:
            ledger.spend("user", units, lane(number), now)
            under_way.append((now + LATENCY_SECONDS, server.call(units, now + LATENCY_SECONDS / 2)))
            number += 1
    return now


def tell(ledger: Ledger, now: float, *, answered: bool) -> None:
    """Tell the ledger what became of a call."""
    if answered:
        ledger.succeeded("user", now)
    else:
        ledger.refused("user", 0.0, now, user_only=True)
