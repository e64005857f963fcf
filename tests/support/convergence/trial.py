"""One trial: a world with a history, an engine that follows it through all kinds of trouble, and the reckoning.

In: a seed. Out: an `Outcome`, empty of differences when the engine kept its promises (P1: the consumer holds what Drive
shows; P4: nothing that was emitted goes back). The history goes on between any two answers of Drive; processes die at
any batch. Then it becomes quiet, and a few increments must put everything right.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from tests.support.convergence import weather
from tests.support.convergence.commits import Topics
from tests.support.convergence.compare import differing_items
from tests.support.convergence.compare_lists import differing_lists
from tests.support.convergence.consumer import Consumer
from tests.support.convergence.features import Features, some_of
from tests.support.convergence.history import History
from tests.support.convergence.lists_truth import below
from tests.support.convergence.order import Order
from tests.support.convergence.trial_time import TrialTime
from tests.support.convergence.truth import Client, seen_by
from tests.support.convergence.turns import OrderedTransport
from tests.support.convergence.worker_life import Process, Surroundings

from google_drive_emulator import Emulator, World
from google_drive_emulator.http.observers import Exchange, observe
from google_drive_emulator.sources.joined import synthetic_source
from google_drive_emulator.world.clock import WorldClock
from google_drive_worker.sync.run import EngineSettings

DEADLINE_SECONDS = 60.0
TAIL = 30
QUIET_ROUNDS = 2
SETTLE_SECONDS = 300.0
SWEEP_SECONDS = 1500.0
BETWEEN_ROUNDS_SECONDS = 900.0
"""Two rounds settle all; the comments are read again once."""
WISHES = ("incremental",) * 12 + ("full", "pause", "resume", "resume", "cancel", "resnapshot", "confirm", "forget")
FIRST_WISHES = ("incremental", "incremental", "full", "resume")


@dataclass
class Outcome:
    """What became of a trial."""

    seed: int
    differences: list[str] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    records: int = 0
    items: int = 0

    def __str__(self) -> str:
        shown = [*self.differences[:20], *(["…"] if len(self.differences) > 20 else [])]
        head = f"seed {self.seed}: {len(self.differences)} differences"
        return "\n".join([head, *shown, "the history's end:", *self.history[-TAIL:]])


class Trial:
    """The course of one seed. `storming` says whether the world changes and Drive has troubles."""

    def __init__(self, seed: int, allowed: Features, *, size: int = 30) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.features = features = some_of(allowed, self.chance)
        self.time = TrialTime(seed)
        self.told = self.chance.random() < 0.7
        drives = self.chance.randrange(3) if features.drives else 0
        files = self.chance.randrange(6, size + 1)
        source = synthetic_source(files, seed, drives=drives, drive_files=self.chance.randrange(4, 10))
        self.world = World(
            source,
            clock=WorldClock(self.time.epoch_ms),
            quirks=weather.quirks(self.chance, features),
        )
        self.emulator = Emulator(self.world, pages=weather.pages(self.chance))
        self.history = History(self.world, self.time, self.chance, features, told=self.told)
        self.topics = Topics()
        self.with_history = features.lists and self.chance.random() < 0.5
        self.config = {"refresh_token": "gAAAA", "page_size": self.chance.randrange(2, 8), **self._resources()}
        self.storming = False
        self._budget = 0
        self._batches_left = 0
        self._process: Process | None = None

    async def run(self) -> Outcome:
        """Go through it all."""
        async with self._served() as around:
            for _ in range(self.chance.randrange(1, 5)):
                await self._storm(around)
            await self._calm(around)
            return await self._reckon(around)

    @asynccontextmanager
    async def _served(self) -> AsyncIterator[Surroundings]:
        async with asyncio.timeout(DEADLINE_SECONDS), self.emulator.serve() as running, self._transport() as transport:
            with observe(self._answered):
                yield Surroundings(running.base_url, transport, self.time, self.topics, self.config, self._settings())

    def _transport(self) -> OrderedTransport:
        return OrderedTransport(random.Random(self.seed))

    def _settings(self) -> EngineSettings:
        return EngineSettings(
            progress_seconds=0.0,
            include_shared_drives=self.features.drives,
            scan_parallelism=self.chance.choice((1, 3, 8)),
            settle_seconds=SETTLE_SECONDS,
            comment_sweep_seconds=SWEEP_SECONDS,
        )

    def _resources(self) -> dict[str, list[str]]:
        """What the connection is told to read; everything, or what follows from changes."""
        everything = ["file", "permission", "revision", "comment"]
        return {"resources": everything, "backfill": everything} if self.with_history else {}

    # What goes on meanwhile.

    async def _storm(self, around: Surroundings) -> None:
        """The life of one process, among changes and troubles."""
        self.history.note("a process starts")
        self._batches_left = self.chance.choice((self.chance.randrange(1, 60), 10**9))
        self._process = Process(around, self.chance, self._batch_seen)
        self.storming = True
        for _ in range(self.chance.randrange(1, 5)):
            self._budget = self.chance.randrange(3, 12)
            self._wish(self._process, FIRST_WISHES)
            await self._process.idle()
            self._happen(self.chance.randrange(4))
            if self._process.is_dead:
                break
        self.storming = False
        await self._process.end()

    def _happen(self, times: int) -> None:
        for _ in range(times):
            self.history.happen()

    def _wish(self, process: Process, wishes: Sequence[str]) -> None:
        wish = self.chance.choice(wishes)
        self.history.note(f"trigger {wish}")
        process.send(wish, **({"folders": self._folders()} if wish == "resnapshot" else {}))

    def _folders(self) -> list[str]:
        """Two folders, of which one or the other may lie where the account does not see it."""
        items = [self.world.item_at(position) for position in range(self.world.next_position)]
        folders = [item.id for item in items if item is not None and item.is_folder] or ["root"]
        return self.chance.choices(folders, k=2)

    def _answered(self, _: Exchange) -> None:
        """Between two answers of Drive anything may happen."""
        if not self.storming or self._budget <= 0:
            return
        if self.chance.random() < 0.5:
            self._budget -= 1
            self.history.happen()
        if self.chance.random() < 0.25:
            made = weather.fault(self.chance, told=self.told, features=self.features)
            self.history.note(f"trouble ahead: {made}")
            self.emulator.state.faults.add([made])

    def _batch_seen(self) -> None:
        """At any batch the process may die, or something new be wanted."""
        if not self.storming or self._process is None:
            return
        self._batches_left -= 1
        if self._batches_left <= 0:
            self.history.note("the process is killed")
            self._process.die()
        elif self.chance.random() < 0.06:
            self._wish(self._process, WISHES)

    # The end.

    async def _calm(self, around: Surroundings) -> None:
        """No more changes, no more troubles; time for what waits.

        A full one is asked for where something is lost in silence, or the last one says that it is not complete.
        """
        self.emulator.state.faults.clear()
        self.history.note("it becomes quiet")
        process = Process(around, self.chance, lambda: None)
        process.send("resume")
        await process.idle()
        if not self.told or self._consumed()[0].incomplete:
            self.history.note("trigger full")
            process.send("full")
            await process.idle()
        for _ in range(QUIET_ROUNDS):
            self.time.advance(BETWEEN_ROUNDS_SECONDS)
            process.send("incremental")
            await process.idle()
        await process.end()

    async def _reckon(self, around: Surroundings) -> Outcome:
        consumer, order = self._consumed()
        async with aiohttp.ClientSession() as http:
            client = Client(http, around.base_url, self.history.me.email)
            seen = await seen_by(client, self.features)
            differences = [*order.backward, *differing_items(seen, consumer, frozenset(self.history.bumped))]
            if self.features.lists and self.told:  # a listing that is empty in silence may cost lists until they change
                real = await below(client, seen)
                differences += differing_lists(seen, real, consumer, history=self.with_history)
        return Outcome(self.seed, differences, self.history.done, len(self.topics.records), len(seen))

    def _consumed(self) -> tuple[Consumer, Order]:
        """What a consumer made of the records so far, and whether they were in order."""
        consumer, order = Consumer(), Order()
        for record in self.topics.records:
            envelope = json.loads(record.value)
            order.see(envelope)
            consumer.apply(envelope)
        return consumer, order


async def trial(seed: int, features: Features) -> Outcome:
    """Run one seed."""
    return await Trial(seed, features).run()
