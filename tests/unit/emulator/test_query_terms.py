"""What the terms of ``q`` mean, by example (facts A4)."""

import pytest
from tests.support.emulator.rich_world import DAY_MS, NOW_MS, items_of, rich_world

from google_drive_emulator.grammar.predicates import predicate
from google_drive_emulator.grammar.query import parse_query
from google_drive_emulator.grammar.words import prefix_test, wanted_words
from google_drive_emulator.world.items import User
from google_drive_emulator.world.timestamps import rfc3339

WORLD, PEOPLE = rich_world(files=0)


def names(query: str, user: User = PEOPLE.me) -> set[str]:
    """Return the names of all items that match a query for a user, seen or not."""
    expression = parse_query(query)
    assert expression is not None
    test = predicate(expression, WORLD.viewer(user))
    return {item.name for item in items_of(WORLD).values() if test(item)}


@pytest.mark.parametrize(
    ("name", "wanted", "expected"),
    [
        ("HelloWorld", "hello", True),
        ("HelloWorld", "World", False),
        ("Hello world", "wor hel", True),
        ("Hello world", "wor hex", False),
        ("my_report.PDF", "report", True),
        ("my_report.PDF", ".pdf", True),
        ("résumé-2024", "RÉSU 20", True),
        ("2024-06 Budget", "06", True),
        ("anything", "", True),
        ("Straße", "STRASSE", True),
    ],
)
def test_a_name_contains_the_beginnings_of_its_words(name: str, wanted: str, expected: bool) -> None:
    """Each word asked for must begin some word of the name; all but letters and digits only separates."""
    assert prefix_test(wanted)(name) == expected


@pytest.mark.parametrize(
    ("text", "search", "expected"),
    [
        ("HelloWorld", "HelloWorld", True),
        ("HelloWorld", "Hello", False),
        ("Hello there world", "world hello", True),
        ("Hello there world", '"Hello there"', True),
        ("Hello there world", '"Hello world"', False),
        ("Hello_world", '"Hello world"', True),
        ("Hello world", '"hello_world"', True),
        ("one two three", '"two three" one', True),
        ("one two three", '"three two"', False),
        ("two two three", '"two three"', True),
    ],
)
def test_a_search_for_text_wants_whole_words_and_phrases(text: str, search: str, expected: bool) -> None:
    """Words count as wholes, phrases in quotes in their order; an underscore is a space (facts A4)."""
    assert wanted_words(search).in_all([text]) == expected


def test_words_may_be_in_different_texts_of_an_item_but_a_phrase_in_one() -> None:
    assert wanted_words("alpha beta").in_all(["alpha", "beta"])
    assert not wanted_words('"alpha beta"').in_all(["alpha", "beta"])


def test_a_search_for_text_looks_at_all_that_is_text() -> None:
    """Name, description, indexable text, documents and text-like blobs are searched; other bytes are not."""
    assert names("fullText contains 'budget'") == {"budget 2024.txt", "HelloWorld plan", "Élan", "team budget"}
    assert names("fullText contains 'fox'") == {"budget 2024.txt", "O'Brien\\ (1)", "team budget"}
    assert names("fullText contains 'été größe'") == {"notes.json"}


def test_names_are_equal_whatever_their_case() -> None:
    assert names("name = 'éLAN'") == {"Élan"}
    assert names("name = 'o\\'brien\\\\ (1)'") == {"O'Brien\\ (1)"}


def test_parents_are_only_those_that_the_caller_may_see() -> None:
    """An item that is shared without its folder has no parents, and is in none for a query (facts A4)."""
    root = WORLD.root_id(PEOPLE.maria)
    assert "alone" in names(f"'{root}' in parents", PEOPLE.maria)
    assert "alone" not in names(f"'{root}' in parents", PEOPLE.me)


def test_root_is_the_callers_own() -> None:
    assert "alone" in names("'root' in parents", PEOPLE.maria)
    assert "alone" not in names("'root' in parents", PEOPLE.me)
    assert "tagged" in names("'root' in parents", PEOPLE.me)


def test_writers_are_readers_too_and_owners_are_both() -> None:
    """A stronger role implies the weaker ones."""
    mine = names("'me' in owners")
    assert mine
    assert mine <= names("'me' in writers") <= names("'me' in readers")
    assert "alone" in names("'me' in readers and not 'me' in writers")


