from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.client.virtual_time import EPOCH, VirtualTime

from google_drive_worker.client.auth import AccessToken, parse_token_response, refresh_request, stale_at
from google_drive_worker.client.errors import (
    DriveError,
    MalformedResponseError,
    ReauthorizationRequiredError,
)
from google_drive_worker.client.token_sources import StaticTokenSource

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_token_does_not_show_itself() -> None:
    """Neither a token's repr nor its text holds its value."""
    token = AccessToken("ya29.secret", NOW)
    assert "secret" not in f"{token} {token!r}"


@pytest.mark.parametrize("value", ["", "two words", "line\nbreak", "näh"])
def test_a_token_that_no_header_can_carry_is_refused(value: str) -> None:
    """A value that would break or forge a header is refused, and not quoted in the message."""
    with pytest.raises(ValueError, match="characters that no header can carry"):
        AccessToken(value, NOW)


def test_a_refresh_request_is_a_form() -> None:
    """A refresh sends the four fields that Google wants, and its repr shows none of them."""
    request = refresh_request(token_uri="https://token", client_id="id", client_secret="hush", refresh_token="1//r")
    assert request.form == {
        "grant_type": "refresh_token",
        "client_id": "id",
        "client_secret": "hush",
        "refresh_token": "1//r",
    }
    assert "hush" not in repr(request)


def test_a_grant_is_read() -> None:
    """An answer gives a token that expires as said, a new refresh token if there is one, and the granted scopes."""
    body = b'{"access_token": "t", "expires_in": 3599, "refresh_token": "1//new", "scope": "a b"}'
    grant = parse_token_response(200, body, NOW)
    assert grant.access == AccessToken("t", NOW + timedelta(seconds=3599))
    assert (grant.refresh_token, grant.scopes) == ("1//new", frozenset({"a", "b"}))
    assert "1//new" not in repr(grant)


def test_a_lifetime_in_quotes_is_read() -> None:
    """Some token endpoints send `expires_in` as a string."""
    grant = parse_token_response(200, b'{"access_token": "t", "expires_in": "60"}', NOW)
    assert grant.access.expires_at == NOW + timedelta(seconds=60)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"access_token": ""}', b'{"access_token": "s3cret\\n"}'])
def test_an_answer_without_a_token_is_malformed(body: bytes) -> None:
    """A 200 that holds no usable token is malformed, and nothing of it is quoted."""
    with pytest.raises(MalformedResponseError) as raised:
        parse_token_response(200, body, NOW)
    assert "s3cret" not in str(raised.value)


def test_a_refusal_is_raised() -> None:
    """A dead refresh token asks for a new consent."""
    with pytest.raises(ReauthorizationRequiredError, match="revoked"):
        parse_token_response(400, b'{"error":"invalid_grant","error_description":"Token revoked."}', NOW)


@given(st.integers(200, 599), st.binary())
def test_any_answer_is_a_grant_or_an_error(status: int, body: bytes) -> None:
    """Whatever the token endpoint answers, only a typed error comes out of it."""
    with pytest.raises(DriveError):
        parse_token_response(status, body, NOW)


@pytest.mark.parametrize(("lifetime", "stale_after"), [(3600, 3375), (450, 225), (100, 50), (0, 0)])
def test_a_token_is_stale_before_it_expires(lifetime: int, stale_after: int) -> None:
    """A token is renewed 225 s before its end, a short-lived one at half its life, so that it serves at all."""
    token = AccessToken("t", NOW + timedelta(seconds=lifetime))
    assert stale_at(token, NOW) == NOW + timedelta(seconds=stale_after)


async def test_a_static_token_is_given_until_it_is_refused() -> None:
    """A token from somebody else is given out until Drive refuses it; then the connection needs a new one."""
    token = AccessToken("t", EPOCH + timedelta(hours=1))
    source = StaticTokenSource(token, VirtualTime().timing)
    source.invalidate(AccessToken("another", token.expires_at))
    assert await source.token() == token
    source.invalidate(token)
    with pytest.raises(ReauthorizationRequiredError):
        await source.token()


async def test_an_expired_static_token_is_not_sent() -> None:
    """A token that is past its end is not tried."""
    with pytest.raises(ReauthorizationRequiredError):
        await StaticTokenSource(AccessToken("t", EPOCH), VirtualTime().timing).token()
