"""What the control plane answers, as values.

In: status, headers and body of an answer. Out: a token or a grant, or the error that the answer means.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec

from clustera_toolkit.control_plane.errors import (
    AnswerError,
    ClientRefusedError,
    ControlPlaneError,
    ControlPlaneUnavailableError,
    ReauthorizationRequiredError,
    RequestRefusedError,
    UnknownConnectionError,
)
from clustera_toolkit.redaction import redact_text

__all__ = ["AccessGrant", "Answer", "MachineToken", "read_grant", "read_token"]

MAX_RETRY_AFTER_SECONDS = 3_600.0
_DETAIL_CHARACTERS = 300
_LATER = frozenset({408, 425, 429})
_REFUSALS: dict[tuple[int, str], type[RequestRefusedError]] = {
    (404, "unknown_connection"): UnknownConnectionError,
    (409, "reauthorization_required"): ReauthorizationRequiredError,
}

StructT = TypeVar("StructT", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; header names in lower case. The body may hold a token, so no representation shows it."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class MachineToken:
    """A token for the control plane, good for so many seconds from when it was asked for."""

    value: str = field(repr=False)
    lifetime_seconds: float


@dataclass(frozen=True, slots=True)
class AccessGrant:
    """An access token for a connection, until when it is good (aware), what it opens, and the connection's settings."""

    access_token: str = field(repr=False)
    expires_at: datetime
    scopes: frozenset[str]
    connection_config: Mapping[str, Any] = field(repr=False)


class _Token(msgspec.Struct, frozen=True):
    access_token: str
    token_type: str
    expires_in: Annotated[float, msgspec.Meta(gt=0, le=86_400)]


class _Grant(msgspec.Struct, frozen=True):
    access_token: str
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)]
    scopes: list[str]
    connection_config: dict[str, Any]


class _Refusal(msgspec.Struct, frozen=True):
    """A problem (RFC 9457) with a code, or a token endpoint's error (RFC 6749)."""

    code: str = ""
    detail: str = ""
    error: str = ""
    error_description: str = ""


def read_token(answer: Answer) -> MachineToken:
    """Read what the token endpoint says. Raises `ControlPlaneError`."""
    if answer.status != 200:
        raise _token_refusal(answer)
    read = _decoded(answer, _Token)
    if read.token_type.lower() != "bearer" or not _is_sendable(read.access_token):
        raise _no_contract(answer)
    return MachineToken(read.access_token, read.expires_in)


def read_grant(answer: Answer) -> AccessGrant:
    """Read what is said about a connection's access token. Raises `ControlPlaneError`."""
    if answer.status != 200:
        raise _refusal(answer)
    read = _decoded(answer, _Grant)
    if not _is_sendable(read.access_token):
        raise _no_contract(answer)
    return AccessGrant(read.access_token, read.expires_at, frozenset(read.scopes), read.connection_config)


def _token_refusal(answer: Answer) -> ControlPlaneError:
    said = _said(answer)
    if said.error and answer.status in {400, 401, 403}:
        detail = _short(said.error_description)
        return ClientRefusedError(
            f"the control plane gives this client no token ({_short(said.error)}): {detail} "
            "See CONTROL_PLANE_CLIENT_ID and CONTROL_PLANE_CLIENT_SECRET."
        )
    return _refusal(answer)


def _refusal(answer: Answer) -> ControlPlaneError:
    said = _said(answer)
    text = f"the control plane answered {answer.status} {_short(said.code)}: {_short(said.detail)}".rstrip(": ")
    if answer.status >= 500 or answer.status in _LATER:
        return ControlPlaneUnavailableError(text, _retry_after(answer.headers))
    if answer.status == 401:
        return ClientRefusedError(f"{text} (twice, the second time with a new token)")
    # A page that is not there has a code of its own: it is no word about a connection.
    if said.code and not said.code.startswith("http_"):
        return _REFUSALS.get((answer.status, said.code), RequestRefusedError)(text, said.code)
    return AnswerError(f"{text}; is CONTROL_PLANE_BASE_URL right?")


def _said(answer: Answer) -> _Refusal:
    try:
        return msgspec.json.decode(answer.body, type=_Refusal)
    except (ValueError, RecursionError):
        return _Refusal()


def _decoded(answer: Answer, kind: type[StructT]) -> StructT:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (ValueError, RecursionError):  # raised below, unchained: a decoder may quote the body
        pass
    raise _no_contract(answer)


def _no_contract(answer: Answer) -> AnswerError:
    return AnswerError(
        f"an answer {answer.status} without what the contract promises; is CONTROL_PLANE_BASE_URL right?"
    )


def _is_sendable(token: str) -> bool:
    """Whether a header can carry it."""
    return bool(token) and token.isascii() and token.isprintable() and " " not in token


def _retry_after(headers: Mapping[str, str]) -> float | None:
    asked = headers.get("retry-after", "").strip()
    return min(float(asked[:10]), MAX_RETRY_AFTER_SECONDS) if asked.isascii() and asked.isdigit() else None


def _short(text: str) -> str:
    return redact_text(text[:_DETAIL_CHARACTERS])
