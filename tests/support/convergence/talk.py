"""What people say about files, which the emulator's own list of mutations lacks.

In: chance, a world. Out: mutations, which are carried out as the emulator's own are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from tests.support.convergence.picks import Picks

from google_drive_emulator import World
from google_drive_emulator.world import commenting
from google_drive_emulator.world.account_mutations import user_at

ACTIONS: Sequence[commenting.ReplyAction | None] = (None, None, "resolve", "reopen")


class Mutation(Protocol):
    """Something that happens. `apply` raises `MutationError` where the world does not allow it."""

    def apply(self, world: World) -> str:
        """Let it happen."""
        ...


Choice = Callable[[], Mutation | None]


@dataclass(frozen=True, slots=True)
class Comment:
    """Say something about a file."""

    id: str
    content: str
    by: str

    def apply(self, world: World) -> str:
        return commenting.add_comment(world, self.id, user_at(world, self.by), self.content).id


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer a comment, or resolve or reopen it."""

    id: str
    comment: str
    content: str
    by: str
    action: commenting.ReplyAction | None = None

    def apply(self, world: World) -> str:
        author = user_at(world, self.by)
        return commenting.add_reply(world, self.id, self.comment, author, self.content, action=self.action).id


@dataclass(frozen=True, slots=True)
class Recant:
    """Delete a comment."""

    id: str
    comment: str

    def apply(self, world: World) -> str:
        commenting.delete_comment(world, self.id, self.comment)
        return self.comment


class TalkChoices(Picks):
    """Comments, replies, second thoughts."""

    def weighted(self) -> Iterator[tuple[Choice, int]]:
        """Each kind with its weight."""
        yield self._comment, 6
        yield self._reply, 5
        yield self._recant, 2

    def _comment(self) -> Mutation | None:
        item = self.item(lambda item: item.is_blob or item.is_document)
        return None if item is None else Comment(item.id, self.text(), self.somebody().email)

    def _commented(self) -> tuple[str, str] | None:
        item = self.item(lambda item: any(not each.is_deleted for each in self.world.comments.of(item.id)))
        if item is None:
            return None
        spoken = [each.id for each in self.world.comments.of(item.id) if not each.is_deleted]
        return item.id, self.chance.choice(spoken)

    def _reply(self) -> Mutation | None:
        found = self._commented()
        if found is None:
            return None
        action = self.chance.choice(ACTIONS)
        return Reply(*found, self.text(), self.somebody().email, action)

    def _recant(self) -> Mutation | None:
        found = self._commented()
        return None if found is None else Recant(*found)
