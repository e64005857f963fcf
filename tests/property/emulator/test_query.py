"""Queries: the evaluator agrees with a plain oracle, and the plan never loses a match."""

from collections.abc import Callable
from contextlib import suppress

import hypothesis.strategies as st
from hypothesis import given, settings

from google_drive_emulator import synthetic_world
from google_drive_emulator.grammar.query import Asker, InvalidQueryError, parse_query, predicate
from google_drive_emulator.search.listing import Selection, list_page
from google_drive_emulator.search.plan import plan_of
from google_drive_emulator.world.items import FOLDER, Item
from google_drive_emulator.world.timestamps import rfc3339

WORLD = synthetic_world(files=500, seed=11)
ME = WORLD.users[0]
ROOT = WORLD.roots[ME.email].id
ITEMS = [item for position in range(500) if (item := WORLD.item_at(position)) is not None]
SOME = st.integers(0, 499).map(lambda place: ITEMS[place])

Oracle = Callable[[Item], bool]
Term = tuple[str, Oracle]


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def time_term(term: str, sign: str, item: Item) -> Term:
    moment = item.created_ms if term == "createdTime" else item.modified_ms

    def holds(other: Item) -> bool:
        value = other.created_ms if term == "createdTime" else other.modified_ms
        return {
            "<": value < moment,
            "<=": value <= moment,
            "=": value == moment,
            "!=": value != moment,
            ">": value > moment,
            ">=": value >= moment,
        }[sign]

    return f"{term} {sign} {quoted(rfc3339(moment))}", holds


def name_term(item: Item, sign: str) -> Term:
    same = sign == "="
    return f"name {sign} {quoted(item.name)}", lambda other: (other.name.casefold() == item.name.casefold()) == same


def mime_term(item: Item, sign: str) -> Term:
    same = sign == "="
    return f"mimeType {sign} {quoted(item.mime_type)}", lambda other: (other.mime_type == item.mime_type) == same


def flag_term(flag: bool) -> Term:
    return f"trashed = {str(flag).lower()}", lambda item: item.trashed == flag


def parent_term(folder_id: str) -> Term:
    wanted = ROOT if folder_id == "root" else folder_id
    return f"{quoted(folder_id)} in parents", lambda item: item.parent == wanted


def shared_term(text: str, wanted: bool) -> Term:
    return text, lambda item: (item.owner.email != ME.email) == wanted


TERMS: st.SearchStrategy[Term] = st.one_of(
    st.builds(
        time_term,
        st.sampled_from(["createdTime", "modifiedTime"]),
        st.sampled_from(["<", "<=", "=", "!=", ">", ">="]),
        SOME,
    ),
    st.builds(name_term, SOME, st.sampled_from(["=", "!="])),
    st.builds(mime_term, SOME, st.sampled_from(["=", "!="])),
    st.builds(flag_term, st.booleans()),
    st.builds(parent_term, st.sampled_from(["root", *(item.id for item in ITEMS if item.is_folder)])),
    st.sampled_from([shared_term("sharedWithMe", True), shared_term("sharedWithMe = false", False)]),
    st.just(("'me' in owners", lambda item: item.owner.email == ME.email)),
)


def joined(parts: list[Term], word: str) -> Term:
    text = f" {word} ".join(f"({part[0]})" for part in parts)
    combine = all if word == "and" else any
    return text, lambda item: combine(part[1](item) for part in parts)


QUERIES: st.SearchStrategy[Term] = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        st.builds(joined, st.lists(inner, min_size=1, max_size=3), st.sampled_from(["and", "or"])),
        inner.map(lambda part: (f"not ({part[0]})", lambda item: not part[1](item))),
    ),
    max_leaves=5,
)


def found(text: str) -> list[str]:
    """List all matches of a query in one page."""
    expression = parse_query(text)
    assert expression is not None
    selection = Selection(ME, plan_of(expression, ROOT), predicate(expression, Asker(ME, ROOT)))
    search = list_page(WORLD, selection, None, 1000)
    while True:
        try:
            next(search)
        except StopIteration as finished:
            return [item.id for _, item in finished.value.items]


@settings(deadline=None)
@given(query=QUERIES)
def test_a_query_finds_what_the_oracle_says(query: Term) -> None:
    """A listing finds exactly the items that a plain reading of its query accepts, whatever the plan cut away."""
    text, oracle = query
    assert found(text) == [item.id for item in ITEMS if oracle(item)]


@given(text=st.text(alphabet="namecontis=!<>'\\() andortrue", max_size=40))
def test_any_text_is_a_query_or_is_refused(text: str) -> None:
    """Parsing gives an expression or the one error, never anything else."""
    with suppress(InvalidQueryError):
        parse_query(text)


def test_a_prefix_of_any_word_is_contained_in_a_name() -> None:
    """``contains`` matches the beginning of a word and not its inside (facts A4)."""
    name = WORLD.create("Quarterly Überblick 2024.txt").name
    expression = parse_query("name contains 'über'")
    inside = parse_query("name contains 'blick'")
    assert expression is not None
    assert inside is not None
    item = next(item for item in [WORLD.item_at(500)] if item is not None and item.name == name)
    assert predicate(expression, Asker(ME, ROOT))(item)
    assert not predicate(inside, Asker(ME, ROOT))(item)
    WORLD.reset()


def test_a_query_for_folders_looks_at_folders_only() -> None:
    """The plan of a query for folders leaves the files out, so that a folder listing is cheap."""
    plan = plan_of(parse_query(f"mimeType = '{FOLDER}' and trashed = false"), ROOT)
    assert all(position % 12 == 0 for position in WORLD.positions(plan))
