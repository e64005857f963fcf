"""``orderBy``: text in, an order of items out (facts A4).

An order gives each item a key; keys compare like the items. What an item lacks counts as the smallest.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import total_ordering
from typing import TypeAlias

from google_drive_emulator.world.items import Item
from google_drive_emulator.world.viewer import Viewer

KeyPart: TypeAlias = str | int
SortKey: TypeAlias = tuple["KeyPart | Descending", ...]
_Value: TypeAlias = Callable[[Item, Viewer], KeyPart]

_DIGITS = re.compile("[0-9]+")


class UnknownSortKeyError(ValueError):
    """The text names a key that files cannot be sorted by."""


class DuplicateSortKeyError(ValueError):
    """The text names a key twice."""


@total_ordering
@dataclass(frozen=True, slots=True)
class Descending:
    """A text in a sort key that counts the other way round."""

    text: str

    def __lt__(self, other: "Descending") -> bool:
        return other.text < self.text


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
    if not words or words[0] not in _VALUES or words[1:] not in ([], ["desc"], ["asc"]):
        raise UnknownSortKeyError(text)
    return SortTerm(words[0], words[1:] == ["desc"])


@dataclass(frozen=True, slots=True)
class Order:
    """An order of items by one value after the other; each with whether it descends."""

    values: Sequence[tuple[Callable[[Item], KeyPart], bool]]

    def key(self, item: Item) -> SortKey:
        """Return the key of an item."""
        return tuple([_directed(value(item), descending) for value, descending in self.values])

    def restored(self, plain: Sequence[KeyPart]) -> SortKey:
        """Return the key that ``plain_key`` was made of."""
        pairs = zip(plain, self.values, strict=True)
        return tuple(
            Descending(part) if descending and isinstance(part, str) else part for part, (_, descending) in pairs
        )


def plain_key(key: SortKey) -> tuple[KeyPart, ...]:
    """Return a key as texts and numbers alone, to be kept in a page token."""
    return tuple(part.text if isinstance(part, Descending) else part for part in key)


def order_of(terms: Sequence[SortTerm], viewer: Viewer) -> Order:
    """Return the order that terms describe, as a viewer sees the items."""
    return Order([(_bound(_VALUES[term.key], viewer), term.descending) for term in terms])


def _bound(value: _Value, viewer: Viewer) -> Callable[[Item], KeyPart]:
    return lambda item: value(item, viewer)


def _directed(value: KeyPart, descending: bool) -> KeyPart | Descending:
    if not descending:
        return value
    return Descending(value) if isinstance(value, str) else -value


def alphabetical(name: str) -> str:
    """Write a name so that it sorts without its case, and letters with accents beside those without."""
    return unicodedata.normalize("NFD", name.casefold())


def natural(name: str) -> str:
    """Write a name so that numbers in it sort by their value: ``file 2`` comes before ``file 10``."""
    return _DIGITS.sub(_by_value, alphabetical(name))


def _by_value(match: re.Match[str]) -> str:
    digits = match[0].lstrip("0")
    return f"{len(digits):06}{digits}"


def _recency(item: Item, viewer: Viewer) -> int:
    """Return the latest of an item's times, as Google describes it."""
    return max(item.created_ms, item.modified_ms, viewer.viewed_ms(item) or 0, viewer.shared_ms(item) or 0)


_VALUES: Mapping[str, _Value] = {
    "createdTime": lambda item, _viewer: item.created_ms,
    "folder": lambda item, _viewer: 0 if item.is_folder else 1,
    "modifiedByMeTime": lambda item, viewer: item.modified_ms if item.modifier is viewer.user else 0,
    "modifiedTime": lambda item, _viewer: item.modified_ms,
    "name": lambda item, _viewer: alphabetical(item.name),
    "name_natural": lambda item, _viewer: natural(item.name),
    "quotaBytesUsed": lambda item, _viewer: item.size or 0,
    "recency": _recency,
    "sharedWithMeTime": lambda item, viewer: viewer.shared_ms(item) or 0,
    "starred": lambda item, viewer: int(viewer.is_starred(item)),
    "viewedByMeTime": lambda item, viewer: viewer.viewed_ms(item) or 0,
}
