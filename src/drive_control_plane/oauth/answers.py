"""Google's answers without a socket: a status and bytes in; a grant, an account or a typed error out (facts C3, F)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, ValidationError

from drive_control_plane.oauth.errors import GoogleError, error_of, unavailable

MAX_LIFETIME_SECONDS: Final = 86_400
_NO_NUL: Final = r"^[^\x00]*$"
"""PostgreSQL takes all letters but this one; people choose their names themselves."""
_PASSING_STATUSES: Final = frozenset({408, 429, *range(500, 600)})
_RATE_REASONS: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"})
_DRIVE_REASONS: Final[Mapping[str, str]] = {
    "insufficientPermissions": "insufficient_scopes",
    "accessNotConfigured": "api_disabled",
    "domainPolicy": "admin_policy_enforced",
}


class GrantKind(StrEnum):
    """What a token is asked for with; the same error means another thing for each."""

    CODE = "authorization_code"
    REFRESH = "refresh_token"
    ASSERTION = "urn:ietf:params:oauth:grant-type:jwt-bearer"


_MEANINGS: Final[Mapping[tuple[GrantKind, str], str]] = {
    (GrantKind.CODE, "invalid_grant"): "invalid_code",
    (GrantKind.CODE, "unauthorized_client"): "invalid_client",
    (GrantKind.REFRESH, "unauthorized_client"): "other_client",
}
_ASSERTION_CODES: Final[Mapping[str, str]] = {
    "invalid_grant": "assertion_refused",
    "invalid_client": "assertion_refused",  # no client of ours was sent
    "deleted_client": "assertion_refused",
    "access_denied": "admin_policy_enforced",  # there was nobody who could have refused
}
_ASSERTION_WORDS: Final[Mapping[str, str]] = {
    "Invalid email or User ID": "unknown_subject",
    "Invalid JWT Signature": "bad_signature",
    "short-lived token": "clock_wrong",
}


@dataclass(frozen=True, slots=True)
class Grant:
    """What the token server gave. `scopes` is None when it does not say: then they are those asked for."""

    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str | None = field(default=None, repr=False)
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Whose grant it is: `id` stays when the address changes (facts A7)."""

    id: str
    email: str
    name: str


class _TokenAnswer(BaseModel):
    access_token: Annotated[str, Field(min_length=1, max_length=8_192, pattern=r"^[!-~]+$")]
    expires_in: Annotated[float, Field(gt=0)] = 3_600
    refresh_token: Annotated[str, Field(max_length=4_096)] | None = None
    scope: Annotated[str, Field(max_length=8_192)] | None = None


class _User(BaseModel):
    permission_id: Annotated[str, Field(alias="permissionId", min_length=1, max_length=64, pattern=_NO_NUL)]
    email: Annotated[str, Field(alias="emailAddress", max_length=320, pattern=_NO_NUL)] = ""
    name: Annotated[str, Field(alias="displayName")] = ""


class _About(BaseModel):
    user: _User


def read_grant(status: int, body: bytes, asked_at: datetime, kind: GrantKind) -> Grant:
    """Read the token server's answer; lifetimes count from when it was asked. Raises `GoogleError`."""
    if status != 200:
        raise _token_error(status, body, kind)
    try:
        answer = _TokenAnswer.model_validate_json(body)
    except ValidationError:  # quotes what it read
        answer = None
    if answer is None:
        raise error_of("unreadable_answer")
    seconds = min(answer.expires_in, MAX_LIFETIME_SECONDS)
    scopes = None if answer.scope is None else frozenset(answer.scope.split())
    return Grant(answer.access_token, asked_at + timedelta(seconds=seconds), answer.refresh_token or None, scopes)


def read_account(status: int, body: bytes) -> Account:
    """Read the answer of `about.get`. Raises `GoogleError`."""
    if status != 200:
        raise _drive_error(status, body)
    try:
        user = _About.model_validate_json(body).user
    except ValidationError:
        user = None
    if user is None:
        raise error_of("unreadable_answer")
    return Account(user.permission_id, user.email, user.name.replace("\x00", ""))


def check_revoked(status: int) -> None:
    """Read the answer to a revocation: a token that was no good already is gone as well. Raises `GoogleError`."""
    if status in _PASSING_STATUSES:
        raise unavailable()
    if status not in {200, 400}:
        raise error_of("unreadable_answer")


def reasons_in(body: bytes) -> list[str]:
    """Google's words for an error of an API, in each of the shapes that its servers use (facts C1)."""
    error = _object(body).get("error")
    lists = [error.get(name) for name in ("errors", "details")] if isinstance(error, dict) else []
    said = [each for listed in lists if isinstance(listed, list) for each in listed if isinstance(each, dict)]
    return [reason for each in said if isinstance(reason := each.get("reason"), str)]


def _token_error(status: int, body: bytes, kind: GrantKind) -> GoogleError:
    said = _object(body)
    code = said.get("error_subtype") or said.get("error")
    if status in _PASSING_STATUSES:
        return unavailable()
    if not isinstance(code, str):
        return error_of("unreadable_answer")
    described = str(said.get("error_description"))
    return error_of(_asserted(code, described) if kind is GrantKind.ASSERTION else _MEANINGS.get((kind, code), code))


def _asserted(code: str, described: str) -> str:
    """Google has one code for all that is wrong with an assertion; its words tell which."""
    found = (meaning for words, meaning in _ASSERTION_WORDS.items() if words in described)
    otherwise = _ASSERTION_CODES.get(code, code)
    return next(found, otherwise) if code == "invalid_grant" else otherwise


def _drive_error(status: int, body: bytes) -> GoogleError:
    reasons = set(reasons_in(body))
    if status in _PASSING_STATUSES or reasons & _RATE_REASONS:
        return unavailable()
    if status == 401:
        return error_of("invalid_grant")
    known = (code for reason, code in _DRIVE_REASONS.items() if reason in reasons)
    return error_of(next(known, "account_refused" if status == 403 else "unreadable_answer"))


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
