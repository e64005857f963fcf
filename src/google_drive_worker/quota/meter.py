"""One limit. In: prices, lanes, what Drive and other replicas say. Out: how long to wait.

No span of a minute holds more than the limit, so it is kept whether Drive counts whole minutes or sliding ones. A call
is counted by Drive later than here, and not always equally late: `SLACK_SECONDS` is what that may differ.

A tenth of the limit belongs to the changes lane, which is not paced. What it does not use is lent to the others, but
for a fiftieth that is always free: so all of the limit but that is used while there is work, and no change waits.

Where replicas share the limit and cannot agree, each keeps to a `share` of it. Changes do not: there are few of them,
and what they take, Drive's refusals would tell.
"""

from google_drive_worker.client.quota import Lane
from google_drive_worker.quota.estimate import Estimate
from google_drive_worker.quota.pace import Pace
from google_drive_worker.quota.pause import Pause
from google_drive_worker.quota.window import Window

MINUTE_SECONDS = 60.0
DAY_SECONDS = 86_400.0
SLACK_SECONDS = 0.5
GRAINS = 240  # a minute is counted in quarters of a second: 40 KB for a meter in constant use
CHANGES_FRACTION = 0.1
FREE_FRACTION = 0.02


class Meter:
    """A limit of `limit` a period (a minute, or a day), and what was spent of it."""

    def __init__(self, limit: float, now: float, *, period_seconds: float = MINUTE_SECONDS) -> None:
        self._period = period_seconds
        self._estimate = Estimate(limit)
        self._pause = Pause()
        self._pace = Pace(limit / period_seconds, now)
        self._all, self._changes = self._window(), self._window()
        self._others = 0.0
        self.share = 1.0
        """The part of the limit that lanes other than changes keep to."""

    def allowed(self, now: float) -> float:
        """Say what may be spent in a period, as far as we know."""
        return self._estimate.allowed(now)

    def spent(self, now: float) -> float:
        """Say what was spent in the last period, by this process."""
        return self._all.spent(now)

    def fullness(self, now: float) -> float:
        """Say which part of what may be spent is spent, by other replicas too as far as they told."""
        return (self.spent(now) + self._others) / (self.allowed(now) * self.share)

    def adopt(self, allowed: float, used: float, paused_seconds: float, now: float) -> None:
        """Take over what all replicas together learnt, have used in the last period, and how long they pause."""
        self._estimate.adopt(allowed, now)
        self._others = max(used - self.spent(now), 0.0)
        self._pause.adopt(paused_seconds, now)

    def keep_to(self, share: float) -> None:
        """Know nothing of other replicas any more, and keep to a share."""
        self._others = 0.0
        self.share = share

    def is_idle(self, now: float) -> bool:
        """Whether forgetting this meter would change nothing but what it learnt."""
        return self.spent(now) == 0 and not self._pause.in_trouble

    def wait_seconds(self, price: float, lane: Lane, now: float) -> float:
        """Give the seconds until a call of that price may be made."""
        allowed = self.allowed(now) * (1.0 if lane is Lane.CHANGES else self.share)
        room = allowed - self._kept(lane, allowed, now)
        over = self.spent(now) + min(price, room) - room
        return max(
            self._pause.wait_seconds(now),
            self._all.seconds_until_freed(over, now) if over > 0 else 0.0,
            0.0 if lane is Lane.CHANGES else self._pace.wait_seconds(price, allowed / self._period, now),
        )

    def spend(self, price: float, lane: Lane, now: float) -> None:
        """Count a call."""
        self._all.add(price, now)
        self._pause.called(now)
        if lane is Lane.CHANGES:
            self._changes.add(price, now)
        else:
            self._pace.spend(price)

    def refused(self, retry_after_seconds: float, now: float) -> None:
        """Learn that Drive refused a call that was paid for here: the limit is lower than we were told."""
        self._estimate.refused(self.spent(now) / self.share + self._others, now)
        self._pause.refused(retry_after_seconds, now)

    def pause_seconds(self, now: float) -> float:
        """Say how long nothing may be called."""
        return self._pause.wait_seconds(now)

    def succeeded(self) -> bool:
        """Say whether this success ended a pause."""
        return self._pause.succeeded()

    def _kept(self, lane: Lane, allowed: float, now: float) -> float:
        if lane is Lane.CHANGES:
            return 0.0
        unused = allowed * CHANGES_FRACTION - self._changes.spent(now)
        return min(max(unused, 0.0), allowed * FREE_FRACTION)

    def _window(self) -> Window:
        return Window(self._period + SLACK_SECONDS, self._period / GRAINS)
