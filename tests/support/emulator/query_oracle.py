"""Queries answered the plain way: an expression and a rendered file in, whether it matches out.

Everything that the file's JSON tells is read from there; grants and contents, which it may hide, from the item.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from google_drive_emulator import World
from google_drive_emulator.grammar.expressions import (
    And,
    Comparison,
    Expression,
    HasProperty,
    LabelField,
    Membership,
    Not,
    Or,
)
from google_drive_emulator.grammar.fields import ALL
from google_drive_emulator.rendering.render import compile_renderer
from google_drive_emulator.world.items import Item, Permission, User
from google_drive_emulator.world.timestamps import rfc3339

_LABELS = frozenset({"contract", "other"})
_TEXT_TYPES = ("text/", "application/json")
_render = compile_renderer(ALL, _LABELS)


class Oracle:
    """Answers queries for one user about items of a world."""

    def __init__(self, world: World, user: User) -> None:
        self._world = world
        self._user = user

    def answer(self, expression: Expression, item: Item) -> bool:
        """Tell whether an item matches."""
        file = json.loads(_render(item, self._world.viewer(self._user)))
        return self._holds(expression, file, item)

    def _holds(self, expression: Expression, file: Mapping[str, Any], item: Item) -> bool:
        match expression:
            case And(parts):
                return all(self._holds(part, file, item) for part in parts)
            case Or(parts):
                return any(self._holds(part, file, item) for part in parts)
            case Not(part):
                return not self._holds(part, file, item)
            case Comparison(term, "!=", value):
                return not self._compares(Comparison(term, "=", value), file, item)
            case Comparison():
                return self._compares(expression, file, item)
            case Membership():
                return self._is_member(expression, file, item)
            case HasProperty(collection, key, value):
                held = file.get(collection, {})
                return key in held and (value is None or held[key] == value)
            case LabelField():
                return _label_holds(expression, file)

    def _compares(self, asked: Comparison, file: Mapping[str, Any], item: Item) -> bool:
        match asked.term:
            case "name" if asked.operator == "contains":
                found = _words(file["name"])
                return all(any(word.startswith(each) for word in found) for each in _words(str(asked.value)))
            case "name":
                return bool(file["name"].casefold() == str(asked.value).casefold())
            case "fullText":
                return _finds(str(asked.value), [*_said(file, item)])
            case "mimeType" if asked.operator == "contains":
                return str(asked.value) in file["mimeType"]
            case "sharedWithMe":
                return ("sharedWithMeTime" in file) == asked.value
            case "visibility":
                return self._visibility(item) == asked.value
            case "shortcutDetails.targetId":
                return bool(file.get("shortcutDetails", {}).get("targetId") == asked.value)
            case "createdTime" | "modifiedTime" | "viewedByMeTime":
                return asked.term in file and _ordered(file[asked.term], asked.operator, rfc3339(int(asked.value)))
            case _:
                return bool(file[asked.term] == asked.value)

    def _is_member(self, asked: Membership, file: Mapping[str, Any], item: Item) -> bool:
        address = self._user.email if asked.value == "me" else asked.value.lower()
        match asked.collection:
            case "parents":
                folder = self._world.root_id(self._user) if asked.value == "root" else asked.value
                return folder in file.get("parents", [])
            case "owners":
                return address in [owner["emailAddress"] for owner in file.get("owners", [])]
            case "labels":
                return asked.value in [f"labels/{label['id']}" for label in file["labelInfo"]["labels"]]
            case "writers":
                weak = {"reader", "commenter"}
                return any(grant.email == address and grant.role not in weak for grant in self._grants(item))
            case _:
                return any(grant.email == address for grant in self._grants(item))

    def _grants(self, item: Item) -> list[Permission]:
        now = self._world.clock()
        grants = [grant for grant in item.permissions if not grant.is_deleted and grant.view is None]
        return [grant for grant in grants if grant.expires_ms is None or grant.expires_ms > now]

    def _visibility(self, item: Item) -> str:
        found = {(grant.type, bool(grant.allow_file_discovery)) for grant in self._grants(item)}
        for kind in ("anyone", "domain"):
            for discovery, ending in ((True, "CanFind"), (False, "WithLink")):
                if (kind, discovery) in found:
                    return kind + ending
        return "limited"


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in text.casefold()).split()


def _said(file: Mapping[str, Any], item: Item) -> Iterator[str]:
    yield file["name"]
    yield file.get("description", "")
    yield item.traits.indexable_text or ""
    yield item.traits.text or ""
    if item.content is not None and item.content.size <= 65_536 and item.mime_type.startswith(_TEXT_TYPES):
        yield item.content.read(0, item.content.size).decode(errors="replace")


def _finds(search: str, texts: list[str]) -> bool:
    outside, phrases = search.split('"')[::2], search.split('"')[1::2]
    if len(search.split('"')) % 2 == 0:  # the last quote stands alone and is none
        outside, phrases = [*outside, phrases[-1]], phrases[:-1]
    spaced = [f" {' '.join(_words(text))} " for text in texts]
    wanted = [f" {word} " for part in outside for word in _words(part)]
    wanted += [f" {' '.join(words)} " for phrase in phrases if (words := _words(phrase))]
    return all(any(each in text for text in spaced) for each in wanted)


def _ordered(held: Any, sign: str, wanted: Any) -> bool:
    answers: dict[str, bool] = {
        "=": held == wanted,
        "<": held < wanted,
        "<=": held <= wanted,
        ">": held > wanted,
        ">=": held >= wanted,
    }
    return answers[sign]


def _label_holds(asked: LabelField, file: Mapping[str, Any]) -> bool:
    labels = [label for label in file["labelInfo"]["labels"] if label["id"] == asked.label_id]
    fields = [label["fields"][asked.field_id] for label in labels if asked.field_id in label["fields"]]
    values = [(field["valueType"], value) for field in fields for value in field[field["valueType"]]]
    match asked.operator:
        case "is null":
            return not values
        case "is not null":
            return bool(values)
        case "!=":
            return not any(_value_holds(kind, value, "=", asked.value) for kind, value in values)
        case operator:
            return any(_value_holds(kind, value, operator, asked.value) for kind, value in values)


def _value_holds(kind: str, value: Any, operator: str, wanted: str | int | None) -> bool:
    text, asked = (value["emailAddress"] if kind == "user" else value), str(wanted)
    if kind == "integer":
        if operator in {"contains", "starts with"} or not asked.removeprefix("-").isdecimal():
            return False
        return _ordered(int(text), "=" if operator == "in" else operator, int(asked))
    if kind in {"text", "user"}:
        text, asked = text.casefold(), asked.casefold()
    if operator == "contains":
        return asked in text
    if operator == "starts with":
        return bool(text.startswith(asked))
    return _ordered(text, "=" if operator == "in" else operator, asked)
