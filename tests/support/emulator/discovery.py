"""Google's discovery documents as judges of answers: a method and an answer in, what is wrong with it out.

The documents are those of the official client, `google-api-python-client`. Each response schema becomes a msgspec type
that takes nothing but what the schema describes; the JSON of an answer is decoded into it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

Schema: TypeAlias = Mapping[str, Any]
"""A JSON schema of a discovery document."""

APIS: Mapping[str, str] = {
    "drive": "drive.v3",
    "driveactivity": "driveactivity.v2",
    "directory": "admin.directory_v1",
    "oauth2": "oauth2.v2",
}
"""For each API that is emulated, how its method ids begin and what its document is called."""

_SECOND = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_FORMATS: Mapping[tuple[str, str | None], Any] = {
    ("any", None): Any,
    ("boolean", None): bool,
    ("integer", "int32"): Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)],
    ("integer", "uint32"): Annotated[int, Meta(ge=0, le=2**32 - 1)],
    ("number", "double"): float,
    ("number", "float"): float,
    ("string", None): str,
    ("string", "byte"): Annotated[str, Meta(pattern=r"^[A-Za-z0-9_+/-]*={0,2}\Z")],
    ("string", "date"): Annotated[str, Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\Z")],
    ("string", "date-time"): Annotated[str, Meta(pattern=rf"^{_SECOND}\.\d{{3}}Z\Z")],
    ("string", "google-datetime"): Annotated[str, Meta(pattern=rf"^{_SECOND}(\.\d{{3}}|\.\d{{6}}|\.\d{{9}})?Z\Z")],
    ("string", "int64"): Annotated[str, Meta(pattern=r"^(0|-?[1-9]\d{0,18})\Z")],
    ("string", "uint64"): Annotated[str, Meta(pattern=r"^(0|[1-9]\d{0,19})\Z")],
}
"""What a value of a type and format is in JSON; times of Drive are UTC with milliseconds (facts A6)."""


@dataclass(frozen=True)
class Method:
    """A method as its document describes it.

    ``api`` is a key of ``APIS``, ``response`` the name of the schema of what it answers. ``parameters`` are those of
    the query, without the global ones, and ``typed_parameters`` those of them that are booleans or numbers.
    """

    id: str
    api: str
    parameters: frozenset[str]
    typed_parameters: frozenset[str]
    global_parameters: frozenset[str]
    scopes: frozenset[str]
    gives_media: bool
    takes_media: bool
    response: str | None

    def problem_of(self, body: bytes) -> str | None:
        """Say the first thing that is wrong with the JSON of a good answer, or None."""
        if self.response is None:
            return None if body == b"" else "the method answers nothing"
        return problem_of(body, _decoder(self.api, self.response))


def problem_of(body: bytes, decoder: msgspec.json.Decoder[Any]) -> str | None:
    """Say the first thing that keeps some JSON from being what a decoder takes, or None."""
    try:
        decoder.decode(body)
    except msgspec.DecodeError as error:
        return str(error)
    return None


@cache
def document(api: str) -> Schema:
    """Load the discovery document of an API."""
    documents = files("googleapiclient.discovery_cache.documents")
    loaded: Schema = json.loads((documents / f"{APIS[api]}.json").read_bytes())
    return loaded


@cache
def methods() -> Mapping[str, Method]:
    """Return every method that the documents have, by its id."""
    return {method.id: method for api in APIS for method in _methods(document(api), api, document(api))}


def _methods(node: Schema, api: str, source: Schema) -> Iterator[Method]:
    for resource in node.get("resources", {}).values():
        for method in resource.get("methods", {}).values():
            yield _method(method, api, source)
        yield from _methods(resource, api, source)


def _method(method: Schema, api: str, source: Schema) -> Method:
    declared = {name: each for name, each in method.get("parameters", {}).items() if each["location"] == "query"}
    return Method(
        id=method["id"],
        api=api,
        parameters=frozenset(declared),
        typed_parameters=frozenset(name for name, each in declared.items() if each["type"] in {"boolean", "integer"}),
        global_parameters=frozenset(source["parameters"]),
        scopes=frozenset(method.get("scopes", ())),
        gives_media=bool(method.get("supportsMediaDownload")),
        takes_media=bool(method.get("supportsMediaUpload")),
        response=method.get("response", {}).get("$ref"),
    )


@cache
def _decoder(api: str, name: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_named_type(api, name))


@cache
def _named_type(api: str, name: str) -> Any:
    return type_of(document(api)["schemas"][name], name, lambda reference: _named_type(api, reference))


def type_of(schema: Schema, name: str, named: Callable[[str], Any]) -> Any:
    """Make the type of what a schema describes; ``named`` gives the types that it refers to.

    Fields may be absent, for a mask may leave out any, but never null.
    """
    if "$ref" in schema:
        return named(schema["$ref"])
    if schema["type"] == "array":
        return list[type_of(schema["items"], name, named)]  # type: ignore[misc]  # a type made at run time
    if schema["type"] != "object":
        return _scalar(schema, name)
    if "additionalProperties" in schema:
        return dict[str, type_of(schema["additionalProperties"], name, named)]  # type: ignore[misc]  # as above
    members = schema.get("properties", {})
    fields = [(member, type_of(below, member, named) | UnsetType, UNSET) for member, below in members.items()]
    return msgspec.defstruct(name, fields, forbid_unknown_fields=True, kw_only=True)


def _scalar(schema: Schema, name: str) -> Any:
    if "enum" in schema:
        return Literal[tuple(schema["enum"])]
    if name == "kind" and "default" in schema:
        return Literal[schema["default"]]
    return _FORMATS[schema["type"], schema.get("format")]
