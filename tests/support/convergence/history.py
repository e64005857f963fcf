"""A random history of a world, one mutation at a time.

In: a seed. Out: a changed world, and what was done, for who has to read a failure. In a *told* history each effect that
the account can see is named by a log (see `sight`); what is not is taken back. An *untold* one knows no such
consideration, and is fair only if a listing follows it.
"""

import random
from dataclasses import dataclass, field

from tests.support.convergence.choices import Choices
from tests.support.convergence.features import Features
from tests.support.convergence.sight import bumped, sight, told, untold
from tests.support.convergence.talk import Mutation
from tests.support.convergence.trial_time import TrialTime

from google_drive_emulator import MutationError, World
from google_drive_emulator.world.items import User

MAX_TRIES = 8


@dataclass
class History:
    """Lets things happen. `bumped` are the items whose version is ahead of what any log told."""

    world: World
    time: TrialTime
    chance: random.Random
    features: Features
    told: bool
    done: list[str] = field(default_factory=list)
    bumped: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._choices = Choices(self.world, self.chance, self.features)

    @property
    def me(self) -> User:
        """The account that the engine works for."""
        return self.world.users[0]

    def note(self, what: str) -> None:
        """Write down what else happened at this point."""
        self.done.append(f"{self.time.seconds:9.1f}s {what}")

    def happen(self) -> None:
        """Let one thing happen, if any of a few that chance proposes may."""
        self.time.advance(self.chance.choice((0.001, 0.4, 7.0)))
        for _ in range(MAX_TRIES):
            mutation = self._choices.next()
            if mutation is not None and self._tried(mutation):
                self.note(f"{mutation}")
                return

    def _tried(self, mutation: Mutation) -> bool:
        before, held = sight(self.world, self.me, self.features), self.world.snapshot()
        try:
            mutation.apply(self.world)
        except MutationError:
            return False
        after = sight(self.world, self.me, self.features)
        if self.told and untold(self.world, self.me, before, after, self.features):
            self.world.rewind(held)
            return False
        named = told(self.world, self.me, before, after)
        self.bumped = (self.bumped | bumped(before, after)) - named
        return True
