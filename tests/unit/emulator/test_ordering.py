"""``orderBy``: its keys and directions, and the order of names (facts A4)."""

import pytest
from tests.support.emulator.rich_world import DAY_MS, NOW_MS, items_of, rich_world

from google_drive_emulator.grammar.ordering import (
    DuplicateSortKeyError,
    SortTerm,
    UnknownSortKeyError,
    natural,
    order_of,
    parse_order,
    plain_key,
)
from google_drive_emulator.world.items import Item, User

WORLD, PEOPLE = rich_world(files=0)
KEYS = [
    "createdTime", "folder", "modifiedByMeTime", "modifiedTime", "name", "name_natural", "quotaBytesUsed", "recency",
    "sharedWithMeTime", "starred", "viewedByMeTime",
]  # fmt: skip


def item(name: str) -> Item:
    return next(item for item in items_of(WORLD).values() if item.name == name)


def sorted_names(order: str, *names: str, user: User = PEOPLE.me) -> list[str]:
    by = order_of(parse_order(order), WORLD.viewer(user))
    return [each.name for each in sorted((item(name) for name in names), key=by.key)]


@pytest.mark.parametrize("key", KEYS)
def test_every_key_goes_both_ways(key: str) -> None:
    """Each of the eleven keys may stand alone, with ``asc`` or with ``desc``."""
    assert parse_order(key) == parse_order(f" {key}  asc ") == (SortTerm(key, descending=False),)
    assert parse_order(f"{key} desc") == (SortTerm(key, descending=True),)
    up, down = (order_of(parse_order(text), WORLD.viewer(PEOPLE.me)).key for text in (key, f"{key} desc"))
    for one in items_of(WORLD).values():
        for other in items_of(WORLD).values():
            assert (up(one) < up(other)) == (down(one) > down(other))


def test_several_keys_come_in_their_order() -> None:
    assert parse_order("folder,modifiedTime desc, name") == (
        SortTerm("folder", descending=False),
        SortTerm("modifiedTime", descending=True),
        SortTerm("name", descending=False),
    )
    assert parse_order("") == parse_order("  ") == ()


@pytest.mark.parametrize("text", ["colour", "Name", "name,", ",", "name up", "name desc desc", "desc", "name;folder"])
def test_unknown_keys_are_refused(text: str) -> None:
    with pytest.raises(UnknownSortKeyError):
        parse_order(text)


@pytest.mark.parametrize("text", ["name,name", "name,folder,name desc"])
def test_a_key_may_come_once(text: str) -> None:
    with pytest.raises(DuplicateSortKeyError):
        parse_order(text)


def test_folders_come_first() -> None:
    assert sorted_names("folder,name", "tagged", "Old stuff", "drafted") == ["Old stuff", "drafted", "tagged"]
    assert sorted_names("folder desc", "Old stuff", "tagged") == ["tagged", "Old stuff"]


def test_names_sort_without_their_case() -> None:
    assert sorted_names("name", "tagged", "Old stuff", "older", "data.bin") == [
        "data.bin",
        "Old stuff",
        "older",
        "tagged",
    ]
    assert sorted_names("name desc", "tagged", "Old stuff", "older") == ["tagged", "older", "Old stuff"]


def test_natural_names_sort_numbers_by_value() -> None:
    """1, 2, 12, 22 rather than 1, 12, 2, 22; leading zeros add nothing."""
    expected = [
        "9", "10", "file", "File 1", "file 2", "file 2 part 9", "file 2 part 10", "file 2b", "file 010", "file 12",
        "file 22",
    ]  # fmt: skip
    assert sorted(sorted(expected), key=natural) == expected
    assert natural("a" + "1" * 5000) > natural("a" + "9" * 4999)


def test_recency_is_the_latest_of_all_times() -> None:
    """What was modified long ago but viewed just now is recent for who viewed it (as Google's reference says)."""
    old = item("viewed")
    assert old.modified_ms == NOW_MS - 2 * DAY_MS
    new = WORLD.create("new", modified_ms=NOW_MS - DAY_MS, created_ms=NOW_MS - 3 * DAY_MS)
    assert sorted_names("recency desc", old.name, new.name) == ["viewed", "new"]
    WORLD.delete(new.id)


def test_what_is_absent_is_the_smallest() -> None:
    """An item that was never viewed comes before all that were, and behind them in descending order."""
    assert sorted_names("viewedByMeTime", "viewed", "alone") == ["alone", "viewed"]
    assert sorted_names("sharedWithMeTime desc", "tagged", "alone") == ["alone", "tagged"]
    assert sorted_names("quotaBytesUsed", "budget 2024.txt", "Old stuff") == ["Old stuff", "budget 2024.txt"]


def test_stars_are_the_callers_own() -> None:
    assert sorted_names("starred desc", "tagged", "Élan") == ["Élan", "tagged"]
    assert sorted_names("starred desc", "tagged", "Élan", user=PEOPLE.stranger) == ["tagged", "Élan"]


@pytest.mark.parametrize("text", ["name", "name desc", "folder,name_natural desc,modifiedTime desc"])
def test_a_key_survives_a_page_token(text: str) -> None:
    """Made plain and restored, a key is the same."""
    order = order_of(parse_order(text), WORLD.viewer(PEOPLE.me))
    for each in items_of(WORLD).values():
        assert order.restored(plain_key(order.key(each))) == order.key(each)
