"""The language of ``q``: what its texts mean, and what it refuses (facts A4)."""

import pytest

from google_drive_emulator.grammar.expressions import (
    And,
    Comparison,
    Expression,
    HasProperty,
    InvalidQueryError,
    LabelField,
    Membership,
    Not,
    Or,
    mentions,
)
from google_drive_emulator.grammar.query import parse_query

TRASHED = Comparison("trashed", "=", True)
STARRED = Comparison("starred", "=", True)
SHARED = Comparison("sharedWithMe", "=", True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name = 'a'", Comparison("name", "=", "a")),
        ("name!='a'", Comparison("name", "!=", "a")),
        ("name contains 'it\\'s \\\\ here'", Comparison("name", "contains", "it's \\ here")),
        ("name = '(a and b) or {c}'", Comparison("name", "=", "(a and b) or {c}")),
        ("fullText contains '\"a b\" c'", Comparison("fullText", "contains", '"a b" c')),
        ("mimeType contains 'image/'", Comparison("mimeType", "contains", "image/")),
        ("trashed=false", Comparison("trashed", "=", False)),
        ("starred != true", Comparison("starred", "!=", True)),
        ("sharedWithMe", SHARED),
        ("sharedWithMe = false", Comparison("sharedWithMe", "=", False)),
        ("visibility = 'domainWithLink'", Comparison("visibility", "=", "domainWithLink")),
        ("shortcutDetails.targetId = 'x'", Comparison("shortcutDetails.targetId", "=", "x")),
        ("'root' in parents", Membership("root", "parents")),
        ("'me' in owners", Membership("me", "owners")),
        ("'a@b.c' in writers", Membership("a@b.c", "writers")),
        ("'a@b.c' in readers", Membership("a@b.c", "readers")),
        ("'labels/x' in labels", Membership("labels/x", "labels")),
        ("properties has { key='a b' and value='c' }", HasProperty("properties", "a b", "c")),
        ("appProperties has {key='a'}", HasProperty("appProperties", "a", None)),
        ("labels/x-1.F_2 = 'v'", LabelField("x-1", "F_2", "=", "v")),
        ("labels/x.F < 2000", LabelField("x", "F", "<", 2000)),
        ("labels/x.F >= -5", LabelField("x", "F", ">=", -5)),
        ("labels/x.F IS NULL", LabelField("x", "F", "is null")),
        ("labels/x.F is not null", LabelField("x", "F", "is not null")),
        ("labels/x.F STARTS WITH 'v'", LabelField("x", "F", "starts with", "v")),
        ("labels/x.F contains 'v'", LabelField("x", "F", "contains", "v")),
        ("'v' IN labels/x.F", LabelField("x", "F", "in", "v")),
    ],
)
def test_a_term_is_read(text: str, expected: Expression) -> None:
    """Every term, operator and escape of the reference is understood, with and without spaces."""
    assert parse_query(text) == expected


@pytest.mark.parametrize(
    ("text", "epoch_ms"),
    [
        ("2012-06-04T12:00:00", 1_338_811_200_000),
        ("2012-06-04T12:00:00Z", 1_338_811_200_000),
        ("2012-06-04t12:00:00.5z", 1_338_811_200_500),
        ("2012-06-04T12:00:00-08:00", 1_338_840_000_000),
        ("2012-06-04T12:00:00.123456789+01:30", 1_338_805_800_123),
        ("2012-06-04", 1_338_768_000_000),
    ],
)
def test_a_time_is_rfc_3339_and_by_default_utc(text: str, epoch_ms: int) -> None:
    """A time may leave its zone out, which means UTC, or be a day's beginning."""
    assert parse_query(f"createdTime >= '{text}'") == Comparison("createdTime", ">=", epoch_ms)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("trashed=true or starred=true and sharedWithMe", Or((TRASHED, And((STARRED, SHARED))))),
        ("(trashed=true or starred=true) and sharedWithMe", And((Or((TRASHED, STARRED)), SHARED))),
        ("not trashed=true and starred=true", And((Not(TRASHED), STARRED))),
        ("not (trashed=true and starred=true)", Not(And((TRASHED, STARRED)))),
        ("not not sharedWithMe", Not(Not(SHARED))),
        ("not 'me' in owners", Not(Membership("me", "owners"))),
        ("trashed=true AND NOT starred=true Or sharedWithMe", Or((And((TRASHED, Not(STARRED))), SHARED))),
        ("((sharedWithMe))", SHARED),
    ],
)
def test_parts_are_joined_by_precedence(text: str, expected: Expression) -> None:
    """``not`` binds tightest, then ``and``; parentheses count before both."""
    assert parse_query(text) == expected


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_query_asks_for_nothing(text: str) -> None:
    assert parse_query(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "colour = 'red'",
        "Name = 'a'",
        "title = 'a'",
        "name",
        "name =",
        "name < 'a'",
        "name = a",
        'name = "a"',
        "name = 'a",
        "name = 'a' 'b'",
        "name = 'a' and",
        "and name = 'a'",
        "name = 'a' name = 'b'",
        "(name = 'a'",
        "name = 'a')",
        "()",
        "not",
        "fullText = 'a'",
        "fullText != 'a'",
        "mimeType < 'a'",
        "trashed = 'true'",
        "trashed = 1",
        "trashed",
        "trashed > true",
        "createdTime > 'yesterday'",
        "createdTime > 2020",
        "createdTime contains '2020'",
        "createdTime > '2020-13-01T00:00:00'",
        "createdTime > '2020-01-01T00:00'",
        "createdTime > '20200101T000000'",
        "createdTime > '0001-01-01T00:00:00+14:00' and",
        "visibility = 'everyone'",
        "visibility contains 'anyone'",
        "'me' in members",
        "'me' owners",
        "'me' not in owners",
        "parents in 'root'",
        "properties = 'a'",
        "properties has 'a'",
        "properties has {key='a', value='b'}",
        "properties has {value='b'}",
        "properties has {key='a' and value='b'",
        "name has {key='a'}",
        "labels/x = 'v'",
        "labels/x.F",
        "labels/x.F is 'null'",
        "labels/x.F = 1.5",
        "labels/x.F starts 'v'",
        "'labels/x' in labels/",
        "name = 'a' # comment",
        "name\u00a0= 'a'",
        "(" * 101 + "sharedWithMe" + ")" * 101,
        "not " * 101 + "sharedWithMe",
    ],
)
def test_what_is_no_query_is_refused(text: str) -> None:
    """Unknown terms, operators that a term lacks, and broken syntax are the one error."""
    with pytest.raises(InvalidQueryError):
        parse_query(text)


def test_many_alternatives_are_fine() -> None:
    """A query over hundreds of folders is long, not deep."""
    expression = parse_query(" or ".join(f"'{number}' in parents" for number in range(1000)))
    assert isinstance(expression, Or)
    assert len(expression.parts) == 1000


def test_terms_are_found_wherever_they_are() -> None:
    expression = parse_query("trashed = false and not (sharedWithMe or fullText contains 'a')")
    assert mentions(expression, "fullText")
    assert not mentions(expression, "name")
    assert not mentions(None, "name")
