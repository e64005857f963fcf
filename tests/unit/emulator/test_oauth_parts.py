"""The pure parts of the token server: refusals, settings, what is told of an account, the consent page."""

import pytest

from google_drive_emulator.oauth.authorization import Question
from google_drive_emulator.oauth.authorization_request import read_request
from google_drive_emulator.oauth.identity import account_number, userinfo
from google_drive_emulator.oauth.pages import MAX_ACCOUNTS, consent_page
from google_drive_emulator.oauth.registry import Refusal, Registry
from google_drive_emulator.oauth.scopes import ALL
from google_drive_emulator.oauth.settings import OAuthSettings
from google_drive_emulator.world.items import User


@pytest.mark.parametrize(
    ("refusal", "client_id", "user", "strikes"),
    [
        (Refusal("org_internal"), "a", None, True),
        (Refusal("org_internal", client_id="a"), "a", "u", True),
        (Refusal("org_internal", client_id="a"), "b", "u", False),
        (Refusal("org_internal", user="u"), "a", None, False),
        (Refusal("org_internal", user="u"), "a", "u", True),
        (Refusal("org_internal", client_id="a", user="u"), "a", "v", False),
    ],
)
def test_a_refusal_strikes_whom_it_names(refusal: Refusal, client_id: str, user: str | None, strikes: bool) -> None:
    """One for a user waits until the user is known; one without names strikes all."""
    assert refusal.strikes(client_id, user) is strikes


def test_settings_are_in_order_by_default() -> None:
    """The defaults are Google's: an hour, a hundred tokens, a week of testing, half a year unused."""
    settings = OAuthSettings()
    assert settings.problem() is None
    assert (settings.access_token_seconds, settings.refresh_tokens_per_client) == (3_599, 100)
    assert (settings.testing_seconds, settings.unused_seconds) == (7 * 86_400, 180 * 86_400)


@pytest.mark.parametrize(("permission_id", "number"), [("1" * 20, "1" * 21), ("7", "1" + "7".zfill(20))])
def test_an_account_has_21_digits(permission_id: str, number: str) -> None:
    """The number follows from the id of the account's permissions, and differs from it."""
    assert account_number(User("a@example.com", "A", permission_id)) == number


def test_a_consumer_account_has_no_domain() -> None:
    """Only accounts of an organisation have ``hd``; a name of one word is a given name."""
    assert "hd" not in userinfo(User("a@gmail.com", "Ada", "1"), ALL)
    assert {"given_name"} == {name for name in userinfo(User("a@gmail.com", "Ada", "1"), ALL) if name in _PARTS}


_PARTS = {"given_name", "family_name"}


def test_a_large_world_offers_some_of_its_accounts_and_the_chosen_one() -> None:
    """The page stays small, says how many it leaves out, and always offers the account that was hinted at."""
    users = [User(f"user{number}@example.com", f"User {number}", str(number)) for number in range(1_000)]
    params = {"client_id": "a", "redirect_uri": "https://a.example", "response_type": "code", "scope": "openid"}
    request = read_request(params, Registry(), strict=False)
    page = consent_page(Question(request, "App", users, users[-1]), params)
    assert page.count("<option") == MAX_ACCOUNTS + 1
    assert f"{1_000 - MAX_ACCOUNTS - 1} more accounts" in page
    assert '<option value="user999@example.com" selected>' in page
