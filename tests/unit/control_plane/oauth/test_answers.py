"""Google's answers become grants, accounts and errors that say what to do (facts C3, F)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drive_control_plane.oauth.answers import GrantKind, check_revoked, read_account, read_grant
from drive_control_plane.oauth.errors import (
    MISSETTINGS,
    REFUSALS,
    ClientRefusedError,
    GoogleError,
    GrantRefusedError,
    UnavailableError,
    error_of,
)
from drive_control_plane.oauth.scopes import (
    DRIVE_READONLY,
    EVERYTHING,
    METADATA_ONLY,
    METADATA_READONLY,
    missing_scopes,
    scopes_for,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = "ya29.secret"


def failed(status: int, kind: GrantKind, **body: str) -> GoogleError:
    with pytest.raises(GoogleError) as caught:
        read_grant(status, json.dumps(body).encode(), NOW, kind)
    return caught.value


@pytest.mark.parametrize(
    ("kind", "status", "body", "error", "code"),
    [
        (GrantKind.REFRESH, 400, {"error": "invalid_grant"}, GrantRefusedError, "invalid_grant"),
        (GrantKind.CODE, 400, {"error": "invalid_grant"}, GrantRefusedError, "invalid_code"),
        (GrantKind.REFRESH, 401, {"error": "unauthorized_client"}, GrantRefusedError, "other_client"),
        (GrantKind.ASSERTION, 401, {"error": "unauthorized_client"}, GrantRefusedError, "unauthorized_client"),
        (GrantKind.ASSERTION, 400, {"error": "invalid_grant"}, GrantRefusedError, "assertion_refused"),
        (GrantKind.ASSERTION, 401, {"error": "invalid_client"}, GrantRefusedError, "assertion_refused"),
        (GrantKind.ASSERTION, 401, {"error": "deleted_client"}, GrantRefusedError, "assertion_refused"),
        (GrantKind.ASSERTION, 403, {"error": "access_denied"}, GrantRefusedError, "admin_policy_enforced"),
        (GrantKind.REFRESH, 400, {"error": "admin_policy_enforced"}, GrantRefusedError, "admin_policy_enforced"),
        (GrantKind.REFRESH, 403, {"error": "org_internal"}, GrantRefusedError, "org_internal"),
        (GrantKind.REFRESH, 403, {"error": "access_denied"}, GrantRefusedError, "access_denied"),
        (GrantKind.REFRESH, 401, {"error": "invalid_client"}, ClientRefusedError, "invalid_client"),
        (GrantKind.REFRESH, 401, {"error": "deleted_client"}, ClientRefusedError, "deleted_client"),
        (GrantKind.CODE, 400, {"error": "redirect_uri_mismatch"}, ClientRefusedError, "redirect_uri_mismatch"),
        (GrantKind.CODE, 400, {"error": "invalid_scope"}, ClientRefusedError, "invalid_scope"),
        (GrantKind.REFRESH, 400, {"error": "server_error"}, UnavailableError, "server_error"),
        (GrantKind.REFRESH, 503, {"error": "temporarily_unavailable"}, UnavailableError, "temporarily_unavailable"),
        (GrantKind.REFRESH, 429, {}, UnavailableError, "temporarily_unavailable"),
        (GrantKind.REFRESH, 500, {"error": "invalid_grant"}, UnavailableError, "temporarily_unavailable"),
        (GrantKind.REFRESH, 404, {}, ClientRefusedError, "unreadable_answer"),
        (GrantKind.REFRESH, 400, {"error": "of_tomorrow"}, GrantRefusedError, "refused"),
        (
            GrantKind.REFRESH,
            400,
            {"error": "invalid_grant", "error_subtype": "invalid_rapt"},
            GrantRefusedError,
            "invalid_rapt",
        ),
        (
            GrantKind.ASSERTION,
            400,
            {"error": "invalid_grant", "error_description": "Invalid email or User ID"},
            GrantRefusedError,
            "unknown_subject",
        ),
        (
            GrantKind.ASSERTION,
            400,
            {"error": "invalid_grant", "error_description": "Invalid JWT Signature."},
            GrantRefusedError,
            "bad_signature",
        ),
        (
            GrantKind.ASSERTION,
            400,
            {"error": "invalid_grant", "error_description": "Invalid JWT: Token must be a short-lived token"},
            ClientRefusedError,
            "clock_wrong",
        ),
    ],
)
def test_each_code_is_an_error_of_its_own_kind(
    kind: GrantKind, status: int, body: dict[str, str], error: type[GoogleError], code: str
) -> None:
    """What is wrong with the grant, with our client, or with the moment, are told apart."""
    found = failed(status, kind, **body)
    assert (type(found), found.code) == (error, code)


@pytest.mark.parametrize("code", sorted({**REFUSALS, **MISSETTINGS}))
def test_each_code_says_what_to_do(code: str) -> None:
    """Advice is one or two whole sentences."""
    assert error_of(code).advice.endswith(".")
    assert error_of(code).code == code


def test_a_grant_ends_as_said_counted_from_the_question() -> None:
    """A token is never believed to last longer than it does; without a word on scopes none are known."""
    body = json.dumps({"access_token": SECRET, "expires_in": 3599, "token_type": "Bearer"}).encode()
    grant = read_grant(200, body, NOW, GrantKind.REFRESH)
    assert (grant.expires_at, grant.scopes, grant.refresh_token) == (NOW + timedelta(seconds=3599), None, None)
    assert SECRET not in repr(grant)


@pytest.mark.parametrize(
    "body",
    [{}, {"access_token": ""}, {"access_token": f"{SECRET} two"}, {"access_token": SECRET, "expires_in": -1}, []],
)
def test_an_answer_without_a_usable_token_is_refused_without_being_quoted(body: object) -> None:
    """Whatever stands in for Google, nothing that it said is repeated."""
    with pytest.raises(ClientRefusedError) as caught:
        read_grant(200, json.dumps(body).encode(), NOW, GrantKind.REFRESH)
    assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"


@given(st.integers(200, 599), st.binary(max_size=200))
def test_any_answer_is_a_grant_or_a_typed_error(status: int, body: bytes) -> None:
    """No bytes of a token server lead to another exception."""
    for read in (lambda: read_grant(status, body, NOW, GrantKind.ASSERTION), lambda: read_account(status, body)):
        with pytest.raises(GoogleError):
            read()


def about(status: int, reason: str) -> GoogleError:
    body: dict[str, Any] = {"error": {"code": status, "errors": [{"reason": reason}]}}
    with pytest.raises(GoogleError) as caught:
        read_account(status, json.dumps(body).encode())
    return caught.value


@pytest.mark.parametrize(
    ("status", "reason", "error", "code"),
    [
        (403, "insufficientPermissions", GrantRefusedError, "insufficient_scopes"),
        (403, "accessNotConfigured", ClientRefusedError, "api_disabled"),
        (403, "domainPolicy", GrantRefusedError, "admin_policy_enforced"),
        (403, "userRateLimitExceeded", UnavailableError, "temporarily_unavailable"),
        (429, "rateLimitExceeded", UnavailableError, "temporarily_unavailable"),
        (503, "backendError", UnavailableError, "temporarily_unavailable"),
        (401, "authError", GrantRefusedError, "invalid_grant"),
        (403, "of_tomorrow", GrantRefusedError, "account_refused"),
        (404, "notFound", ClientRefusedError, "unreadable_answer"),
    ],
)
def test_drive_refuses_an_account_for_reasons(status: int, reason: str, error: type[GoogleError], code: str) -> None:
    """about.get tells a small grant from a missing API and from a passing failure."""
    found = about(status, reason)
    assert (type(found), found.code) == (error, code)


@pytest.mark.parametrize(("status", "is_gone"), [(200, True), (400, True), (503, False), (302, False)])
def test_a_token_that_is_no_good_already_is_as_good_as_revoked(status: int, is_gone: bool) -> None:
    """400 means that there is nothing left to revoke; anything else is a failure."""
    if is_gone:
        check_revoked(status)
        return
    with pytest.raises(GoogleError):
        check_revoked(status)


@pytest.mark.parametrize(
    ("settings", "scope"),
    [
        (EVERYTHING, DRIVE_READONLY),
        (METADATA_ONLY, METADATA_READONLY),
        ({}, DRIVE_READONLY),
        ({**METADATA_ONLY, "corpora": {"drives": ["0A"]}}, DRIVE_READONLY),
        ({**METADATA_ONLY, "corpora": {"drives": []}}, METADATA_READONLY),
        ({**METADATA_ONLY, "resources": []}, DRIVE_READONLY),
        ({**METADATA_ONLY, "resources": ["file", "comment"]}, DRIVE_READONLY),
        ({**METADATA_ONLY, "content": {"kinds": ["pdf"]}}, DRIVE_READONLY),
    ],
)
def test_the_scope_is_the_least_that_reads_what_is_wanted(settings: dict[str, Any], scope: str) -> None:
    """Comments, content and shared drives need drive.readonly; what is left out has the worker's default."""
    assert scopes_for(settings) == {scope}


def test_more_than_was_asked_for_is_no_lack() -> None:
    """Google may grant more; only what is missing counts."""
    assert missing_scopes({"a", "b"}, {"b", "c"}) == ("a",)
    assert missing_scopes({"a"}, {"a", "b"}) == ()
    assert missing_scopes({METADATA_READONLY}, {DRIVE_READONLY}) == ()
    assert missing_scopes({DRIVE_READONLY}, {METADATA_READONLY}) == (DRIVE_READONLY,)


def test_letters_that_no_database_takes_are_in_no_account() -> None:
    """People choose their names themselves: NUL is left out there; in what an account is known by it is no answer."""
    user = {"permissionId": "1", "emailAddress": "ada@example.com", "displayName": "A\x00da"}
    assert read_account(200, json.dumps({"user": user}).encode()).name == "Ada"
    for name in ("permissionId", "emailAddress"):
        with pytest.raises(GoogleError, match="unreadable_answer"):
            read_account(200, json.dumps({"user": {**user, name: "a\x00"}}).encode())
