"""The authorisation endpoint, its consent page and the exchange of codes (facts F, C3)."""

import base64
import hashlib

import pytest

from .conftest import Client
from .oauth_app import DRIVE, DRIVE_READONLY, METADATA, REDIRECT_URI, App, Page, landed, register

VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123"
S256 = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


@pytest.fixture
def app(client: Client) -> App:
    return App(client)


async def test_the_page_leads_to_a_token_that_opens_drive(app: App) -> None:
    """Consent gives a code with the state and the scopes, the code an access token of the chosen user."""
    email = app.client.world.users[2].email
    back = await app.asking(state="s+1&").consent(account=email)
    assert (back["state"], back["scope"]) == ("s+1&", DRIVE)
    answer = (await app.exchange(back["code"])).json
    assert set(answer) == {"access_token", "expires_in", "scope", "token_type"}
    app.client.token = answer["access_token"]
    about = await app.client.get("about", fields="user(emailAddress)")
    assert about.json["user"]["emailAddress"] == email


async def test_the_page_works_without_scripts_and_is_labelled(app: App) -> None:
    """The page is one form with a labelled choice of all accounts, and nothing that needs a script."""
    answer = await app.open()
    page = Page(answer.body.decode())
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.accounts == [user.email for user in app.client.world.users]
    assert page.decisions == ["deny", "allow"]
    assert "account" in page.labelled
    assert page.tags.count("form") == 1
    assert "script" not in page.tags


async def test_what_a_client_sends_is_only_text_on_the_page(app: App) -> None:
    """Markup in parameters comes back as text, so no client can write into the page."""
    page = Page((await app.asking(client_id='"><script>alert(1)</script>', state="<b>").open()).body.decode())
    assert not {"script", "b"} & set(page.tags)
    assert page.hidden["state"] == "<b>"


async def test_the_hinted_account_is_chosen(app: App) -> None:
    """login_hint names the account that the page has selected."""
    email = app.client.world.users[3].email
    assert Page((await app.asking(login_hint=email).open()).body.decode()).account == email


async def test_cancelling_is_access_denied(app: App) -> None:
    """Who cancels comes back with an error and the state, and without a code."""
    assert await app.asking(state="s").consent("deny") == {"error": "access_denied", "state": "s"}


async def test_scopes_can_be_unticked(app: App) -> None:
    """The token has only what was left ticked, and says so (granular consent)."""
    app = App(app.client, scope=f"{DRIVE_READONLY} {METADATA} openid")
    answer = await app.sign_in(granted=[METADATA])
    assert set(answer["scope"].split()) == {METADATA, "openid"}
    app.client.token = answer["access_token"]
    assert (await app.client.get("files")).status == 200
    assert (await app.client.get("drives")).reason == "insufficientPermissions@"


async def test_unticking_everything_is_access_denied(app: App) -> None:
    """Without any scope there is nothing to give a code for."""
    assert (await app.consent(granted=[]))["error"] == "access_denied"


async def test_consent_can_be_all_or_nothing(app: App) -> None:
    """With enable_granular_consent=false nothing can be unticked."""
    app = app.asking(enable_granular_consent="false")
    assert Page((await app.open()).body.decode()).ticked == []
    assert (await app.consent())["scope"] == DRIVE


async def test_a_refresh_token_comes_with_the_first_consent_only(app: App) -> None:
    """Offline access gives a refresh token once; later only prompt=consent gives another."""
    app = app.asking(access_type="offline", login_hint=app.client.world.users[0].email)
    first = await app.sign_in()
    assert "refresh_token" in first
    again = await app.exchange(landed(await app.open())["code"])
    assert "refresh_token" not in again.json
    forced = await app.asking(prompt="consent").sign_in()
    assert forced["refresh_token"] != first["refresh_token"]
    assert (await app.refresh(first["refresh_token"])).status == 200


async def test_online_access_gives_no_refresh_token(app: App) -> None:
    """access_type=online is the default, and ends with the access token."""
    assert "refresh_token" not in await app.asking(prompt="consent").sign_in()


async def test_what_was_granted_is_not_asked_again(app: App) -> None:
    """A known account that has granted all goes on at once; a new scope brings the page back."""
    hinted = app.asking(login_hint=app.client.world.users[0].email)
    await hinted.sign_in()
    assert "code" in landed(await hinted.open())
    assert (await hinted.asking(scope=f"{DRIVE} {METADATA}").open()).status == 200
    assert (await hinted.asking(prompt="select_account").open()).status == 200


