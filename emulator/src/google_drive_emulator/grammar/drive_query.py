"""``q`` of drives.list: text in, a test of shared drives out (facts A4).

Most terms are for domain administrators only (``useDomainAdminAccess=true``), ``hidden`` is for all others; ``name`` is
for both, as the examples of Google's guide show.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from google_drive_emulator.grammar.expressions import (
    Comparison,
    Expression,
    InvalidQueryError,
    Leaf,
    combined,
    leaves,
)
from google_drive_emulator.grammar.predicates import COMPARE
from google_drive_emulator.grammar.query import EQUALITY, MATCHING, ORDERING, Term, Vocabulary, parse_query
from google_drive_emulator.grammar.words import prefix_test


@dataclass(frozen=True, slots=True)
class DriveFacts:
    """What can be asked of a shared drive; ``is_hidden`` is as the caller has it."""

    name: str
    created_ms: int
    member_count: int
    organizer_count: int
    is_hidden: bool = False
    org_unit_id: str | None = None


_DRIVES = Vocabulary(
    {
        "name": Term("text", MATCHING),
        "createdTime": Term("time", ORDERING),
        "memberCount": Term("number", ORDERING),
        "organizerCount": Term("number", ORDERING),
        "hidden": Term("flag", EQUALITY),
        "orgUnitId": Term("text", EQUALITY),
    }
)
_FOR_ALL = frozenset({"name"})
_FOR_MEMBERS = frozenset({"hidden"})
_VALUES: Mapping[str, Callable[[DriveFacts], Any]] = {
    "name": lambda drive: drive.name.casefold(),
    "createdTime": lambda drive: drive.created_ms,
    "memberCount": lambda drive: drive.member_count,
    "organizerCount": lambda drive: drive.organizer_count,
    "hidden": lambda drive: drive.is_hidden,
    "orgUnitId": lambda drive: drive.org_unit_id,
}


def parse_drive_query(text: str, *, as_admin: bool) -> Callable[[DriveFacts], bool]:
    """Return the test that a query of drives.list makes; an empty one lets all pass.

    ``as_admin`` is ``useDomainAdminAccess``. Raises ``InvalidQueryError``, also for terms that do not go with it.
    """
    expression = parse_query(text, _DRIVES)
    if expression is None:
        return lambda _drive: True
    _check_terms(expression, as_admin=as_admin)
    return combined(expression, _leaf_test)


def _check_terms(expression: Expression, *, as_admin: bool) -> None:
    for leaf in leaves(expression):
        if isinstance(leaf, Comparison) and leaf.term not in _FOR_ALL and (leaf.term in _FOR_MEMBERS) == as_admin:
            raise InvalidQueryError(f"{leaf.term} cannot be asked for with useDomainAdminAccess={as_admin}")


def _leaf_test(leaf: Leaf) -> Callable[[DriveFacts], bool]:
    if not isinstance(leaf, Comparison):
        raise InvalidQueryError("shared drives have nothing but terms")
    if leaf.operator == "contains":
        matches = prefix_test(str(leaf.value))
        return lambda drive: matches(drive.name)
    compare, value_of = COMPARE[leaf.operator], _VALUES[leaf.term]
    wanted = leaf.value.casefold() if leaf.term == "name" and isinstance(leaf.value, str) else leaf.value
    return lambda drive: compare(value_of(drive), wanted)
