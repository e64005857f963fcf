"""What may happen next in a world: chance in, mutations out that the world may or may not allow.

Most of it concerns one account and three colleagues; the rest of the emulator's people are there to be shared with.
Kinds come with weights; which are left out follows from the features.
"""

import random
from collections.abc import Iterator

from tests.support.convergence.access_choices import AccessChoices, DriveChoices
from tests.support.convergence.features import Features
from tests.support.convergence.file_choices import FileChoices
from tests.support.convergence.talk import Choice, Mutation, TalkChoices

from google_drive_emulator import World


class Choices:
    """Chooses by a seeded chance, looking at the world as it is now."""

    def __init__(self, world: World, chance: random.Random, features: Features) -> None:
        self._chance = chance
        self._kinds, self._weights = zip(*_weighted(world, chance, features), strict=True)

    def next(self) -> Mutation | None:
        """Choose something; None when chance fell on what is not there."""
        choice: Choice = self._chance.choices(self._kinds, self._weights)[0]
        return choice()


def _weighted(world: World, chance: random.Random, features: Features) -> Iterator[tuple[Choice, int]]:
    yield from FileChoices(world, chance).weighted()
    yield from AccessChoices(world, chance).weighted()
    if features.drives:
        yield from DriveChoices(world, chance).weighted()
    if features.lists:
        yield from TalkChoices(world, chance).weighted()