async def test_earlier_scopes_are_included_on_request(app: App) -> None:
    """include_granted_scopes adds what the same user granted the same client before."""
    await App(app.client, scope=METADATA).sign_in()
    plain = await App(app.client, scope=DRIVE_READONLY).sign_in()
    both = await App(app.client, scope=DRIVE_READONLY).asking(include_granted_scopes="true").sign_in()
    assert plain["scope"] == DRIVE_READONLY
    assert set(both["scope"].split()) == {DRIVE_READONLY, METADATA}


async def test_prompt_none_never_shows_a_page(app: App) -> None:
    """Without an account it is interaction_required, without consent consent_required, and else a code."""
    silent = app.asking(prompt="none", state="s")
    hinted = silent.asking(login_hint=app.client.world.users[0].email)
    assert landed(await silent.open()) == {"error": "interaction_required", "state": "s"}
    assert landed(await hinted.open()) == {"error": "consent_required", "state": "s"}
    await app.sign_in()
    assert "code" in landed(await hinted.open())


@pytest.mark.parametrize(("method", "challenge"), [("S256", S256), ("plain", VERIFIER), ("", VERIFIER)])
async def test_a_code_with_a_challenge_needs_its_verifier(app: App, method: str, challenge: str) -> None:
    """PKCE: the verifier must be there and fit; without a method the challenge is plain."""
    code = (await app.asking(code_challenge=challenge, code_challenge_method=method).consent())["code"]
    missing, wrong = await app.exchange(code), await app.exchange(code, code_verifier="x" * 43)
    assert missing.json == {"error": "invalid_grant", "error_description": "Missing code verifier."}
    assert wrong.json == {"error": "invalid_grant", "error_description": "Invalid code verifier."}
    assert (await app.exchange(code, code_verifier=VERIFIER)).status == 200


async def test_a_verifier_without_a_challenge_is_refused(app: App) -> None:
    """Google refuses a verifier that nothing asked for."""
    answer = await app.exchange((await app.consent())["code"], code_verifier=VERIFIER)
    assert (answer.status, answer.json["error"]) == (400, "invalid_grant")


async def test_a_code_is_good_once_and_for_ten_minutes(app: App) -> None:
    """A spent code, an old one and a made-up one are invalid_grant."""
    spent, old = (await app.consent())["code"], (await app.consent())["code"]
    await app.exchange(spent)
    app.client.world.clock.advance(600_000)
    answers = [await app.exchange(code) for code in (spent, old, "made-up")]
    assert [answer.json for answer in answers] == [
        {"error": "invalid_grant", "error_description": "Bad Request"},
        {"error": "invalid_grant", "error_description": "Bad Request"},
        {"error": "invalid_grant", "error_description": "Malformed auth code."},
    ]


async def test_a_code_belongs_to_its_client_and_address(app: App) -> None:
    """Another client's code is invalid_grant, another address redirect_uri_mismatch; the code stays good."""
    code = (await app.consent())["code"]
    stolen = await app.exchange(code, client_id="other")
    strayed = await app.exchange(code, redirect_uri="https://other.example")
    assert (stolen.status, stolen.json["error"]) == (400, "invalid_grant")
    assert (strayed.status, strayed.json["error"]) == (400, "redirect_uri_mismatch")
    assert (await app.exchange(code)).status == 200


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_id": ""}, 400, "invalid_request"),
        ({"redirect_uri": ""}, 400, "invalid_request"),
        ({"redirect_uri": "no-scheme"}, 400, "invalid_request"),
        ({"redirect_uri": "https://a.example/#part"}, 400, "invalid_request"),
        ({"redirect_uri": "javascript:alert(1)"}, 400, "invalid_request"),
        ({"redirect_uri": "https://[broken"}, 400, "invalid_request"),
        ({"redirect_uri": "https://a.example/\r\nSet-Cookie: a=b"}, 400, "invalid_request"),
        ({"redirect_uri": "urn:ietf:wg:oauth:2.0:oob"}, 400, "invalid_request"),
        ({"response_type": ""}, 400, "invalid_request"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"scope": ""}, 400, "invalid_request"),
        ({"scope": f"{DRIVE} {DRIVE}.nonsense"}, 400, "invalid_scope"),
        ({"prompt": "none consent"}, 400, "invalid_request"),
        ({"prompt": "always"}, 400, "invalid_request"),
        ({"access_type": "sometimes"}, 400, "invalid_request"),
        ({"code_challenge": "short"}, 400, "invalid_request"),
        ({"code_challenge": VERIFIER, "code_challenge_method": "S512"}, 400, "invalid_request"),
    ],
)
async def test_a_bad_request_ends_on_an_error_page(app: App, changes: dict[str, str], status: int, error: str) -> None:
    """What is wrong is told to the person at the browser, who is not sent on."""
    answer = await app.asking(**changes).open()
    assert (answer.status, "Location" in answer.headers) == (status, False)
    assert f"Error {status}: {error}" in Page(answer.body.decode()).words


