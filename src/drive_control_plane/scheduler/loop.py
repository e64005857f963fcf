"""The scheduler's life: rounds over what is due, with a rest between them.

In: a context. Out: triggers, until it is closed. It outlives a database or a broker that is away: what is due stays
due, is counted, and is tried again after a rest that grows to a bound. Any number of replicas may run it.
"""

import asyncio
import logging
from datetime import datetime

from drive_control_plane.context import Context
from drive_control_plane.database import cause_of, is_away
from drive_control_plane.scheduler.claims import Claimed, Claims, Place
from drive_control_plane.scheduler.metrics import SchedulerMetrics

log = logging.getLogger(__name__)

LEAST_REST_SECONDS = 1.0
"""Runs that fall due within so long share a transaction."""
MOST_REST_SECONDS = 5.0
"""A connection that was made due meanwhile waits no longer."""
MOST_BACKOFF_SECONDS = 15.0
CLOSE_SECONDS = 10.0
"""Longer than a batch takes."""


class Scheduler:
    """Sends triggers of due runs. Start it once; close it for certain."""

    def __init__(
        self,
        context: Context,
        metrics: SchedulerMetrics,
        *,
        least_rest_seconds: float = LEAST_REST_SECONDS,
        most_rest_seconds: float = MOST_REST_SECONDS,
    ) -> None:
        self._clock = context.clock
        self._claims = Claims(context)
        self._metrics = metrics
        self._least, self._most = least_rest_seconds, most_rest_seconds
        self._stopping = asyncio.Event()
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._reached: Place | None = None
        """Where the round stands: rows before it were tried in this round."""
        self._failing = False
        self._failures = 0

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self.run(), name="scheduler")

    def wake(self) -> None:
        """Look again now: something was made due."""
        self._woken.set()

    async def close(self, deadline_seconds: float = CLOSE_SECONDS) -> None:
        """Finish the batch at hand and end; after the deadline give it up, which leaves its rows due."""
        self._stopping.set()
        self._woken.set()
        if self._task is None:
            return
        await asyncio.wait({self._task}, timeout=deadline_seconds)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def run(self) -> None:
        """Run until closed."""
        while not self._stopping.is_set():
            await self._rest(await self._step())

    async def _step(self) -> float:
        """Take a batch; returns how many seconds to rest."""
        try:
            claimed = await self._claims.take(self._reached)
            self._note(claimed)
            return await self._rest_after(claimed)
        except Exception as error:  # whatever happens to a round, there is a next one
            if is_away(error):
                log.warning("nothing is scheduled, the database is away: %s", cause_of(error))
            else:
                log.exception("a round of the scheduler ended early")
            self._metrics.interrupted.inc()
            self._reached = None
            return self._backoff()

    async def _rest_after(self, claimed: Claimed) -> float:
        stuck = claimed.failed > 0 and claimed.published == 0
        if claimed.reached is not None:
            # Behind rows whose partition takes nothing may lie others that can be sent.
            return self._backoff() if stuck else 0.0
        failing, self._failing = self._failing, False
        if failing:
            return self._backoff()
        self._failures = 0
        return self._seconds_until(await self._claims.next_due_at())

    def _note(self, claimed: Claimed) -> None:
        if self._reached is None:
            waited = self._clock.now() - (claimed.oldest_due_at or self._clock.now())
            self._metrics.overdue_seconds.set(waited.total_seconds())
        self._metrics.published.inc(claimed.published)
        self._metrics.failed.inc(claimed.failed)
        self._metrics.set_aside.inc(claimed.set_aside)
        self._failing = self._failing or claimed.failed > 0
        self._reached = claimed.reached

    def _backoff(self) -> float:
        self._failures += 1
        return min(LEAST_REST_SECONDS * (1 << min(self._failures - 1, 10)), MOST_BACKOFF_SECONDS)

    def _seconds_until(self, due_at: datetime | None) -> float:
        if due_at is None:
            return self._most
        return min(max((due_at - self._clock.now()).total_seconds(), self._least), self._most)

    async def _rest(self, seconds: float) -> None:
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        woken = asyncio.ensure_future(self._woken.wait())
        try:
            await asyncio.wait({sleeping, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            woken.cancel()
            self._woken.clear()
