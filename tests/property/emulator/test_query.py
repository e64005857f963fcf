"""Queries: what a listing finds is what a plain reading of the rendered files accepts, whoever looks."""

from collections.abc import Sequence
from contextlib import suppress

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from tests.support.emulator.listings import whole_listing
from tests.support.emulator.query_oracle import Oracle
from tests.support.emulator.rich_world import NOW_MS, items_of, rich_world

from google_drive_emulator.grammar.drive_query import parse_drive_query
from google_drive_emulator.grammar.expressions import InvalidQueryError
from google_drive_emulator.grammar.predicates import predicate
from google_drive_emulator.grammar.query import parse_query
from google_drive_emulator.search.listing import Selection
from google_drive_emulator.search.matches import Matches
from google_drive_emulator.search.plan import plan_of
from google_drive_emulator.world.items import User
from google_drive_emulator.world.timestamps import rfc3339

WORLD, PEOPLE = rich_world()
ITEMS = items_of(WORLD)
EVERYONE = [PEOPLE.me, PEOPLE.maria, PEOPLE.stranger]
MOMENTS = sorted({moment for item in ITEMS.values() for moment in (item.created_ms, item.modified_ms)} | {NOW_MS})
ORDER_SIGNS = st.sampled_from(["<", "<=", "=", "!=", ">", ">="])
EQUALITY = st.sampled_from(["=", "!="])
FLAG = st.sampled_from(["true", "false"])
LABEL_FIELDS = [f"labels/contract.{name}" for name in ("comment", "value", "signed", "status", "owners", "nothing")]
LABEL_VALUES = [
    "'hello there'", "'hell'", "'HELLO'", "2000", "-5", "'1999'", "'2024-06-23'", "'executed'", "'USER01@example.com'",
]  # fmt: skip
SEARCHES = [
    "budget", "the quick", '"quick brown"', '"brown quick"', '"quick_brown" fox', "Hello", "HelloWorld", "world hello",
    "été", "größe", 'fox "', "", "--", "elan", "élan", "Q", '"about the budget" helloworld',
]  # fmt: skip
NAME_PARTS = ["hello", "world", "QUARTERLY", "reports", "budget 2024", "txt", "o'b", "élan", "O", "", "é", "20", "_"]


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def pieces(text: str) -> Sequence[str]:
    """Return a name and beginnings of it, in other cases too."""
    return [text, text.upper(), text[:3], text[2:6]]


def leaf(term: str, sign: st.SearchStrategy[str], value: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda sign, value: f"{term} {sign} {value}", sign, value)


def time_leaf(term: str) -> st.SearchStrategy[str]:
    moment = st.builds(lambda ms, step: quoted(rfc3339(ms + step)), st.sampled_from(MOMENTS), st.integers(-1, 1))
    return leaf(term, ORDER_SIGNS, moment)


def member_leaf(collection: str, values: Sequence[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(values).map(lambda value: f"{quoted(value)} in {collection}")


def joined(parts: Sequence[str], word: str) -> str:
    return f" {word} ".join(f"({part})" for part in parts)


FOLDERS = [item.id for item in ITEMS.values() if item.is_folder]
TARGETS = [item.target.id for item in ITEMS.values() if item.target is not None]
ADDRESSES = ["me", *(user.email for user in EVERYONE), PEOPLE.team.email, PEOPLE.maria.email.upper(), "no@body"]
NAMES = st.sampled_from([quoted(piece) for item in ITEMS.values() for piece in pieces(item.name)])
TYPES = st.sampled_from(sorted({quoted(item.mime_type) for item in ITEMS.values()}))
VISIBILITIES = ["anyoneCanFind", "anyoneWithLink", "domainCanFind", "domainWithLink", "limited"]
LEAVES = st.one_of(
    leaf("name", st.sampled_from(["contains", "=", "!="]), NAMES),
    leaf("name", st.just("contains"), st.sampled_from(NAME_PARTS).map(quoted)),
    leaf("fullText", st.just("contains"), st.sampled_from(SEARCHES).map(quoted)),
    leaf("mimeType", st.sampled_from(["contains", "=", "!="]), TYPES),
    leaf("mimeType", st.just("contains"), st.sampled_from(["'image/'", "'google-apps'", "'x'"])),
    time_leaf("createdTime"),
    time_leaf("modifiedTime"),
    time_leaf("viewedByMeTime"),
    leaf("trashed", EQUALITY, FLAG),
    leaf("starred", EQUALITY, FLAG),
    leaf("sharedWithMe", EQUALITY, FLAG),
    st.just("sharedWithMe"),
    leaf("visibility", EQUALITY, st.sampled_from(VISIBILITIES).map(quoted)),
    leaf("shortcutDetails.targetId", EQUALITY, st.sampled_from([*TARGETS, "none"]).map(quoted)),
    member_leaf("parents", ["root", "nowhere", *FOLDERS, *WORLD.drives]),
    member_leaf("owners", ADDRESSES),
    member_leaf("writers", ADDRESSES),
    member_leaf("readers", ADDRESSES),
    member_leaf("labels", ["labels/contract", "labels/other", "contract", "labels/none"]),
    leaf("properties has { key='state'", st.just("and"), st.sampled_from(["value='open' }", "value='shut' }"])),
    st.sampled_from(["properties has {key='size'}", "appProperties has {key='state'}", "properties has {key='x'}"]),
    st.builds("{} {} {}".format, st.sampled_from(LABEL_FIELDS), ORDER_SIGNS, st.sampled_from(LABEL_VALUES)),
    st.builds("{} {}".format, st.sampled_from(LABEL_FIELDS), st.sampled_from(["is null", "IS NOT NULL"])),
    st.builds("{} STARTS WITH {}".format, st.sampled_from(LABEL_FIELDS), st.sampled_from(["'hell'", "'2'", "'EXEC'"])),
    st.builds("{} contains {}".format, st.sampled_from(LABEL_FIELDS), st.sampled_from(["'THERE'", "'2'", "'cut'"])),
    st.builds("{1} in {0}".format, st.sampled_from(LABEL_FIELDS), st.sampled_from(["'user02@example.com'", "'2000'"])),
)
QUERIES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(joined, st.lists(inner, min_size=2, max_size=3), st.sampled_from(["and", "or"])),
        inner.map(lambda part: f"not ({part})"),
    ),
    max_leaves=4,
)


