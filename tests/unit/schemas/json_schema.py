"""As much of JSON Schema as the exported schemas use: a value and a schema in, what is wrong with the value out."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}
KNOWN = {
    *("$schema", "$ref", "$defs", "title", "description", "default", "type", "properties", "required", "anyOf"),
    *(
        "enum",
        "items",
        "prefixItems",
        "additionalProperties",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "pattern",
    ),
    *("discriminator", "const"),
}


def problems(value: Any, schema: Json, document: Json, at: str = "$") -> Iterator[str]:
    """Everything in which the value is not as the schema has it; `document` holds the definitions."""
    assert schema.keys() <= KNOWN, f"this reader does not know {schema.keys() - KNOWN}"
    if "$ref" in schema:
        yield from problems(value, document["$defs"][schema["$ref"].rsplit("/", 1)[1]], document, at)
    if "anyOf" in schema and all(any(problems(value, one, document, at)) for one in schema["anyOf"]):
        yield f"{at}: none of the alternatives fits"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is not one of {schema['enum']}"
    if "type" in schema and not _is_of(value, schema["type"]):
        yield f"{at}: {value!r} is no {schema['type']}"
    elif isinstance(value, dict):
        yield from _in_object(value, schema, document, at)
    elif isinstance(value, list):
        yield from _in_array(value, schema, document, at)


def _is_of(value: Any, kind: str) -> bool:
    return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _in_array(value: list[Any], schema: Json, document: Json, at: str) -> Iterator[str]:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{at}: {len(value)} items are too few or too many"
    first: list[Json] = schema.get("prefixItems", [])
    for number, item in enumerate(value):
        below = first[number] if number < len(first) else schema.get("items", {})
        if isinstance(below, dict):
            yield from problems(item, below, document, f"{at}[{number}]")


def _in_object(value: Json, schema: Json, document: Json, at: str) -> Iterator[str]:
    properties: Json = schema.get("properties", {})
    yield from (f"{at}: {name} is missing" for name in schema.get("required", []) if name not in value)
    for name, item in value.items():
        below = properties.get(name, schema.get("additionalProperties", True))
        if below is False:
            yield f"{at}: {name} is not known"
        elif isinstance(below, dict):
            yield from problems(item, below, document, f"{at}.{name}")
