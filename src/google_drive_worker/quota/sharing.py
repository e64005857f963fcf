"""The gate's errand boy. In: calls that wait for a lease, time. Out: leases, as long as the shared books answer.

He goes at once when a call waits, every second anyhow, and less often than four times a second where all is spent: so
the shared books are asked by the second, not by the call. When they do not answer, the gate goes on alone at once; he
tries again at once, since it may have been this process that was slow, and then every second.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from clustera_toolkit.timing import REAL_TIMING, Timing
from google_drive_worker.quota.leased_ledger import LeasedLedger
from google_drive_worker.quota.limits import Limits
from google_drive_worker.quota.shared_books import Answer, SharedBooks, SharedBooksError

log = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
SHORT_SECONDS = 0.25
LEAST_SECONDS = 0.02
LASTING = 2
"""So many failures in a row are worth a word."""


@dataclass(slots=True)
class Exchanges:
    """What became of asking the shared books; `fallbacks` counts how often the gate had to go on alone."""

    answered: int = 0
    failed: int = 0
    fallbacks: int = 0


class Sharing:
    """Brings leases to one `LeasedLedger`; `brought` is called whenever calls may go that had to wait."""

    def __init__(self, books: SharedBooks, limits: Limits, *, timing: Timing = REAL_TIMING) -> None:
        self._books = books
        self._timing = timing
        self._called = asyncio.Event()
        self._called_by_change = asyncio.Event()
        self.ledger = LeasedLedger(limits, timing.monotonic(), self._call)
        self.exchanges = Exchanges()
        self._failures = 0
        self.brought: Callable[[], None] = lambda: None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Share while the block runs; what is leased then goes back."""
        await self._exchange()
        errands = asyncio.create_task(self._run(), name="quota sharing")
        try:
            yield
        finally:
            errands.cancel()
            await asyncio.gather(errands, return_exceptions=True)
            await self._leave()

    def _call(self, by_change: bool) -> None:
        self._called.set()
        if by_change:
            self._called_by_change.set()

    async def _run(self) -> None:
        while True:
            await self._rest()
            try:
                await self._exchange()
            except Exception as error:
                log.exception("sharing of quota failed by itself")
                self._go_alone(type(error).__name__)

    async def _rest(self) -> None:
        """Wait until it is time: never a moment after the last time, however many call."""
        await self._timing.sleep(LEAST_SECONDS)
        if self._failures:
            await self._timing.sleep(BEAT_SECONDS if self._failures >= LASTING else 0.0)
            return
        if self.ledger.is_short:
            spread = 0.6 + 0.8 * self._timing.random()  # so that no replica always comes right after another
            await self._until(self._called_by_change, SHORT_SECONDS * spread)
        if not self.ledger.is_low(self._timing.monotonic()):
            await self._until(self._called, BEAT_SECONDS)

    async def _until(self, event: asyncio.Event, seconds: float) -> None:
        waits = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(self._timing.sleep(seconds))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _exchange(self) -> None:
        self._called.clear()
        self._called_by_change.clear()
        asks = self.ledger.asks(self._timing.monotonic())
        try:
            answer = await self._books.exchange(asks, leaving=False)
        except SharedBooksError as error:
            self._go_alone(str(error))
        else:
            self._share(answer)
        self.brought()

    def _share(self, answer: Answer) -> None:
        if self._failures >= LASTING or not self.exchanges.answered:
            log.info("quota is shared by %d replicas, through %r", answer.replicas, self._books)
        self.exchanges.answered += 1
        self._failures = 0
        self.ledger.take(answer, self._timing.monotonic())

    def _go_alone(self, why: str) -> None:
        """Go on alone, and say so once."""
        self.exchanges.failed += 1
        self._failures += 1
        if self._failures == LASTING:
            self.exchanges.fallbacks += 1
            log.warning(
                "%r: %s; quota is not shared until it answers: this replica keeps to 1/%d of each limit",
                self._books,
                why,
                self.ledger.replicas,
            )
        self.ledger.lose()

    async def _leave(self) -> None:
        """Give back what is leased; where that cannot be told, it ends by itself."""
        if self.ledger.is_shared:
            try:
                await self._books.exchange(self.ledger.asks(self._timing.monotonic(), leaving=True), leaving=True)
            except SharedBooksError as error:
                log.info("leases of quota were not given back: %s", error)
        self.ledger.lose()
        self.brought()
        await self._books.close()
