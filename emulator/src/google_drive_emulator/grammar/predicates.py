"""Queries about files as tests: an expression and who asks in, a predicate over items out (facts A4).

``!=`` holds wherever ``=`` does not, also for items without a value; the other comparisons need one.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from google_drive_emulator.grammar.expressions import (
    Comparison,
    Expression,
    HasProperty,
    LabelField,
    Leaf,
    Membership,
    combined,
)
from google_drive_emulator.grammar.full_text import full_text_test
from google_drive_emulator.grammar.label_fields import has_label_test, label_field_test
from google_drive_emulator.grammar.tokens import VISIBILITIES
from google_drive_emulator.grammar.words import prefix_test
from google_drive_emulator.world.items import ROLES, WRITERS, Item, Permission, Role
from google_drive_emulator.world.viewer import Viewer

Predicate: TypeAlias = Callable[[Item], bool]
Compare: TypeAlias = Callable[[Any, Any], bool]  # what is compared is of one type, as the parser saw to

COMPARE: Mapping[str, Compare] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def predicate(expression: Expression, viewer: Viewer) -> Predicate:
    """Compile an expression into a function that tells whether an item matches, as the viewer sees it."""
    return combined(expression, lambda leaf: _leaf_test(leaf, viewer))


def _leaf_test(leaf: Leaf, viewer: Viewer) -> Predicate:
    match leaf:
        case Comparison(term, sign, value):
            return _COMPARISONS[term](sign, value, viewer)
        case Membership(value, collection):
            return _MEMBERSHIPS[collection](value, viewer)
        case HasProperty(collection, key, value):
            return _property_test(collection, key, value)
        case LabelField():
            return label_field_test(leaf)


# ── terms ────────────────────────────────────────────────────────────────────


def _name_test(sign: str, value: Any, _viewer: Viewer) -> Predicate:
    """``contains`` matches beginnings of words, ``=`` ignores case."""
    if sign == "contains":
        matches = prefix_test(value)
        return lambda item: matches(item.name)
    compare, folded = COMPARE[sign], value.casefold()
    return lambda item: compare(item.name.casefold(), folded)


def _mime_type_test(sign: str, value: Any, _viewer: Viewer) -> Predicate:
    if sign == "contains":
        return lambda item: value in item.mime_type
    compare = COMPARE[sign]
    return lambda item: compare(item.mime_type, value)


def _created_test(sign: str, value: Any, _viewer: Viewer) -> Predicate:
    compare = COMPARE[sign]
    return lambda item: compare(item.created_ms, value)


def _modified_test(sign: str, value: Any, _viewer: Viewer) -> Predicate:
    compare = COMPARE[sign]
    return lambda item: compare(item.modified_ms, value)


def _viewed_test(sign: str, value: Any, viewer: Viewer) -> Predicate:
    compare = COMPARE[sign]

    def test(item: Item) -> bool:
        viewed = viewer.viewed_ms(item)
        return sign == "!=" if viewed is None else compare(viewed, value)

    return test


def _trashed_test(sign: str, value: Any, _viewer: Viewer) -> Predicate:
    wanted = value == (sign == "=")
    return lambda item: item.trashed == wanted


def _starred_test(sign: str, value: Any, viewer: Viewer) -> Predicate:
    wanted = value == (sign == "=")
    return lambda item: viewer.is_starred(item) == wanted


def _shared_test(sign: str, value: Any, viewer: Viewer) -> Predicate:
    wanted = value == (sign == "=")
    return lambda item: (viewer.shared_ms(item) is not None) == wanted


def _visibility_test(sign: str, value: Any, viewer: Viewer) -> Predicate:
    compare = COMPARE[sign]
    return lambda item: compare(visibility(item, viewer), value)


def _target_test(sign: str, value: Any, _viewer: Viewer) -> Predicate:
    compare = COMPARE[sign]
    return lambda item: compare(None if item.target is None else item.target.id, value)


_COMPARISONS: Mapping[str, Callable[[str, Any, Viewer], Predicate]] = {
    "name": _name_test,
    "fullText": lambda _sign, value, _viewer: full_text_test(value),
    "mimeType": _mime_type_test,
    "createdTime": _created_test,
    "modifiedTime": _modified_test,
    "viewedByMeTime": _viewed_test,
    "trashed": _trashed_test,
    "starred": _starred_test,
    "sharedWithMe": _shared_test,
    "visibility": _visibility_test,
    "shortcutDetails.targetId": _target_test,
}


def visibility(item: Item, viewer: Viewer) -> str:
    """Return who can find an item: the widest of its grants counts."""
    kinds = {_breadth(grant) for grant in item.permissions if viewer.is_current(grant)}
    return next((each for each in VISIBILITIES if each in kinds), "limited")


def _breadth(grant: Permission) -> str:
    if grant.type not in {"anyone", "domain"}:
        return "limited"
    return grant.type + ("CanFind" if grant.allow_file_discovery else "WithLink")


# ── members ──────────────────────────────────────────────────────────────────


def _parent_test(value: str, viewer: Viewer) -> Predicate:
    """An item shared without its folder has no parents (facts A4)."""
    folder_id = viewer.root_id if value == "root" else value

    def test(item: Item) -> bool:
        return item.parent == folder_id and (item.owner is viewer.user or viewer.sees_folder(folder_id))

    return test


def _owner_test(value: str, viewer: Viewer) -> Predicate:
    address = _address(value, viewer)
    return lambda item: item.owner is not None and item.owner.email.lower() == address


def _grant_test(value: str, viewer: Viewer, roles: frozenset[Role]) -> Predicate:
    """Grants count by their own addresses: that of a group does not stand for those of its members."""
    address = _address(value, viewer)

    def test(item: Item) -> bool:
        return any(
            grant.role in roles
            and grant.view is None
            and grant.email is not None
            and grant.email.lower() == address
            and viewer.is_current(grant)
            for grant in item.permissions
        )

    return test


def _address(value: str, viewer: Viewer) -> str:
    return viewer.user.email.lower() if value == "me" else value.lower()


_MEMBERSHIPS: Mapping[str, Callable[[str, Viewer], Predicate]] = {
    "parents": _parent_test,
    "owners": _owner_test,
    "writers": lambda value, viewer: _grant_test(value, viewer, WRITERS),
    "readers": lambda value, viewer: _grant_test(value, viewer, frozenset(ROLES)),
    "labels": lambda value, _viewer: has_label_test(value),
}


def _property_test(collection: str, key: str, value: str | None) -> Predicate:
    is_public = collection == "properties"

    def test(item: Item) -> bool:
        pairs = item.traits.properties if is_public else item.traits.app_properties
        return any(name == key and (value is None or held == value) for name, held in pairs)

    return test
