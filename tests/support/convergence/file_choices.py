"""What may happen to files and folders: chance in, mutations out that the world may or may not allow."""

from collections.abc import Iterator

from tests.support.convergence.picks import Picks
from tests.support.convergence.talk import Choice, Mutation

from google_drive_emulator.world.items import DOCUMENT, FOLDER, SHORTCUT
from google_drive_emulator.world.mutations import (
    Create,
    Delete,
    Edit,
    Move,
    Rename,
    Restore,
    Star,
    Touch,
    Trash,
    View,
)


class FileChoices(Picks):
    """Making, changing, moving, trashing, deleting, looking."""

    def weighted(self) -> Iterator[tuple[Choice, int]]:
        """Each kind with its weight."""
        yield self._create, 12
        yield self._create_folder, 4
        yield self._create_shortcut, 1
        yield self._rename, 6
        yield self._touch, 3
        yield self._edit, 5
        yield self._move, 9
        yield self._trash, 4
        yield self._restore, 4
        yield self._delete, 6
        yield self._star, 2
        yield self._view, 2

    def _create(self) -> Mutation:
        kind = self.chance.choice(("text/plain", "text/plain", DOCUMENT, "image/png"))
        return Create(self.name(), kind, self.place(), self.text(), by=self.somebody().email)

    def _create_folder(self) -> Mutation:
        return Create(self.name(), FOLDER, self.place(), by=self.somebody().email)

    def _create_shortcut(self) -> Mutation | None:
        target = self.item(lambda item: not item.is_shortcut)
        if target is None:
            return None
        return Create(self.name(), SHORTCUT, self.place(), targetId=target.id, by=self.somebody().email)

    def _rename(self) -> Mutation | None:
        item = self.item()
        return None if item is None else Rename(item.id, self.name(), by=self.somebody().email)

    def _touch(self) -> Mutation | None:
        item = self.item()
        return None if item is None else Touch(item.id, by=self.somebody().email)

    def _edit(self) -> Mutation | None:
        item = self.item(lambda item: item.size is not None)
        return None if item is None else Edit(item.id, self.text(), by=self.somebody().email)

    def _move(self) -> Mutation | None:
        """Within My Drives or within one drive."""
        item = self.item()
        return None if item is None else Move(item.id, self.folder_id(item.drive_id), by=self.somebody().email)

    def _trash(self) -> Mutation | None:
        item = self.item(lambda item: not item.trashed)
        return None if item is None else Trash(item.id, by=self.somebody().email)

    def _restore(self) -> Mutation | None:
        item = self.item(lambda item: item.explicitly_trashed)
        return None if item is None else Restore(item.id, by=self.somebody().email)

    def _delete(self) -> Mutation | None:
        item = self.item(lambda item: not item.is_folder or self.chance.random() < 0.3)
        return None if item is None else Delete(item.id, by=self.somebody().email)

    def _star(self) -> Mutation | None:
        item = self.item()
        return None if item is None else Star(item.id, self.chance.random() < 0.7, by=self.somebody().email)

    def _view(self) -> Mutation | None:
        item = self.item()
        return None if item is None else View(item.id, by=self.somebody().email)
