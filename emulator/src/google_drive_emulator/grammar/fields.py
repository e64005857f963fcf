"""``fields`` masks: text in, a validated selection and a projector over JSON values out (facts A3).

Grammar: a comma list of names; ``a/b`` goes down, ``a(b,c/d)`` selects below, ``*`` stands for every field at its
level. Selectors apply to each element of an array.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from google_drive_emulator.grammar.schema import Schema

Json: TypeAlias = "Mapping[str, Json] | list[Json] | str | int | float | bool | None"
Projector: TypeAlias = Callable[[Json], Json]

_TOKEN = re.compile(r"[^,/()]+|[,/()]")


class InvalidFieldSelectionError(ValueError):
    """A mask names a field that does not exist, or is not a mask at all; ``selection`` is the part at fault."""

    def __init__(self, selection: str) -> None:
        super().__init__(f"Invalid field selection {selection}")
        self.selection = selection


@dataclass(frozen=True, slots=True)
class Mask:
    """What a client wants of a value: all of it (``children`` is None), or these fields, each with its own mask."""

    children: Mapping[str, "Mask"] | None = None

    def __contains__(self, name: str) -> bool:
        return self.children is None or name in self.children

    def below(self, name: str) -> "Mask":
        """Return the mask of one field; the field must be in this mask."""
        return ALL if self.children is None else self.children[name]

    def __or__(self, other: "Mask") -> "Mask":
        if self.children is None or other.children is None:
            return ALL
        merged = dict(self.children)
        for name, mask in other.children.items():
            merged[name] = merged[name] | mask if name in merged else mask
        return Mask(merged)

    def __str__(self) -> str:
        """Write the mask in one canonical way, so that equal masks have equal texts."""
        if self.children is None:
            return "*"
        return ",".join(f"{name}({self.children[name]})" for name in sorted(self.children))


ALL = Mask()
NOTHING = Mask({})


def parse_mask(text: str, schema: Schema) -> Mask:
    """Parse a mask and check every name against ``schema``. Raises ``InvalidFieldSelectionError``.

    The empty text selects nothing, which is valid and gives ``{}``.
    """
    if not text.strip():
        return NOTHING
    return _Parser(text).parse(schema)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [token.strip() for token in _TOKEN.findall(text)]
        self._next = 0

    def parse(self, schema: Schema) -> Mask:
        mask = self._selections(schema)
        if self._peek() is not None:
            raise InvalidFieldSelectionError(self._text)
        return mask

    def _peek(self) -> str | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _accept(self, token: str) -> bool:
        found = self._peek() == token
        self._next += found
        return found

    def _selections(self, schema: Schema) -> Mask:
        mask = self._selection(schema)
        while self._accept(","):
            mask |= self._selection(schema)
        return mask

    def _selection(self, schema: Schema) -> Mask:
        name = self._name()
        if name == "*":
            return self._wildcard(schema)
        if name not in schema:
            raise InvalidFieldSelectionError(name)
        return Mask({name: self._rest(schema[name])})

    def _name(self) -> str:
        name = self._peek()
        if not name or name in ",/()":
            raise InvalidFieldSelectionError(self._text)
        self._next += 1
        return name

    def _wildcard(self, schema: Schema) -> Mask:
        if self._peek() not in {"/", "("}:
            return ALL
        start, masks, furthest = self._next, {}, self._next
        for name, below in schema.items():
            self._next = start
            try:
                masks[name] = self._rest(below)
            except InvalidFieldSelectionError:
                continue
            furthest = self._next
        if not masks:
            raise InvalidFieldSelectionError(self._text)
        self._next = furthest
        return Mask(masks)

    def _rest(self, schema: Schema) -> Mask:
        if self._accept("/"):
            return self._selection(schema)
        if self._accept("("):
            mask = self._selections(schema)
            if not self._accept(")"):
                raise InvalidFieldSelectionError(self._text)
            return mask
        return ALL


def compile_projector(mask: Mask) -> Projector:
    """Turn a mask into a function that keeps only the selected fields of a JSON value.

    Fields the value does not have stay absent. An array is projected element by element.
    """
    if mask.children is None:
        return _whole
    members = tuple((name, compile_projector(below)) for name, below in mask.children.items())

    def project(value: Json) -> Json:
        if isinstance(value, Mapping):
            return {name: inner(value[name]) for name, inner in members if name in value}
        if isinstance(value, list | tuple):
            return [project(element) for element in value]
        return value

    return project


def _whole(value: Json) -> Json:
    return value
