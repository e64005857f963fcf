"""Reads Google's error bodies. In: any bytes. Out: what they say, or nothing; never an exception.

Classic Drive bodies, gateway bodies and token endpoint bodies are read alike (facts C1, C3); a body may as
well be HTML or empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an error body says, in the order in which it is to be believed."""

    names: tuple[str, ...] = ()
    message: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class OAuthEnvelope:
    """A token endpoint's `error`, `error_subtype` and `error_description` (facts C3)."""

    error: str = ""
    subtype: str = ""
    description: str = ""


def read_envelope(body: bytes) -> Envelope:
    """Read a Drive error; its names are errors[0].reason, details[].reason, status, message (facts C1)."""
    error = _mapping(_decoded(body).get("error"))
    first = _mapping(next(iter(_list(error.get("errors"))), None))
    details = [_text(_mapping(detail).get("reason")) for detail in _list(error.get("details"))]
    message = _text(error.get("message"))
    names = (_text(first.get("reason")), *details, _text(error.get("status")), message)
    return Envelope(
        names=tuple(name for name in names if name),
        message=message or _text(first.get("message")),
        location=_text(first.get("location")),
    )


def read_oauth_envelope(body: bytes) -> OAuthEnvelope:
    """Read a token endpoint's error; texts are empty where it says nothing."""
    answer = _decoded(body)
    return OAuthEnvelope(
        error=_text(answer.get("error")),
        subtype=_text(answer.get("error_subtype")),
        description=_text(answer.get("error_description")),
    )


def _decoded(body: bytes) -> Mapping[str, object]:
    try:
        return _mapping(msgspec.json.decode(body))
    except (ValueError, RecursionError):  # not JSON, not UTF-8, or nested beyond reason
        return {}


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
