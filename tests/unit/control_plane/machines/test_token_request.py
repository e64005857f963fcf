"""What clients send to the token endpoint, read as values."""

import base64
from contextlib import suppress
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drive_control_plane.machines.scopes import Scope, ScopeError, checked
from drive_control_plane.machines.token_request import FORM, OAuthError, read

GRANT = {"grant_type": "client_credentials"}
TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)


def basic(client_id: str, secret: str) -> str:
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


@given(client_id=TEXT, secret=TEXT)
def test_both_ways_say_the_same(client_id: str, secret: str) -> None:
    """Whatever an id and a secret hold, header and form carry them unchanged."""
    form = urlencode({**GRANT, "client_id": client_id, "client_secret": secret}).encode()
    by_form = read(None, FORM, form)
    by_header = read(basic(client_id, secret), f"{FORM}; charset=UTF-8", urlencode(GRANT).encode())
    assert by_form == by_header
    assert (by_form.client_id, by_form.secret, by_form.scopes) == (client_id, secret, None)


@given(authorization=st.none() | st.text(), content_type=st.none() | st.just(FORM) | st.text(), body=st.binary())
def test_nothing_that_is_sent_breaks_it(authorization: str | None, content_type: str | None, body: bytes) -> None:
    """Any bytes are a request or one of the RFC's refusals."""
    start = urlencode(GRANT).encode() + b"&"
    for sent in (body, start + body):
        with suppress(OAuthError):
            assert read(authorization, content_type, sent).client_id is not None


def test_a_secret_does_not_show() -> None:
    """The representation of a request holds no secret."""
    assert "canary" not in repr(read(basic("client_1", "canary"), FORM, urlencode(GRANT).encode()))


@given(words=st.lists(st.sampled_from([*Scope, "nonsense"]), max_size=6), tenant_id=st.none() | st.just("tenant_1"))
def test_scopes_are_known_ones_and_a_worker_has_its_own(words: list[str], tenant_id: str | None) -> None:
    """What is given are known scopes, each once; all tenants are open to `connections:token` alone."""
    try:
        given_scopes = checked(words, tenant_id)
    except ScopeError:
        assert not words or "nonsense" in words or tenant_id is None
    else:
        assert set(given_scopes) == set(words) <= set(Scope)
        assert len(given_scopes) == len(set(given_scopes)) > 0
        assert tenant_id or given_scopes == ["connections:token"]


@pytest.mark.parametrize("scope", ["connections:read", "connections:write", "triggers:write"])
def test_a_worker_cannot_have_a_tenants_scopes(scope: str) -> None:
    """Rights over connections always belong to one tenant."""
    with pytest.raises(ScopeError, match="whose only scope"):
        checked([scope, "connections:token"], None)
