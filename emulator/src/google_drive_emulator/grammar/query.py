"""``q``: text in, an expression tree and a predicate over items out (facts A4).

Terms: ``name`` (contains, =, !=), ``mimeType`` (contains, =, !=), ``modifiedTime`` and ``createdTime`` (all
comparisons), ``trashed`` and ``sharedWithMe`` (=, !=; the latter may stand alone), ``'…' in parents`` and
``'…' in owners``; joined by ``and``, ``or``, ``not`` and parentheses. Google documents no precedence;
here ``not`` binds tightest, then ``and``.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from google_drive_emulator.world.items import Item, User
from google_drive_emulator.world.timestamps import parse_rfc3339

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^'\\]|\\.)*')|(?P<operator><=|>=|!=|=|<|>)|(?P<bracket>[()])|(?P<word>[A-Za-z]+))",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_MAX_DEPTH = 100

_EQUALITY = frozenset({"=", "!="})
_ORDER = frozenset({"<", "<=", "=", "!=", ">", ">="})
_OPERATORS: Mapping[str, frozenset[str]] = {
    "name": _EQUALITY | {"contains"},
    "mimeType": _EQUALITY | {"contains"},
    "modifiedTime": _ORDER,
    "createdTime": _ORDER,
    "trashed": _EQUALITY,
    "sharedWithMe": _EQUALITY,
}
_TIMES = frozenset({"modifiedTime", "createdTime"})
_FLAGS = frozenset({"trashed", "sharedWithMe"})
_COLLECTIONS = frozenset({"parents", "owners"})


class InvalidQueryError(ValueError):
    """The text is not a query, or uses a term that is not known here."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``term operator value``; a time's value is in epoch milliseconds."""

    term: str
    operator: str
    value: str | int | bool


@dataclass(frozen=True, slots=True)
class Membership:
    """``'value' in collection``."""

    value: str
    collection: str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a part."""

    part: "Expression"


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds."""

    parts: tuple["Expression", ...]


