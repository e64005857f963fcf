"""The emulated world: a source of items and mutations in, the drives' present state and their change logs out.

Mutations are methods, on items (``editing``), on who may see them (``sharing``), on accounts and shared drives
(``hosting``). Each one checks only what the structure of a drive demands, writes the logs of all who could see the item
before or can see it after, and tells the listeners what happened. Whether a caller may do it is the routes' business.
"""

from google_drive_emulator.world.accounts import Accounts
from google_drive_emulator.world.changelog import ChangeLog
from google_drive_emulator.world.clock import WorldClock
from google_drive_emulator.world.editing import Editing
from google_drive_emulator.world.holdings import Holdings
from google_drive_emulator.world.hosting import Hosting
from google_drive_emulator.world.items import Source
from google_drive_emulator.world.policy import SharingPolicy
from google_drive_emulator.world.present import Present
from google_drive_emulator.world.quirks import Quirks
from google_drive_emulator.world.sharing import Sharing
from google_drive_emulator.world.storing import MutationError

__all__ = ["MutationError", "World"]


class World(Editing, Sharing, Hosting):
    """One emulated Google: accounts, their drives, and a change log for each account and shared drive.

    ``quirks`` and ``policy`` may be replaced at any time; they are settings and no part of snapshots.
    """

    def __init__(self, source: Source, *, clock: WorldClock | None = None, quirks: Quirks | None = None) -> None:
        now = Present(Accounts(source.users, source.groups), Holdings(source), len(source) + 1)
        super().__init__(now, clock or WorldClock(), quirks or Quirks())
        self.policy = SharingPolicy()
        for user in source.users:
            self._open_account(user, source.root_id(user))
        for each in source.drives:
            self._open_drive(each.drive, each.maker, each.members)
        self._origin = self._now.copy(0)
        self._generations = 0

    def snapshot(self) -> Present:
        """Return all that the world is now, to be given to ``rewind`` later, any number of times."""
        self._generations += 1
        return self._now.copy(self._generations)

    def rewind(self, snapshot: Present) -> None:
        """Return to a snapshot: items, accounts, logs and all, but not the clock."""
        self._generations += 1
        self._now = snapshot.copy(self._generations)
        self._viewers.clear()

    def keep(self) -> None:
        """Make the present state the one that ``reset`` returns to."""
        self._origin = self.snapshot()

    def begin_here(self) -> None:
        """Make the present the beginning: no change log tells of what was before, and ``reset`` returns here.

        The record of activities stays, in the order of their times.
        """
        self._now.logs = {key: ChangeLog() for key in self._now.logs}
        self._now.activity.put_in_order()
        self.keep()

    def become(self, other: "World") -> None:
        """Be what another world is now and return there on ``reset``; clock, settings and listeners stay."""
        self.rewind(other.snapshot())
        self.keep()

    def reset(self) -> None:
        """Forget all mutations and changes: the world is as it was at the start."""
        self.rewind(self._origin)
