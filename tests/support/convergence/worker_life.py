"""One process of a worker, without Kafka: handlers' decisions, the runner and the engine as they are.

In: triggers as a control plane sends them. Out: what is committed to `Topics`. It may be killed at any batch; the next
process goes on from what was committed.
"""

import asyncio
import json
import random
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

from tests.support.convergence.commits import Topics, TrialOutlet
from tests.support.convergence.trial_time import TrialTime

from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.token_sources import RefreshTokenSource, TokenEndpoint
from google_drive_worker.client.transport import HttpTransport
from google_drive_worker.handlers import trigger as triggers
from google_drive_worker.handlers.decision import Apply
from google_drive_worker.schemas.state import JobState
from google_drive_worker.schemas.times import rfc3339
from google_drive_worker.schemas.trigger import InvalidMessageError, parse_trigger
from google_drive_worker.sync.engine import Engine
from google_drive_worker.sync.run import EngineSettings
from google_drive_worker.sync.runner import Runner

CONNECTION = "conn_1"
INTEGRATION = "google-drive"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What outlives a process."""

    base_url: str
    transport: HttpTransport
    time: TrialTime
    topics: Topics
    config: dict[str, Any]
    settings: EngineSettings


class InlineExecutor(Executor):
    """Does the work at once, so that a seed leads to the same course each time."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 # whoever waits for the future raises it
            done.set_exception(error)
        return done


class Process:
    """A worker from its start to its end. `seen` is called at every batch."""

    def __init__(self, around: Surroundings, chance: random.Random, seen: Callable[[], None]) -> None:
        around.topics.restore(CONNECTION)
        self._around = around
        self._outlet = TrialOutlet(around.topics, CONNECTION, chance, seen)
        timing = around.time.timing
        engine = Engine(around.settings, InlineExecutor(), timing)
        self._runner = Runner(engine, self._outlet, self._session, max_scans=2, timing=timing)
        self._errands: set[asyncio.Task[None]] = set()
        self._runner.wake(CONNECTION)

    @property
    def is_dead(self) -> bool:
        """Whether it was killed."""
        return self._outlet.closed

    def send(self, trigger_type: str, **fields: Any) -> None:
        """Handle a trigger, as the intake does."""
        message = {
            "integration_connection_id": CONNECTION,
            "trigger_type": trigger_type,
            "connection_config": self._around.config,
            **fields,
        }
        try:
            decision = triggers.decide(
                parse_trigger(json.dumps(message).encode()),
                self._around.topics.state,
                now=rfc3339(self._around.time.now()),
                traceparent=None,
                integration_id=INTEGRATION,
            )
        except InvalidMessageError:
            return  # a dead letter: of a folder that is not known yet
        if isinstance(decision, Apply) and not self.is_dead:
            self._outlet.apply(decision)
            self._follow(decision)

    async def idle(self) -> None:
        """Wait until nothing is left to do, or the process is dead."""
        while True:
            while self._errands:
                await asyncio.wait(self._errands)
            await self._runner.join(CONNECTION)
            if not self._errands:
                return

    def die(self) -> None:
        """Be killed."""
        self._outlet.die()

    async def end(self) -> None:
        """Let go of what runs in it."""
        await self._runner.stop()

    def _follow(self, decision: Apply) -> None:
        if not decision.interrupts:
            self._runner.wake(CONNECTION)
            return
        errand = asyncio.create_task(self._runner.interrupt(CONNECTION))
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)

    async def _session(self, _: str, __: JobState) -> DriveSession:
        around = self._around
        tokens = RefreshTokenSource(
            TokenEndpoint(around.transport, timing=around.time.timing),
            client_id="id",
            client_secret="hush",
            refresh_token="1//mine",
            token_uri=f"{around.base_url}/token",
        )
        return DriveSession(around.transport, tokens, timing=around.time.timing, base_url=around.base_url)