def test_a_group_counts_by_its_own_address() -> None:
    """What a group was given is found by the group's address, not by those of its members."""
    shared = {"Maria's folder", "hers in hers", "mine in hers"}
    assert names("'team@example.com' in readers") == shared
    assert names("'TEAM@example.com' in writers") == set()
    assert "hers in hers" not in names("'me' in readers")


def test_grants_that_are_over_do_not_count() -> None:
    assert "over" not in names("'me' in readers")
    assert "later" in names("'me' in readers")


def test_members_of_a_drive_are_readers_of_what_is_in_it() -> None:
    assert names("'me' in writers and not 'me' in owners") >= {"Shared reports", "team budget"}


@pytest.mark.parametrize(
    ("visibility", "expected"),
    [
        ("anyoneCanFind", {"public"}),
        ("anyoneWithLink", {"by link"}),
        ("domainCanFind", {"in house"}),
        ("domainWithLink", {"house link"}),
    ],
)
def test_visibility_is_that_of_the_widest_grant(visibility: str, expected: set[str]) -> None:
    assert names(f"visibility = '{visibility}'") == expected
    assert not expected & names("visibility = 'limited'")


def test_shared_with_me_names_what_was_shared_itself() -> None:
    """What only lies in a shared folder is not shared with anybody by itself, nor is what a drive's members have."""
    shared = names("sharedWithMe")
    assert {"alone", "Maria's folder", "later", "by link"} <= shared
    assert not shared & {"hers in hers", "team budget", "tagged"}


def test_marks_are_the_callers_own() -> None:
    """Stars and views are each user's."""
    assert "Élan" in names("starred = true", PEOPLE.maria)
    assert names("starred = true", PEOPLE.stranger) == set()
    day_ago = rfc3339(NOW_MS - DAY_MS)
    assert "viewed" in names(f"viewedByMeTime > '{day_ago}'")
    assert "viewed" not in names(f"viewedByMeTime > '{day_ago}'", PEOPLE.maria)


def test_what_was_never_viewed_is_neither_before_nor_after_a_time() -> None:
    """Comparisons need a value; ``!=`` does not."""
    time = "'2020-01-01T00:00:00'"
    never = names(f"not viewedByMeTime > {time} and not viewedByMeTime <= {time}")
    assert "alone" in never
    assert "alone" in names(f"viewedByMeTime != {time}")


def test_properties_are_found_by_key_and_perhaps_value() -> None:
    assert names("properties has {key='state' and value='open'}") == {"tagged"}
    assert names("properties has {key='state' and value='shut'}") == set()
    assert names("appProperties has {key='state' and value='shut'}") == {"tagged"}
    assert names("properties has {key='size'}") == {"tagged"}
    assert names("properties has {key='size' and value=''}") == {"tagged"}


def test_shortcuts_are_found_by_their_target() -> None:
    target = next(item for item in items_of(WORLD).values() if item.name == "Élan")
    assert names(f"shortcutDetails.targetId = '{target.id}'") == {"link"}
    assert "link" not in names(f"shortcutDetails.targetId != '{target.id}'")


def test_labels_are_found_by_themselves() -> None:
    assert names("'labels/contract' in labels") == {"labelled", "drafted"}
    assert names("'labels/contract' in labels and not 'labels/other' in labels") == {"drafted"}
    assert names("'contract' in labels") == set()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("comment = 'hello THERE'", {"labelled"}),
        ("comment contains 'there'", {"labelled"}),
        ("comment starts with 'b'", {"drafted"}),
        ("value < 2000", {"drafted"}),
        ("value <= 2000", {"drafted", "labelled"}),
        ("value = '2000'", {"labelled"}),
        ("value > 'many'", set()),
        ("value contains '2'", set()),
        ("signed > '2024-01-01'", {"labelled"}),
        ("status = 'executed'", {"labelled"}),
        ("status = 'Executed'", set()),
        ("status is not null", {"labelled"}),
        ("nothing is not null", set()),
    ],
)
def test_label_fields_compare_by_their_type(condition: str, expected: set[str]) -> None:
    """Numbers as numbers, dates as dates, texts without their case, choices exactly."""
    assert names(f"labels/contract.{condition}") == expected


def test_a_field_of_many_values_is_asked_with_in() -> None:
    assert names("'USER02@example.com' in labels/contract.owners") == {"labelled"}
    assert "drafted" in names("not 'user02@example.com' in labels/contract.owners")


def test_not_equal_includes_what_has_no_value() -> None:
    assert {"drafted", "tagged"} <= names("labels/contract.status != 'executed'")
    assert "labelled" not in names("labels/contract.status != 'executed'")
