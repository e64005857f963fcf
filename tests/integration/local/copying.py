"""One-shot syncs of an emulated drive into a file, as the command makes them."""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.integration.local import world

from google_drive_emulator import Running
from google_drive_worker.client.observer import SILENT
from google_drive_worker.environment_credentials import CredentialSettings
from google_drive_worker.local_sync import LocalSync, Outcome, Wish
from google_drive_worker.quota.forecast import Forecast
from google_drive_worker.sinks.local.formats import storage_for
from google_drive_worker.sinks.local.progress import Progress

FILES = 400
PAGE = 50


@dataclass
class Copying:
    """Syncs one emulated drive into one file."""

    running: Running
    path: Path
    settings: CredentialSettings
    stop_after: int | None = None
    """Stop once so many items are written."""
    progress: Progress = field(default_factory=Progress)
    agrees: bool = True
    """What is answered when a backfill is foretold."""
    foretold: list[Forecast] = field(default_factory=list)

    async def sync(self, **wish: object) -> Outcome:
        """One run, as the command makes it."""
        self.progress, stop = Progress(), asyncio.Event()

        def moved() -> None:
            if self.stop_after is not None and self.progress.items >= self.stop_after:
                stop.set()

        asked = Wish(**{"connection_id": "local", **wish})  # type: ignore[arg-type] # a test's own keywords
        run = LocalSync(self.settings, asked, self.progress, moved=moved, observer=SILENT, agree=self._agree)
        return await run.run(storage_for(self.path, asked.connection_id), stop)

    async def _agree(self, told: Forecast) -> bool:
        self.foretold.append(told)
        return self.agrees

    async def ask(
        self, path: str, message: Mapping[str, object] | None = None, *, method: str | None = None
    ) -> world.Item:
        """The emulator's control API."""
        return await asyncio.to_thread(world.control, self.running.base_url, path, message, method=method)

    async def drive(self) -> dict[str, world.Item]:
        """The drive as it is."""
        return await asyncio.to_thread(world.drive, self.running.base_url)

    async def calls(self, method: str) -> int:
        """How often a method of Drive's was called."""
        answers: dict[str, int] = (await self.ask("requests"))["requests"].get(method, {})
        return sum(answers.values())

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """What a query finds in the file."""
        with closing(sqlite3.connect(self.path)) as database:
            return database.execute(statement).fetchall()
