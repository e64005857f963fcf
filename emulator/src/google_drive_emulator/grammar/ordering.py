"""``orderBy``: text in, a sort key over items out (facts A4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import total_ordering
from typing import TypeAlias

from google_drive_emulator.world.items import Item, User

KeyPart: TypeAlias = str | int
SortKey: TypeAlias = tuple["KeyPart | Descending", ...]


class UnknownSortKeyError(ValueError):
    """The text names a key that files cannot be sorted by."""


class DuplicateSortKeyError(ValueError):
    """The text names a key twice."""


@total_ordering
@dataclass(frozen=True, slots=True)
class Descending:
    """A part of a sort key that counts the other way round."""

    part: KeyPart

    def __lt__(self, other: "Descending") -> bool:
        return other.part < self.part  # type: ignore[operator]  # parts in the same place are of one type


@dataclass(frozen=True, slots=True)
class SortTerm:
    """One key of an ``orderBy``."""

    key: str
    descending: bool


def parse_order(text: str) -> tuple[SortTerm, ...]:
    """Parse ``orderBy``. Raises ``UnknownSortKeyError`` and ``DuplicateSortKeyError``; an empty text gives no terms."""
    terms = tuple(_term(part) for part in text.split(",")) if text.strip() else ()
    if len({term.key for term in terms}) < len(terms):
        raise DuplicateSortKeyError(text)
    return terms


def _term(text: str) -> SortTerm:
    words = text.split()
    if not words or words[0] not in _KEYS or words[1:] not in ([], ["desc"], ["asc"]):
        raise UnknownSortKeyError(text)
    return SortTerm(words[0], words[1:] == ["desc"])


def sort_key(terms: tuple[SortTerm, ...], user: User) -> Callable[[Item], SortKey]:
    """Compile terms into a function from an item to its sort key, as a user sees it."""
    parts = [(_KEYS[term.key], term.descending) for term in terms]

    def key(item: Item) -> SortKey:
        values = ((part(item, user), descending) for part, descending in parts)
        return tuple(Descending(value) if descending else value for value, descending in values)

    return key


def _natural(name: str) -> str:
    """Pad numbers, so that ``file 2`` comes before ``file 10``."""
    padded, digits = [], ""
    for character in name.casefold() + "\0":
        if character.isdecimal():
            digits += character
            continue
        padded.append(digits.zfill(20) if digits else "")
        padded.append(character)
        digits = ""
    return "".join(padded)


_KEYS: Mapping[str, Callable[[Item, User], KeyPart]] = {
    "createdTime": lambda item, _user: item.created_ms,
    "folder": lambda item, _user: 0 if item.is_folder else 1,
    "modifiedByMeTime": lambda item, user: item.modified_ms if item.modifier.email == user.email else 0,
    "modifiedTime": lambda item, _user: item.modified_ms,
    "name": lambda item, _user: item.name.casefold(),
    "name_natural": lambda item, _user: _natural(item.name),
    "quotaBytesUsed": lambda item, _user: item.size or 0,
    "recency": lambda item, _user: item.modified_ms,
    "sharedWithMeTime": lambda item, user: 0 if item.owner.email == user.email else item.created_ms,
    "starred": lambda item, _user: int(item.starred),
    "viewedByMeTime": lambda item, user: item.modified_ms if item.modifier.email == user.email else 0,
}
