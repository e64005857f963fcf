"""What a query says, as values: the parts that a parser finds and that predicates are made from (facts A4)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar


class InvalidQueryError(ValueError):
    """The text is not a query, or uses a term that is not known here."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``term operator value``; a time's value is in epoch milliseconds."""

    term: str
    operator: str
    value: str | int | bool


@dataclass(frozen=True, slots=True)
class Membership:
    """``'value' in collection``."""

    value: str
    collection: str


@dataclass(frozen=True, slots=True)
class HasProperty:
    """``collection has {key='…' and value='…'}``; without a value any will do."""

    collection: str
    key: str
    value: str | None


@dataclass(frozen=True, slots=True)
class LabelField:
    """``labels/ID.FIELD operator value``; ``is null`` and ``is not null`` have no value, ``in`` stands before it."""

    label_id: str
    field_id: str
    operator: str
    value: str | int | None = None


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a part."""

    part: "Expression"


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds."""

    parts: tuple["Expression", ...]


Leaf: TypeAlias = Comparison | Membership | HasProperty | LabelField
Expression: TypeAlias = Leaf | Not | And | Or

ThingT = TypeVar("ThingT")


def leaves(expression: Expression | None) -> Iterator[Leaf]:
    """Give all that an expression asks of an item, in the order of the text."""
    match expression:
        case None:
            return
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield expression


def mentions(expression: Expression | None, term: str) -> bool:
    """Tell whether a term is compared with anything anywhere in an expression."""
    return any(isinstance(leaf, Comparison) and leaf.term == term for leaf in leaves(expression))


def combined(expression: Expression, test_of: Callable[[Leaf], Callable[[ThingT], bool]]) -> Callable[[ThingT], bool]:
    """Make one test of an expression, given the tests of its leaves."""
    match expression:
        case Not(part):
            inner = combined(part, test_of)
            return lambda thing: not inner(thing)
        case And(parts):
            tests = [combined(part, test_of) for part in parts]
            return lambda thing: all(test(thing) for test in tests)
        case Or(parts):
            tests = [combined(part, test_of) for part in parts]
            return lambda thing: any(test(thing) for test in tests)
        case leaf:
            return test_of(leaf)
