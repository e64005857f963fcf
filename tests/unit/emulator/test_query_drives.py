"""The ``q`` of drives.list: its terms, and who may use them (facts A4)."""

import pytest

from google_drive_emulator.grammar.drive_query import DriveFacts, parse_drive_query
from google_drive_emulator.grammar.expressions import InvalidQueryError

PLANS = DriveFacts("Secret Plans", 1_600_000_000_000, 21, 2, org_unit_id="C03")
EMPTY = DriveFacts("plans", 1_500_000_000_000, 0, 0, is_hidden=True)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {PLANS, EMPTY}),
        ("name = 'PLANS'", {EMPTY}),
        ("name != 'plans'", {PLANS}),
        ("name contains 'plan'", {PLANS, EMPTY}),
        ("name contains 'secret' and memberCount >= 20", {PLANS}),
        ("memberCount > 1", {PLANS}),
        ("organizerCount = 0", {EMPTY}),
        ("createdTime > '2019-01-01T12:00:00' and (organizerCount > 5 or memberCount > 20)", {PLANS}),
        ("orgUnitId = 'C03'", {PLANS}),
        ("not orgUnitId = 'C03'", {EMPTY}),
        ("orgUnitId != 'C03'", {EMPTY}),
    ],
)
def test_an_administrator_asks_about_all_drives(query: str, expected: set[DriveFacts]) -> None:
    """These terms go with useDomainAdminAccess."""
    test = parse_drive_query(query, as_admin=True)
    assert {drive for drive in (PLANS, EMPTY) if test(drive)} == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {PLANS, EMPTY}),
        ("hidden = false", {PLANS}),
        ("hidden != false", {EMPTY}),
        ("name contains 'secret'", {PLANS}),
        ("name contains 'plans' and hidden = true", {EMPTY}),
    ],
)
def test_a_member_asks_about_names_and_what_is_hidden(query: str, expected: set[DriveFacts]) -> None:
    """Without useDomainAdminAccess there are two terms."""
    test = parse_drive_query(query, as_admin=False)
    assert {drive for drive in (PLANS, EMPTY) if test(drive)} == expected


@pytest.mark.parametrize(
    "query", ["memberCount > 1", "createdTime > '2019-01-01'", "organizerCount = 0", "orgUnitId = 'x'"]
)
def test_terms_of_administrators_are_refused_to_members(query: str) -> None:
    with pytest.raises(InvalidQueryError):
        parse_drive_query(f"name = 'a' or not ({query})", as_admin=False)


def test_what_is_hidden_is_no_concern_of_administrators() -> None:
    with pytest.raises(InvalidQueryError):
        parse_drive_query("hidden = false", as_admin=True)


@pytest.mark.parametrize(
    "query",
    [
        "trashed = false",
        "memberCount = '1'",
        "memberCount contains 1",
        "hidden",
        "'me' in owners",
        "labels/x.y is null",
        "name",
    ],
)
def test_terms_of_files_are_none_of_drives(query: str) -> None:
    """Whoever asks, a drive has six terms with their own operators."""
    for as_admin in (False, True):
        with pytest.raises(InvalidQueryError):
            parse_drive_query(query, as_admin=as_admin)
