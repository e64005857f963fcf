"""Queries of the Admin Directory: any text is a query or refused (facts D)."""

import hypothesis.strategies as st
from hypothesis import assume, given

from google_drive_emulator.grammar.directory_query import InvalidDirectoryQueryError, parse_directory_query

VALUES = {"email": "jane@example.com", "name": "Jane Doe"}
WORDS = st.sampled_from(["email", "name", "colour", ":", "=", "'", "*", " ", "jane", "Doe"])


@given(text=st.one_of(st.text(), st.lists(WORDS).map("".join)))
def test_any_text_is_a_query_or_refused(text: str) -> None:
    """And a query answers for any values."""
    try:
        clauses = parse_directory_query(text, VALUES)
    except InvalidDirectoryQueryError:
        return
    assert all(clause.holds(VALUES) in {True, False} for clause in clauses)


@given(name=st.text(alphabet=st.characters(exclude_characters="'*"), min_size=1), data=st.data())
def test_a_quoted_name_is_found_by_all_of_it_and_by_its_parts(name: str, data: st.DataObject) -> None:
    """Whatever is in it, and in whatever case."""
    start = data.draw(st.integers(0, len(name) - 1))
    part = name[start : data.draw(st.integers(start + 1, len(name)))]
    assume(part.casefold() in name.casefold())
    for text in (f"name='{name}'", f"name:'{part}'", f"name='{name[:start]}*'"):
        (clause,) = parse_directory_query(text, VALUES)
        assert clause.holds({"name": name})
