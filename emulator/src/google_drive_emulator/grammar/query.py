"""``q``: text in, an expression out (facts A4).

What files may be asked about is in ``FILES``: terms with their operators; ``'…' in parents`` and the like; properties
(``properties has {key='…' and value='…'}``); and label fields (``labels/ID.FIELD``), which have operators of their own.
Parts are joined by ``and``, ``or``, ``not`` and parentheses. Google documents no precedence; here ``not`` binds
tightest, then ``and``. Keywords are known in any case, as Google's guide to labels writes them; terms are not.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass

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
)
from google_drive_emulator.grammar.tokens import Token, Tokens, ValueKind, text_of, value_of

EQUALITY = frozenset({"=", "!="})
MATCHING = EQUALITY | {"contains"}
ORDERING = EQUALITY | {"<", "<=", ">", ">="}

_MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Term:
    """What a term is compared with, and how. One that ``stands_alone`` may go without a comparison: it is true."""

    kind: ValueKind
    operators: Set[str]
    stands_alone: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a query may ask about: terms, collections with members, collections of properties, and labels' fields."""

    terms: Mapping[str, Term]
    members: Set[str] = frozenset()
    properties: Set[str] = frozenset()
    has_labels: bool = False


_MOMENT = Term("time", ORDERING)
_FLAG = Term("flag", EQUALITY)

FILES = Vocabulary(
    {
        "name": Term("text", MATCHING),
        "fullText": Term("text", frozenset({"contains"})),
        "mimeType": Term("text", MATCHING),
        "modifiedTime": _MOMENT,
        "viewedByMeTime": _MOMENT,
        "createdTime": _MOMENT,
        "trashed": _FLAG,
        "starred": _FLAG,
        "sharedWithMe": Term("flag", EQUALITY, stands_alone=True),
        "visibility": Term("visibility", EQUALITY),
        "shortcutDetails.targetId": Term("text", EQUALITY),
    },
    members=frozenset({"parents", "owners", "writers", "readers", "labels"}),
    properties=frozenset({"properties", "appProperties"}),
    has_labels=True,
)


def parse_query(text: str, vocabulary: Vocabulary = FILES) -> Expression | None:
    """Parse a query; an empty one gives None. Raises ``InvalidQueryError``."""
    tokens = Tokens(text)
    if tokens.at_end():
        return None
    expression = _Parser(tokens, vocabulary).alternatives()
    if not tokens.at_end():
        raise InvalidQueryError(f"nothing was expected where {tokens.take().text!r} is")
    return expression


class _Parser:
    def __init__(self, tokens: Tokens, vocabulary: Vocabulary) -> None:
        self._tokens = tokens
        self._vocabulary = vocabulary
        self._depth = 0

    def alternatives(self) -> Expression:
        parts = [self._conjunction()]
        while self._tokens.accept("or"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _conjunction(self) -> Expression:
        parts = [self._negation()]
        while self._tokens.accept("and"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _negation(self) -> Expression:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise InvalidQueryError("the query is nested too deeply")
        found = self._part()
        self._depth -= 1
        return found

    def _part(self) -> Expression:
        if self._tokens.accept("not"):
            return Not(self._negation())
        if self._tokens.accept("("):
            inner = self.alternatives()
            self._tokens.expect(")")
            return inner
        return self._leaf(self._tokens.take())

    def _leaf(self, token: Token) -> Expression:
        if token.kind == "string":
            return self._membership(text_of(token))
        if self._is_label_field(token):
            return LabelField(*_label_field(token), *self._label_test())
        if token.text in self._vocabulary.properties:
            return self._property(token.text)
        return self._comparison(token.text)

    def _membership(self, value: str) -> Expression:
        self._tokens.expect("in")
        token = self._tokens.take()
        if self._is_label_field(token):
            return LabelField(*_label_field(token), "in", value)
        if token.text not in self._vocabulary.members:
            raise InvalidQueryError(f"{value!r} cannot be in {token.text!r}")
        return Membership(value, token.text)

    def _property(self, collection: str) -> Expression:
        self._tokens.expect("has")
        self._tokens.expect("{")
        key = self._named("key")
        value = self._named("value") if self._tokens.accept("and") else None
        self._tokens.expect("}")
        return HasProperty(collection, key, value)

    def _named(self, name: str) -> str:
        self._tokens.expect(name)
        self._tokens.expect("=")
        return text_of(self._tokens.take())

    def _comparison(self, name: str) -> Expression:
        term = self._vocabulary.terms.get(name)
        if term is None:
            raise InvalidQueryError(f"the term {name!r} is not known")
        if term.stands_alone and not self._tokens.at_operator():
            return Comparison(name, "=", True)
        operator = self._tokens.take_operator(term.operators)
        return Comparison(name, operator, value_of(self._tokens.take(), term.kind))

    def _is_label_field(self, token: Token) -> bool:
        return token.kind == "label" and self._vocabulary.has_labels

    def _label_test(self) -> tuple[str, str | int | None]:
        if self._tokens.accept("is"):
            operator = "is not null" if self._tokens.accept("not") else "is null"
            self._tokens.expect("null")
            return operator, None
        if self._tokens.accept("starts"):
            self._tokens.expect("with")
            return "starts with", text_of(self._tokens.take())
        operator = self._tokens.take_operator(ORDERING | {"contains"})
        token = self._tokens.take()
        return operator, value_of(token, "number" if token.kind == "number" else "text")


def _label_field(token: Token) -> tuple[str, str]:
    label_id, _, field_id = token.text.removeprefix("labels/").partition(".")
    return label_id, field_id