Expression: TypeAlias = Comparison | Membership | Not | And | Or
Predicate: TypeAlias = Callable[[Item], bool]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: what ``me`` and ``root`` stand for, and which folders can be seen."""

    user: User
    root_id: str


def parse_query(text: str) -> Expression | None:
    """Parse a query; an empty one gives None. Raises ``InvalidQueryError``."""
    tokens = _tokens(text)
    if not tokens:
        return None
    parser = _Parser(tokens)
    expression = parser.alternatives()
    parser.expect_end()
    return expression


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def _tokens(text: str) -> list[_Token]:
    tokens, place, end = [], 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            raise InvalidQueryError(f"nothing is known that starts like {text[place : place + 20]!r}")
        kind = str(match.lastgroup)
        tokens.append(_Token(kind, match[kind]))
        place = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0

    def alternatives(self) -> Expression:
        parts = [self._conjunction()]
        while self._accept("or"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def expect_end(self) -> None:
        if self._next < len(self._tokens):
            raise InvalidQueryError(f"nothing was expected after {self._tokens[self._next - 1].text!r}")

    def _conjunction(self) -> Expression:
        parts = [self._negation()]
        while self._accept("and"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _negation(self) -> Expression:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise InvalidQueryError("the query is nested too deeply")
        found = self._term()
        self._depth -= 1
        return found

    def _term(self) -> Expression:
        if self._accept("not"):
            return Not(self._negation())
        if self._accept("("):
            inner = self.alternatives()
            if not self._accept(")"):
                raise InvalidQueryError("a parenthesis is not closed")
            return inner
        token = self._take()
        if token.kind == "string":
            return self._membership(_unquote(token.text))
        return self._comparison(token.text)

    def _membership(self, value: str) -> Expression:
        collection = self._take().text if self._accept("in") else ""
        if collection not in _COLLECTIONS:
            raise InvalidQueryError(f"{value!r} must be followed by 'in parents' or 'in owners'")
        return Membership(value, collection)

    def _comparison(self, term: str) -> Expression:
        operators = _OPERATORS.get(term)
        if operators is None:
            raise InvalidQueryError(f"the term {term!r} is not known")
        if term == "sharedWithMe" and not self._at_operator():
            return Comparison(term, "=", True)
        sign = self._take().text
        if sign not in operators:
            raise InvalidQueryError(f"{term} cannot be compared with {sign!r}")
        return Comparison(term, sign, _value(term, self._take()))

    def _at_operator(self) -> bool:
        return self._next < len(self._tokens) and self._tokens[self._next].kind == "operator"

    def _take(self) -> _Token:
        if self._next >= len(self._tokens):
            raise InvalidQueryError("the query ends too early")
        self._next += 1
        return self._tokens[self._next - 1]

    def _accept(self, text: str) -> bool:
        found = self._next < len(self._tokens) and self._tokens[self._next].text == text
        self._next += found
        return found


def _unquote(text: str) -> str:
    return _ESCAPE.sub(r"\1", text[1:-1])


def _value(term: str, token: _Token) -> str | int | bool:
    if term in _FLAGS:
        if token.text not in {"true", "false"}:
            raise InvalidQueryError(f"{term} is true or false, not {token.text!r}")
        return token.text == "true"
    if token.kind != "string":
        raise InvalidQueryError(f"{term} is compared with a text in single quotes, not {token.text!r}")
    text = _unquote(token.text)
    if term not in _TIMES:
        return text
    try:
        return parse_rfc3339(text)
    except (ValueError, OverflowError):
        raise InvalidQueryError(f"{term} is compared with an RFC 3339 time, not {text!r}") from None


_Compare: TypeAlias = Callable[[Any, Any], bool]  # what is compared is of one type, as the parser saw to

_COMPARE: Mapping[str, _Compare] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def predicate(expression: Expression, asker: Asker) -> Predicate:
    """Compile an expression into a function that tells whether an item matches, as the asker sees it."""
    match expression:
        case Not(part):
            inner = predicate(part, asker)
            return lambda item: not inner(item)
        case And(parts):
            tests = [predicate(part, asker) for part in parts]
            return lambda item: all(test(item) for test in tests)
        case Or(parts):
            tests = [predicate(part, asker) for part in parts]
            return lambda item: any(test(item) for test in tests)
        case Membership(value, collection):
            return _membership_test(value, collection, asker)
        case Comparison(term, sign, value):
            return _comparison_test(term, sign, value, asker)


def _membership_test(value: str, collection: str, asker: Asker) -> Predicate:
    if collection == "owners":
        email = asker.user.email if value == "me" else value.lower()
        return lambda item: item.owner.email == email
    folder_id = asker.root_id if value == "root" else value
    return lambda item: item.parent == folder_id


def _comparison_test(term: str, sign: str, value: str | int | bool, asker: Asker) -> Predicate:
    compare: _Compare = _COMPARE.get(sign, operator.eq)
    if term == "createdTime":
        return lambda item: compare(item.created_ms, value)
    if term == "modifiedTime":
        return lambda item: compare(item.modified_ms, value)
    if term == "trashed":
        return lambda item: compare(item.trashed, value)
    if term == "sharedWithMe":
        return lambda item: compare(item.owner.email != asker.user.email, value)
    if term == "mimeType":
        return _mime_test(sign, str(value), compare)
    return _name_test(sign, str(value).casefold(), compare)


def _mime_test(sign: str, value: str, compare: _Compare) -> Predicate:
    if sign == "contains":
        return lambda item: value in item.mime_type
    return lambda item: compare(item.mime_type, value)


def _name_test(sign: str, value: str, compare: _Compare) -> Predicate:
    """``contains`` matches the beginning of a word, ``=`` ignores case (facts A4)."""
    if sign != "contains":
        return lambda item: compare(item.name.casefold(), value)
    at_word = re.compile(r"(?<!\w)" + re.escape(value))
    return lambda item: at_word.search(item.name.casefold()) is not None
