"""Follow-ups: what more is to be read of some items, kept in the state until it was.

In: items of a page, with the resources wanted of each. Out: patches. A change is emitted at once; the lists below its
item cost a hundred units a call, and are read later, at a lower priority, also by another process. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from google_drive_worker.schemas.state import FOLLOW_PREFIX, ConnectionState, FollowUp, corpus_part
from google_drive_worker.sync.patch import StalePatchError, open_corpus, with_corpus

MAX_ITEMS = 500
"""Of one list: a part of the state stays far below a message's limit."""


@dataclass(frozen=True, slots=True)
class AddFollowUps:
    """Have the items looked at: by id, the item's type and the resources wanted."""

    corpus: str
    snapshot_id: str
    items: Mapping[str, list[str]]

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Add lists of bounded length behind those there are."""
        corpus = open_corpus(state, self.corpus, self.snapshot_id)
        pairs = list(self.items.items())
        number = corpus.follow_ups
        for start in range(0, len(pairs), MAX_ITEMS):
            part = FollowUp(self.corpus, dict(pairs[start : start + MAX_ITEMS]))
            state = state.with_part(follow_part(self.corpus, number), part)
            number += 1
        return with_corpus(state, replace(corpus, follow_ups=number))


@dataclass(frozen=True, slots=True)
class FollowedUp:
    """Some items of a list were looked at."""

    name: str
    items: frozenset[str]

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Take them off the list, and an empty list away."""
        part = state.parts.get(self.name)
        if not isinstance(part, FollowUp):
            raise StalePatchError("the follow-ups were given up")
        left = {item: wanted for item, wanted in part.items.items() if item not in self.items}
        return state.with_part(self.name, replace(part, items=left)) if left else state.without_part(self.name)


@dataclass(frozen=True, slots=True)
class ForgetFollowUps:
    """Some items are no longer of the corpus: nothing more is to be read of them."""

    corpus: str
    items: frozenset[str]

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Take them off every list of the corpus."""
        for name, part in state.follow_ups.items():
            if part.corpus == self.corpus and not self.items.isdisjoint(part.items):
                state = FollowedUp(name, self.items).apply(state)
        return state


def follow_part(corpus: str, number: int) -> str:
    """The part name of a list of follow-ups; lists are worked off in the order of their names."""
    return f"{FOLLOW_PREFIX}{corpus_part(corpus).removeprefix('corpus:')}:{number:012d}"
