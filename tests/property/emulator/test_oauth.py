"""The token server on arbitrary input: sealed tokens hold, and nothing that is sent is more than an OAuth error."""

from collections.abc import Mapping
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from google_drive_emulator import Emulator, synthetic_world
from google_drive_emulator.oauth import assertions
from google_drive_emulator.oauth.access_tokens import AccessTokens
from google_drive_emulator.oauth.authorization import begin
from google_drive_emulator.oauth.authorization_request import PARAMETERS, read_request
from google_drive_emulator.oauth.errors import OAuthError
from google_drive_emulator.oauth.exchange import exchange
from google_drive_emulator.oauth.grants import digest
from google_drive_emulator.oauth.registry import Registry

TOKENS = AccessTokens()
SERVER = Emulator(synthetic_world(files=1, seed=1)).state.tokens

FORMS = st.dictionaries(
    st.sampled_from(["grant_type", "client_id", "client_secret", "refresh_token", "code", "assertion", "scope", "x"]),
    st.sampled_from(["refresh_token", "authorization_code", "urn:ietf:params:oauth:grant-type:jwt-bearer"]) | st.text(),
)
ASKED = {
    "client_id": st.text(min_size=1),
    "redirect_uri": st.just("https://a.example/") | st.text(),
    "response_type": st.just("code") | st.text(),
    "scope": st.just("openid") | st.text(),
}
WORDS = st.sampled_from(["true", "none", "offline", "S256"]) | st.text()
REQUESTS = st.fixed_dictionaries(ASKED, optional={name: WORDS for name in PARAMETERS if name not in ASKED})


@given(st.text(max_size=40), st.integers(1, 2**53), st.none() | st.lists(st.text(max_size=9), max_size=3))
def test_an_access_token_says_what_was_put_in(grant: str, expires_ms: int, scopes: list[str] | None) -> None:
    """Until it expires, and not from then on."""
    wanted = None if scopes is None else tuple(scopes)
    token = TOKENS.make(grant, expires_ms, wanted)
    ticket = TOKENS.read(token, expires_ms - 1)
    assert ticket is not None
    assert (ticket.grant, ticket.expires_ms, ticket.scopes) == (grant, expires_ms, wanted)
    assert TOKENS.read(token, expires_ms) is None


@given(st.data())
def test_a_changed_access_token_is_none(data: st.DataObject) -> None:
    """No letter can be changed, and another server's tokens are none."""
    token = TOKENS.make("grant", 10)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters().filter(lambda letter: letter != token[place]))
    assert TOKENS.read(token[:place] + letter + token[place + 1 :], 0) is None
    assert AccessTokens().read(token, 0) is None


@given(st.text())
def test_any_text_can_be_presented_as_a_token(text: str) -> None:
    """What was not made here is no token, whatever it is, surrogates included."""
    assert TOKENS.read(text, 0) is None
    assert TOKENS.read(f"ya29.emulator.{text}", 0) is None


@given(FORMS)
def test_any_form_is_answered_or_refused(form: Mapping[str, str]) -> None:
    """The token endpoint gives a bearer token, or an OAuth error."""
    with suppress(OAuthError):
        assert exchange(SERVER, form, "127.0.0.1")["token_type"] == "Bearer"


@given(REQUESTS)
def test_any_request_leads_to_a_page_or_an_error(params: Mapping[str, str]) -> None:
    """The authorisation endpoint asks, sends on within one line of text, or says what is wrong."""
    with suppress(OAuthError):
        outcome = begin(SERVER, read_request(params, Registry(), strict=False))
        assert not isinstance(outcome, str) or (outcome.isascii() and outcome.isprintable())


@given(st.text() | st.lists(st.binary(), min_size=3, max_size=3).map(lambda parts: ".".join(map(repr, parts))))
def test_any_text_can_be_presented_as_an_assertion(text: str) -> None:
    """What is no JWT is none, and raises nothing."""
    assert assertions.read(text) is None


@given(st.text(), st.text())
def test_different_tokens_have_different_names(token: str, other: str) -> None:
    """A grant is found by its own token only."""
    assert (digest(token) == digest(other)) is (token == other)