def found(text: str, user: User) -> list[int]:
    """List all matches of a query, whatever may be seen, in the way of files.list."""
    expression, viewer = parse_query(text), WORLD.viewer(user)
    assert expression is not None
    plan = plan_of(expression, viewer.root_id)
    return whole_listing(WORLD, Selection(plan, predicate(expression, viewer), Matches()), 1000)


@settings(deadline=None, max_examples=200)
@given(query=QUERIES, user=st.sampled_from(EVERYONE))
def test_a_query_finds_what_the_rendered_files_say(query: str, user: User) -> None:
    """A listing finds exactly the items that a plain reading of their JSON accepts, whatever the plan cut away."""
    expression, oracle = parse_query(query), Oracle(WORLD, user)
    assert expression is not None
    assert found(query, user) == [place for place, item in ITEMS.items() if oracle.answer(expression, item)]


SAMPLES = [
    "name contains 'budget'",
    "name = 'tagged'",
    "fullText contains 'fox'",
    "mimeType contains 'text/'",
    "trashed = true",
    "starred = true",
    "sharedWithMe",
    "visibility = 'domainCanFind'",
    "visibility = 'anyoneWithLink'",
    f"shortcutDetails.targetId = '{TARGETS[-1]}'",
    "viewedByMeTime > '2000-01-01T00:00:00'",
    "createdTime > '2020-01-01'",
    "modifiedTime < '2020-01-01'",
    "'root' in parents",
    "'me' in owners",
    "'me' in writers",
    "'team@example.com' in readers",
    "'labels/other' in labels",
    "labels/contract.value >= 2000",
    "properties has {key='state' and value='open'}",
    "appProperties has {key='state'}",
]


@pytest.mark.parametrize("query", SAMPLES)
def test_every_term_tells_items_apart(query: str) -> None:
    """The world has items that match each term and items that do not, so that agreement about them means something."""
    assert 0 < len(found(query, PEOPLE.me)) < len(ITEMS)


WORDS = [
    "name", "trashed", "sharedWithMe", "labels/a.b", "labels", "parents", "properties", "and", "or", "not", "in", "has",
    "is", "null", "starts", "with", "contains", "true", "=", "!=", "<", "(", ")", "{", "}", "'x'", "'2020-01-01'", "12",
    "key", "value", "visibility", "hidden", "memberCount", "'", "\\",
]  # fmt: skip
NEARLY = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))


@given(text=NEARLY)
def test_any_text_is_a_query_or_is_refused(text: str) -> None:
    """Parsing gives an expression that can be asked about any item or the one error, never anything else."""
    with suppress(InvalidQueryError):
        expression = parse_query(text)
        if expression is not None:
            test = predicate(expression, WORLD.viewer(PEOPLE.me))
            assert {test(item) for item in ITEMS.values()} <= {True, False}


@given(text=NEARLY, as_admin=st.booleans())
def test_any_text_is_a_query_for_drives_or_is_refused(text: str, as_admin: bool) -> None:
    """The same holds for what shared drives are searched by."""
    with suppress(InvalidQueryError):
        parse_drive_query(text, as_admin=as_admin)


@given(text=st.text(), other=st.text())
def test_any_text_can_be_quoted(text: str, other: str) -> None:
    """With backslashes before quotes and backslashes every text can be asked for."""
    assert found(f"name = {quoted(text)}", PEOPLE.me) == [
        place for place, item in ITEMS.items() if item.name.casefold() == text.casefold()
    ]
    assert parse_query(f"name = {quoted(text)}") == parse_query(f"name={quoted(text)} ")
    assert (parse_query(f"name = {quoted(text)}") == parse_query(f"name = {quoted(other)}")) == (text == other)


@settings(deadline=None)
@given(folders=st.lists(st.sampled_from([*FOLDERS, "nowhere"]), min_size=1, max_size=5))
def test_asking_for_many_parents_looks_only_at_their_children(folders: list[str]) -> None:
    """The plan of a query for children of any of several folders has just those children as candidates."""
    plan = plan_of(parse_query(" or ".join(f"{quoted(folder)} in parents" for folder in folders)), "root")
    children = {position for folder in folders for position in WORLD.children(folder)}
    assert list(WORLD.positions(plan)) == sorted(children)


def test_a_query_for_folders_looks_at_few_other_items() -> None:
    """The plan of a query for folders leaves the original files out, so that a folder listing is cheap."""
    plan = plan_of(parse_query("mimeType = 'application/vnd.google-apps.folder' and trashed = false"), "root")
    originals = [position for position in WORLD.positions(plan) if WORLD.is_pristine(position)]
    assert all(ITEMS[position].is_folder for position in originals)
