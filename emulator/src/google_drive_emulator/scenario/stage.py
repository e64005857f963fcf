"""A world in the making: keys, addresses and moments of a scenario in, the ids, users and times they stand for out."""

from collections.abc import Iterator
from contextlib import contextmanager

from google_drive_emulator.scenario.format import Moment
from google_drive_emulator.scenario.moments import moment_ms
from google_drive_emulator.world.items import Item, User
from google_drive_emulator.world.world import MutationError, World


class ScenarioError(ValueError):
    """A scenario that cannot be; the message begins with the place in the file, like ``$.items[2].target``."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}")


class Stage:
    """The world that a scenario is built in. Its clock stands still and is set to when each thing happened."""

    def __init__(self, world: World, now_ms: int) -> None:
        self.world = world
        self.now_ms = now_ms
        self.ids: dict[str, str] = {}

    def moment(self, moment: Moment | None, default_ms: int, place: str) -> int:
        """Return a moment in epoch milliseconds. Raises ``ScenarioError``."""
        if moment is None:
            return default_ms
        try:
            return moment_ms(moment, self.now_ms)
        except ValueError as error:
            raise ScenarioError(place, str(error)) from None

    def go_to(self, moment_ms: int) -> None:
        """Make it a given moment now."""
        self.world.clock.set(moment_ms)

    def user(self, email: str, place: str) -> User:
        """Return a user by their address. Raises ``ScenarioError``."""
        user = self.world.user(email)
        if user is None:
            raise ScenarioError(place, f"there is no user {email!r}")
        return user

    def name(self, key: str | None, item_id: str, place: str) -> None:
        """Let a key stand for an id. Raises ``ScenarioError`` when it stands for another one already."""
        if key is None:
            return
        if key in self.ids:
            raise ScenarioError(f"{place}.key", f"there are two things with the key {key!r}")
        self.ids[key] = item_id

    def find(self, reference: str, place: str) -> Item:
        """Return what a reference stands for. Raises ``ScenarioError``."""
        item = self.world.stored(self.ids.get(reference, reference))
        if item is None:
            raise ScenarioError(place, f"there is nothing with the key or id {reference!r}")
        return item

    def folder_id(self, reference: str, place: str) -> str:
        """Return the id of a folder, a shared drive or, by its user, a My Drive. Raises ``ScenarioError``."""
        user = self.world.user(reference)
        if user is not None:
            return self.world.root_id(user)
        item = self.find(reference, place)
        if not item.is_folder:
            raise ScenarioError(place, f"{reference!r} is not a folder")
        return item.id

    @contextmanager
    def doing(self, place: str) -> Iterator[None]:
        """Say at which place of the scenario the world refused a change. Raises ``ScenarioError``."""
        try:
            yield
        except MutationError as error:
            raise ScenarioError(place, str(error)) from None