async def test_a_registered_client_is_held_to_its_addresses(app: App) -> None:
    """A web client's redirect address must be one of its own, to the letter."""
    await register(app.client, action="client", client_id="app", client_secret="hush", redirect_uris=[REDIRECT_URI])
    mismatch = await App(app.client, redirect_uri=f"{REDIRECT_URI}/").open()
    assert mismatch.status == 400
    assert "redirect_uri_mismatch" in Page(mismatch.body.decode()).words
    assert (await app.open()).status == 200


@pytest.mark.parametrize("redirect_uri", ["http://127.0.0.1:49152/done", "http://localhost:1", "http://[::1]:2/"])
async def test_a_desktop_client_may_come_back_to_any_local_port(app: App, redirect_uri: str) -> None:
    """Programs on a computer listen where they can."""
    await register(app.client, action="client", client_id="app", type="desktop")
    assert (await App(app.client, redirect_uri=redirect_uri).open()).status == 200
    assert (await App(app.client, redirect_uri="https://127.0.0.1:1/").open()).status == 400


@pytest.mark.parametrize(
    ("error", "status"),
    [("admin_policy_enforced", 400), ("org_internal", 403), ("disallowed_useragent", 403), ("deleted_client", 401)],
)
async def test_policies_keep_clients_from_the_page(app: App, error: str, status: int) -> None:
    """A refused client sees Google's error page; others go on."""
    await register(app.client, action="policy", refusals=[{"error": error, "client_id": "app"}])
    answer = await app.open()
    assert answer.status == status
    assert f"Error {status}: {error}" in Page(answer.body.decode()).words
    assert (await App(app.client, client_id="other").open()).status == 200


async def test_a_policy_can_concern_one_user(app: App) -> None:
    """Who is kept out learns it after choosing the account; others get their code."""
    kept_out, other = (user.email for user in app.client.world.users[:2])
    await register(app.client, action="policy", refusals=[{"error": "org_internal", "user": kept_out}])
    page = Page((await app.open()).body.decode())
    assert (await app.answer(page, account=kept_out)).status == 403
    assert "code" in landed(await app.answer(page, account=other))


async def test_an_app_in_testing_lets_in_its_test_users_only(app: App) -> None:
    """Others see access_denied on a page."""
    tester, other = (user.email for user in app.client.world.users[:2])
    message = {"client_id": "app", "redirect_uris": [REDIRECT_URI], "testing": True, "test_users": [tester]}
    await register(app.client, action="client", **message)
    page = Page((await app.open()).body.decode())
    assert (await app.answer(page, account=other)).status == 403
    assert "code" in landed(await app.answer(page, account=tester))


async def test_the_page_can_answer_itself(app: App) -> None:
    """For tests without a browser, consent is given or refused at once."""
    await register(app.client, action="settings", settings={"consent": "allow"})
    assert (await app.exchange(landed(await app.open())["code"])).status == 200
    await register(app.client, action="settings", settings={"consent": "deny"})
    assert landed(await app.open())["error"] == "access_denied"


async def test_an_address_with_a_query_keeps_it(app: App) -> None:
    """The answer is added to the parameters that a redirect address has."""
    app = App(app.client, redirect_uri=f"{REDIRECT_URI}?tenant=7")
    assert (await app.consent())["tenant"] == "7"


async def test_an_unknown_account_in_a_forged_form_is_refused(app: App) -> None:
    """A form is not believed: what it names must exist."""
    page = Page((await app.open()).body.decode())
    assert (await app.answer(page, account="nobody@example.com")).status == 400
