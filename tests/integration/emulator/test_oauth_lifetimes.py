"""How long tokens last, by the emulator's clock (facts C3)."""

import pytest

from .conftest import Client
from .oauth_app import DRIVE, REDIRECT_URI, App, landed, register

DAY_MS = 86_400_000


@pytest.fixture
def app(client: Client) -> App:
    """An app that asks for offline access each time, where time stands still unless it is advanced."""
    client.world.clock.freeze()
    return App(client).asking(access_type="offline", prompt="consent")


async def alive(app: App, refresh_token: str) -> bool:
    """Tell whether a refresh token is good; a dead one must say so as Google does."""
    answer = await app.refresh(refresh_token)
    if answer.status == 200:
        return True
    assert answer.json == {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
    return False


async def test_an_access_token_expires(app: App) -> None:
    """After an hour, less a second, an access token is a 401."""
    app.client.token = (await app.sign_in())["access_token"]
    app.client.world.clock.advance(3_598_000)
    assert (await app.client.get("files")).status == 200
    app.client.world.clock.advance(1_000)
    assert (await app.client.get("files")).reason == "authError@Authorization"


async def test_the_lifetime_of_access_tokens_can_be_set(app: App) -> None:
    """Short-lived tokens make clients refresh, and expires_in says how often."""
    await register(app.client, action="settings", settings={"access_token_seconds": 5})
    answer = await app.sign_in()
    app.client.token = answer["access_token"]
    app.client.world.clock.advance(5_000)
    assert answer["expires_in"] == 5
    assert (await app.client.get("files")).status == 401


async def test_the_oldest_refresh_token_gives_way_silently(app: App) -> None:
    """A user has so many refresh tokens a client; the next one ends the oldest, but not its access token."""
    await register(app.client, action="settings", settings={"refresh_tokens_per_client": 3})
    answers = [await app.sign_in() for _ in range(4)]
    other_client = await App(app.client, client_id="other", extra=app.extra).sign_in()
    assert [await alive(app, answer["refresh_token"]) for answer in answers] == [False, True, True, True]
    assert await alive(App(app.client, client_id="other"), other_client["refresh_token"])
    app.client.token = answers[0]["access_token"]
    assert (await app.client.get("files")).status == 200


async def test_there_are_a_hundred_refresh_tokens_by_default(app: App) -> None:
    """The hundred and first ends the first."""
    await register(app.client, action="settings", settings={"consent": "allow"})
    first = await sign_in_silently(app)
    second = await sign_in_silently(app)
    for _ in range(98):
        await sign_in_silently(app)
    assert await alive(app, first)
    await sign_in_silently(app)
    assert [await alive(app, first), await alive(app, second)] == [False, True]


async def sign_in_silently(app: App) -> str:
    """Get a refresh token where the page answers itself."""
    answer = await app.exchange(landed(await app.open())["code"])
    return str(answer.json["refresh_token"])


@pytest.mark.parametrize(("scope", "lasts"), [(DRIVE, False), (f"{DRIVE} openid", False), ("openid email", True)])
async def test_a_client_in_testing_loses_its_grants_after_a_week(app: App, scope: str, lasts: bool) -> None:
    """Refresh tokens of a consent screen in testing end after 7 days, unless they only say who the user is."""
    await register(
        app.client, action="client", client_id="app", client_secret="hush", redirect_uris=[REDIRECT_URI], testing=True
    )
    answer = await App(app.client, scope=scope, extra=app.extra).sign_in()
    assert answer.get("refresh_token_expires_in") == (None if lasts else 604_799)
    app.client.world.clock.advance(7 * DAY_MS - 1)
    assert await alive(app, answer["refresh_token"])
    app.client.world.clock.advance(1)
    assert await alive(app, answer["refresh_token"]) is lasts


async def test_access_can_be_given_for_a_time(app: App) -> None:
    """A client whose users give access for a time is told how much is left, at each refresh."""
    message = {"client_id": "app", "client_secret": "hush", "redirect_uris": [REDIRECT_URI], "grant_seconds": 1_000}
    await register(app.client, action="client", **message)
    refresh_token = (await app.sign_in())["refresh_token"]
    app.client.world.clock.advance(600_000)
    assert (await app.refresh(refresh_token)).json["refresh_token_expires_in"] == 399
    app.client.world.clock.advance(400_000)
    assert not await alive(app, refresh_token)


async def test_a_refresh_token_dies_of_disuse(app: App) -> None:
    """Six months unused end it; each use starts them again."""
    refresh_token = (await app.sign_in())["refresh_token"]
    for _ in range(2):
        app.client.world.clock.advance(180 * DAY_MS)
        assert await alive(app, refresh_token)
    app.client.world.clock.advance(180 * DAY_MS + 1)
    assert not await alive(app, refresh_token)


async def test_revoking_takes_back_all_that_a_user_gave_a_client(app: App) -> None:
    """All refresh tokens of the pair die, those of other users stay, and consent must be given again."""
    email = app.client.world.users[1].email
    first, second, others = await app.sign_in(), await app.sign_in(), await app.sign_in(account=email)
    assert (await app.client.send("POST", "/revoke", data={"token": first["access_token"]})).status == 200
    tokens = [answer["refresh_token"] for answer in (first, second, others)]
    assert [await alive(app, token) for token in tokens] == [False, False, True]
    assert "refresh_token" in await app.asking(prompt="").sign_in()
