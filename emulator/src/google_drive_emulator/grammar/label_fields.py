"""Labels in queries: an expression in, tests of the labels on items out (facts A4).

A field matches if any of its values does. Texts and addresses are compared without their case; numbers only with
numbers, also with such in quotes.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from google_drive_emulator.grammar.expressions import LabelField
from google_drive_emulator.world.items import Item, Label

_PREFIX = "labels/"
_FOLDED_KINDS = frozenset({"text", "user"})

_Compare: TypeAlias = Callable[[Any, Any], bool]  # both are of one type, as ``_value_test`` sees to
_ValueTest: TypeAlias = Callable[[str, str], bool]  # of a field's type and one of its values

_NUMERIC: Mapping[str, _Compare] = {
    "=": operator.eq,
    "!=": operator.eq,  # turned round when all values of an item were looked at
    "in": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TEXTUAL: Mapping[str, _Compare] = {
    **_NUMERIC,
    "contains": operator.contains,
    "starts with": lambda held, wanted: held.startswith(wanted),
}
_NEGATIVE = frozenset({"!=", "is null"})


def has_label_test(name: str) -> Callable[[Item], bool]:
    """Return a test for items with a label, named as ``labels/ID``."""
    return lambda item: any(_PREFIX + label.id == name for label in item.traits.labels)


def label_field_test(wanted: LabelField) -> Callable[[Item], bool]:
    """Return a test for items by a field of a label."""
    matches = _value_test(wanted)

    def test(item: Item) -> bool:
        return any(_has(label, wanted.field_id, matches) for label in item.traits.labels if label.id == wanted.label_id)

    return (lambda item: not test(item)) if wanted.operator in _NEGATIVE else test


def _has(label: Label, field_id: str, matches: _ValueTest) -> bool:
    return any(matches(kind, value) for name, kind, values in label.fields if name == field_id for value in values)


def _value_test(wanted: LabelField) -> _ValueTest:
    if wanted.value is None:
        return lambda _kind, _held: True
    number, text = _number(str(wanted.value)), str(wanted.value)
    numeric, textual = _NUMERIC.get(wanted.operator), _TEXTUAL[wanted.operator]

    def test(kind: str, held: str) -> bool:
        if kind == "integer":
            value = _number(held)
            return numeric is not None and number is not None and value is not None and numeric(value, number)
        return textual(_folded(kind, held), _folded(kind, text))

    return test


def _folded(kind: str, text: str) -> str:
    return text.casefold() if kind in _FOLDED_KINDS else text


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None
