"""Whom and what a mutation is about: a world and chance in, people, items, folders, names and texts out."""

import random
from collections.abc import Callable, Sequence

from google_drive_emulator import World
from google_drive_emulator.world.grantees import roles_on
from google_drive_emulator.world.items import Item, User

COLLEAGUES = 3


class Picks:
    """Picks by a seeded chance, looking at the world as it is now. The first of the `people` is the account itself."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world = world
        self.chance = chance
        self.people: Sequence[User] = world.users[: COLLEAGUES + 1]

    def somebody(self) -> User:
        return self.people[0] if self.chance.random() < 0.5 else self.chance.choice(self.people)

    def colleague(self) -> User:
        return self.chance.choice(self.people[1:])

    def item(self, wanted: Callable[[Item], bool] = lambda _: True) -> Item | None:
        items = (self.world.item_at(position) for position in range(self.world.next_position))
        found = [item for item in items if item is not None and wanted(item)]
        return self.chance.choice(found) if found else None

    def folder_id(self, drive_id: str | None) -> str:
        """A folder in a drive or outside of drives; now and then its root."""
        folder = self.item(lambda item: item.is_folder and item.drive_id == drive_id)
        if folder is None or self.chance.random() < 0.25:
            return drive_id or self.world.root_id(self.somebody())
        return folder.id

    def place(self) -> str:
        """A folder anywhere."""
        drives = sorted(self.world.drives)
        return self.folder_id(self.chance.choice(drives) if drives and self.chance.random() < 0.35 else None)

    def drive_id(self) -> str | None:
        drives = sorted(self.world.drives)
        return self.chance.choice(drives) if drives else None

    def name(self) -> str:
        return f"{self.chance.choice(('Plan', 'Budget', 'Notizen', '写真', 'a/b', 'x'))} {self.chance.randrange(1000)}"

    def text(self) -> str:
        return "".join(self.chance.choices("abcdefgh \n", k=self.chance.randrange(60)))

    def role_on(self, item: Item) -> str:
        return self.chance.choice(sorted(roles_on(item)))

    def wide_role(self) -> str:
        return self.chance.choice(("reader", "commenter", "writer"))
