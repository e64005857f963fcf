"""The OpenAPI document says what a program really meets.

In: an application with its routes. Out: its document, in which refusals are `application/problem+json` (FastAPI writes
its own shape of errors there, which is never sent) and what is said of bodies and tokens holds for every operation.
"""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from drive_control_plane.http.problems import MEDIA_TYPE

API = "/v1/"
PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "A refusal (RFC 9457).",
    "type": "object",
    "required": ["type", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable: programs go by it"},
        "detail": {"type": "string", "description": "what is wrong and what to do, for people"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_CONTENT = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_FASTAPIS = ("HTTPValidationError", "ValidationError")
_FASTAPIS_WORDS = "Validation Error"
_INVALID = "`invalid_request`: `errors` names each field that is wrong"


def install(app: FastAPI) -> None:
    """Have the application serve such a document."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(generate())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # how FastAPI's documentation has it extended


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    schemas: dict[str, Any] = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for name in _FASTAPIS:
        schemas.pop(name, None)
    for operation in _operations(document):
        responses: dict[str, Any] = operation["responses"]
        if "requestBody" in operation:
            responses["400"] = {"description": "`http_400`: the body is not JSON in UTF-8"}
        if "422" in responses:
            responses["422"] = {"description": _unprocessable(responses["422"]["description"])}
        if "security" in operation:
            responses.setdefault("401", {"description": "no token, or one that is not good"})
            responses.setdefault("403", {"description": "the scope or role is not enough"})
        for status, response in responses.items():
            if int(status) >= 400:
                response["content"] = _CONTENT
    return document


def _unprocessable(description: str) -> str:
    """What any request may be told, before what a route says of its own."""
    return _INVALID if description == _FASTAPIS_WORDS else f"{_INVALID}; {description}"


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What is asked below `/v1`; elsewhere refusals have shapes of their own."""
    for path, methods in document["paths"].items():
        if path.startswith(API):
            yield from methods.values()
