"""Tokens of a query: text in, strings, words, numbers and signs out, and the values that they stand for (facts A4)."""

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Literal, TypeAlias

from google_drive_emulator.grammar.expressions import InvalidQueryError
from google_drive_emulator.world.timestamps import parse_rfc3339

ValueKind: TypeAlias = Literal["text", "visibility", "time", "flag", "number"]

VISIBILITIES = ("anyoneCanFind", "anyoneWithLink", "domainCanFind", "domainWithLink", "limited")
"""What ``visibility`` may be compared with, the widest first."""

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>'(?:[^'\\]|\\.)*')
      | (?P<operator><=|>=|!=|=|<|>)
      | (?P<bracket>[(){}])
      | (?P<number>-?[0-9]{1,19}(?![\w.]))
      | (?P<label>labels/[\w-]+\.[\w-]+)
      | (?P<word>[A-Za-z]+(?:\.[A-Za-z]+)?)
    )""",
    re.DOTALL | re.VERBOSE | re.ASCII,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a query: ``kind`` is string, operator, bracket, number, label (``labels/ID.FIELD``) or word."""

    kind: str
    text: str

    def says(self, text: str) -> bool:
        """Tell whether this is a sign, or a word in any case."""
        if self.kind == "word":
            return self.text.lower() == text
        return self.text == text and self.kind in {"operator", "bracket"}


class Tokens:
    """The tokens of a query, taken one after another. Raises ``InvalidQueryError`` for what is none."""

    def __init__(self, text: str) -> None:
        self._tokens = _split(text)
        self._next = 0

    def at_end(self) -> bool:
        """Tell whether all tokens were taken."""
        return self._next >= len(self._tokens)

    def take(self) -> Token:
        """Take the next token. Raises ``InvalidQueryError`` when there is none."""
        if self.at_end():
            raise InvalidQueryError("the query ends too early")
        self._next += 1
        return self._tokens[self._next - 1]

    def accept(self, text: str) -> bool:
        """Take the next token if it is this sign or word."""
        found = not self.at_end() and self._tokens[self._next].says(text)
        self._next += found
        return found

    def expect(self, text: str) -> None:
        """Take the next token, which must be this sign or word. Raises ``InvalidQueryError``."""
        if not self.accept(text):
            raise InvalidQueryError(f"{text!r} is missing")

    def take_operator(self, allowed: Set[str]) -> str:
        """Take the next token, which must be one of these operators. Raises ``InvalidQueryError``."""
        token = self.take()
        for operator in allowed:
            if token.says(operator):
                return operator
        raise InvalidQueryError(f"{token.text!r} is no operator here")

    def at_operator(self) -> bool:
        """Tell whether a sign of comparison comes next."""
        return not self.at_end() and self._tokens[self._next].kind == "operator"


def _split(text: str) -> list[Token]:
    tokens, place, end = [], 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            raise InvalidQueryError(f"nothing is known that starts like {text[place : place + 20]!r}")
        kind = str(match.lastgroup)
        tokens.append(Token(kind, match[kind]))
        place = match.end()
    return tokens


def text_of(token: Token) -> str:
    """Return what a string says, without its quotes and escapes. Raises ``InvalidQueryError``."""
    if token.kind != "string":
        raise InvalidQueryError(f"a text in single quotes was expected, not {token.text!r}")
    return _ESCAPE.sub(r"\1", token.text[1:-1])


def value_of(token: Token, kind: ValueKind) -> str | int | bool:
    """Return the value that a token stands for; a time's is in epoch milliseconds. Raises ``InvalidQueryError``."""
    return _READERS[kind](token)


def _visibility(token: Token) -> str:
    text = text_of(token)
    if text not in VISIBILITIES:
        raise InvalidQueryError(f"visibility is one of {', '.join(VISIBILITIES)}, not {text!r}")
    return text


def _flag(token: Token) -> bool:
    if not token.says("true") and not token.says("false"):
        raise InvalidQueryError(f"true or false was expected, not {token.text!r}")
    return token.says("true")


def _time(token: Token) -> int:
    text = text_of(token)
    if _TIME.fullmatch(text) is None:
        raise InvalidQueryError(f"an RFC 3339 time was expected, not {text!r}")
    try:
        return parse_rfc3339(text.upper())
    except (ValueError, OverflowError):
        raise InvalidQueryError(f"{text!r} is no moment") from None


def _number(token: Token) -> int:
    if token.kind != "number":
        raise InvalidQueryError(f"a whole number was expected, not {token.text!r}")
    return int(token.text)


_READERS: Mapping[ValueKind, Callable[[Token], str | int | bool]] = {
    "text": text_of,
    "visibility": _visibility,
    "time": _time,
    "flag": _flag,
    "number": _number,
}
