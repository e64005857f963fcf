"""Sign-ins by the identity provider that are not what they seem."""

import base64
import hmac
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import pytest
from tests.support.control_plane.identity_provider import CLIENT_ID, CLIENT_SECRET, new_key
from tests.unit.control_plane.operators.office import SYSTEM, Desk
from tests.unit.control_plane.operators.oidc.hall import Hall, hall_over
from yarl import URL

from drive_control_plane.database import Database
from drive_control_plane.database.tables import Role
from drive_control_plane.operators import accounts

ADA = "ada@example.com"
PUBLISHED = b"x" * 32


@pytest.fixture(autouse=True)
async def _invited(hall: Hall) -> None:
    await accounts.invite(hall.context, SYSTEM, Role.ADMINISTRATOR, ADA)
    hall.provider.signs_in(ADA)


async def assert_refused(hall: Hall, desk: Desk, path: str, code: str) -> None:
    """Whether nobody is signed in, and the audit log says why."""
    status, text = await desk.get(path)
    assert (status, code in text) == (403, True), text
    assert await desk.get("/account") == (303, "/sign-in")
    entry = (await hall.audit("operator.signed_in"))[-1]
    assert (entry.outcome, entry.details["code"]) == ("refused", code)


def changed(path: str, **query: str) -> str:
    parts = urlsplit(path)
    return parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | query)).geturl()


def plant(desk: Desk, cookies: dict[str, str]) -> None:
    """Put cookies into a browser."""
    desk.http.cookie_jar.update_cookies(cookies, URL(desk.url))


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def unsigned(claims: dict[str, Any], header: dict[str, Any]) -> str:
    """A token of the algorithm `none`, in a spelling that a check may forget."""
    parts = [{**header, "alg": header.get("alg", "none")}, claims]
    return ".".join(encoded(json.dumps(each).encode()) for each in parts) + "."


def by_shared_secret(claims: dict[str, Any], header: dict[str, Any]) -> str:
    return jwt.encode(claims, CLIENT_SECRET.ljust(32), "HS256", header)


def by_what_was_published(claims: dict[str, Any], header: dict[str, Any]) -> str:
    """Says that it is signed by a private key, and is by a secret."""
    signed = unsigned(claims, {**header, "alg": "RS256"}).rstrip(".")
    return f"{signed}.{encoded(hmac.digest(PUBLISHED, signed.encode(), 'sha256'))}"


def by_a_stranger(claims: dict[str, Any], header: dict[str, Any]) -> str:
    return jwt.encode(claims, new_key(), "RS256", header)


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"nonce": "another"}, "foreign_nonce"),
        ({"nonce": None}, "id_token_unreadable"),
        ({"aud": "another client"}, "foreign_audience"),
        ({"aud": [CLIENT_ID, "another"]}, "foreign_audience"),
        ({"aud": [CLIENT_ID, "another"], "azp": "another"}, "foreign_audience"),
        ({"azp": "another"}, "foreign_audience"),
        ({"aud": []}, "foreign_audience"),
        ({"iss": "https://another.example"}, "foreign_issuer"),
        ({"exp": 1_767_225_600 - 61}, "id_token_expired"),
        ({"iat": 1_767_225_600 - 601}, "id_token_expired"),
        ({"iat": 1_767_225_600 + 61}, "id_token_early"),
        ({"exp": None}, "id_token_unreadable"),
        ({"sub": ""}, "id_token_unreadable"),
        ({"sub": "a\x00"}, "id_token_unreadable"),
        ({"email": "ada\x00@example.com"}, "id_token_unreadable"),
        ({"sub": None}, "id_token_unreadable"),
        ({"email": None}, "email_not_verified"),
        ({"email_verified": None}, "email_not_verified"),
        ({"email_verified": False}, "email_not_verified"),
        ({"email_verified": "true"}, "id_token_unreadable"),
    ],
)
async def test_a_token_that_says_something_else_is_refused(hall: Hall, claims: dict[str, Any], code: str) -> None:
    """Each claim is looked at; times to the minute."""
    hall.provider.claims = claims
    browser = await hall.browser()
    await assert_refused(hall, browser, await hall.sent(browser), code)


@pytest.mark.parametrize(
    ("signer", "header", "code"),
    [
        (unsigned, {}, "algorithm_refused"),
        (unsigned, {"alg": "None"}, "algorithm_refused"),
        (unsigned, {"alg": "RS256"}, "signature_refused"),
        (by_shared_secret, {}, "algorithm_refused"),
        (by_a_stranger, {}, "signature_refused"),
        (by_a_stranger, {"kid": "key-9"}, "key_unknown"),
        (by_a_stranger, {"kid": None}, "signature_refused"),
        (unsigned, {"alg": "RS256", "kid": 7}, "signature_refused"),
        (lambda *_: "no.token", {}, "signature_refused"),
        (lambda *_: "a" * 20_000, {}, "id_token_unreadable"),
    ],
)
async def test_a_token_that_the_provider_did_not_sign_is_refused(
    hall: Hall, signer: Any, header: dict[str, Any], code: str
) -> None:
    """Not signed, signed by a secret that both know, by a stranger's key, or no token at all."""
    hall.provider.signer, hall.provider.header = signer, header
    browser = await hall.browser()
    await assert_refused(hall, browser, await hall.sent(browser), code)


async def test_a_key_of_a_shared_secret_among_the_providers_keys_signs_nothing(hall: Hall) -> None:
    """What is published is no secret."""
    published = {"kty": "oct", "k": encoded(PUBLISHED), "kid": "shared"}
    honest = hall.provider.keys()
    hall.provider.keys = lambda: {"keys": [*honest["keys"], published]}  # type: ignore[method-assign]
    hall.provider.header = {"kid": "shared"}
    hall.provider.signer = by_what_was_published
    browser = await hall.browser()
    await assert_refused(hall, browser, await hall.sent(browser), "key_unknown")


async def test_an_answer_counts_once(hall: Hall) -> None:
    """Sent again it signs nobody in, not even with the cookie put back and a new code."""
    browser = await hall.browser()
    back = await hall.sent(browser)
    kept = {cookie.key: cookie.value for cookie in browser.http.cookie_jar}
    assert await browser.get(back) == (303, "/")
    thief = await hall.browser()
    await assert_refused(hall, thief, back, "unknown_sign_in")
    plant(thief, kept)
    await assert_refused(hall, thief, back, "code_refused")


async def test_an_answer_of_another_browser_signs_nobody_in(hall: Hall) -> None:
    """So nobody is made to work in somebody else's account; with their own cookie it does not fit either."""
    attacker, victim = await hall.browser(), await hall.browser()
    back = await hall.sent(attacker)
    await assert_refused(hall, victim, back, "unknown_sign_in")
    own = await hall.sent(victim)
    code = dict(parse_qsl(urlsplit(back).query))["code"]
    await assert_refused(hall, victim, changed(own, code=code), "code_refused")  # PKCE: another verifier


async def test_a_key_need_not_be_named_where_there_is_one(hall: Hall) -> None:
    """With two it has to be: none is tried out."""
    hall.provider.header = {"kid": None}
    browser = await hall.browser()
    assert await browser.get(await hall.sent(browser)) == (303, "/")
    honest = hall.provider.keys()["keys"]
    hall.provider.keys = lambda: {"keys": [*honest, {**honest[0], "kid": "key-2"}]}  # type: ignore[method-assign]
    hall.time.advance(hours=1)
    browser = await hall.browser()
    await assert_refused(hall, browser, await hall.sent(browser), "key_unknown")


@pytest.mark.parametrize("state", ["", "made-up", "%00", "x" * 3_000])
async def test_a_made_up_state_is_refused(hall: Hall, state: str) -> None:
    """With a sign-in of the browser's own under way."""
    browser = await hall.browser()
    await hall.sent(browser)
    await assert_refused(hall, browser, f"/sign-in/oidc/callback?state={state}&code=code-0", "unknown_sign_in")


async def test_a_forged_cookie_is_refused(hall: Hall) -> None:
    """Another secret of the vault's is none."""
    browser = await hall.browser()
    back = await hall.sent(browser)
    (name,) = [cookie.key for cookie in browser.http.cookie_jar]
    for forged in ("x", hall.context.vault.seal("{}").decode(), hall.context.vault.seal("no JSON").decode()):
        plant(browser, {name: forged})
        await assert_refused(hall, browser, back, "unknown_sign_in")


async def test_a_sign_in_does_not_take_for_ever(hall: Hall) -> None:
    """After ten minutes the answer comes too late."""
    browser = await hall.browser()
    back = await hall.sent(browser)
    hall.time.advance(minutes=10)
    await assert_refused(hall, browser, back, "sign_in_expired")


async def test_an_answer_in_another_providers_name_is_refused(hall: Hall) -> None:
    """RFC 9207: mixed up with another one's; the provider's own name is fine."""
    browser = await hall.browser()
    back = await hall.sent(browser)
    await assert_refused(hall, browser, changed(back, iss="https://another.example"), "foreign_issuer")
    back = await hall.sent(browser)
    assert await browser.get(changed(back, iss=hall.provider.url)) == (303, "/")


async def test_a_refusal_of_the_provider_is_told(hall: Hall) -> None:
    """In words of ours."""
    hall.provider.refuses = "<b>access_denied"
    browser = await hall.browser()
    back = await hall.sent(browser)
    await assert_refused(hall, browser, back, "refused_by_provider")


async def test_nobody_is_sent_elsewhere(hall: Hall) -> None:
    """Whatever the address says, the way back leads to the overview."""
    browser = await hall.browser()
    status, there = await browser.get("/sign-in/oidc?next=https://evil.example&redirect_uri=https://evil.example")
    assert (status, "evil" in there) == (303, False)
    back = changed(await hall.sent(browser), next="https://evil.example", redirect="//evil.example")
    assert await browser.get(back) == (303, "/")


async def test_a_sign_in_gives_a_new_session(hall: Hall) -> None:
    """A secret that somebody put into the browser beforehand is worth nothing afterwards."""
    browser = await hall.browser()
    plant(browser, {"session": "planted"})
    assert await browser.get(await hall.sent(browser)) == (303, "/")
    sessions = [cookie.value for cookie in browser.http.cookie_jar if cookie.key == "session"]
    assert "planted" not in sessions
    thief = await hall.browser()
    plant(thief, {"session": "planted"})
    assert await thief.get("/account") == (303, "/sign-in")


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": "http://another.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": None},
    ],
)
async def test_a_provider_that_says_it_is_another_is_not_asked(hall: Hall, discovery: dict[str, Any]) -> None:
    """Nor one whose tokens would come in clear."""
    hall.provider.discovery = discovery
    status, text = await (await hall.browser()).get("/sign-in/oidc")
    assert (status, "discovery_" in text) == (503, True)


async def test_a_provider_that_is_away_is_asked_now_and_then(hall: Hall) -> None:
    """Whoever comes meanwhile is told at once; when it is back they get in."""
    hall.provider.broken = True
    browser = await hall.browser()
    for _ in range(10):
        assert (await browser.get("/sign-in/oidc"))[0] == 503
    assert hall.provider.asked == ["discovery"]
    hall.provider.broken = False
    hall.time.advance(seconds=5)
    assert await browser.get(await hall.sent(browser)) == (303, "/")


async def test_keys_are_asked_for_anew_when_one_is_not_known(hall: Hall) -> None:
    """A provider may change its key at any time; a flood of unknown ones asks it once a minute."""
    browser = await hall.browser()
    assert (await browser.get(await hall.sent(browser)))[0] == 303
    hall.provider.key, hall.provider.key_name = new_key(), "key-2"
    for _ in range(5):
        await (await hall.browser()).get(await hall.sent(browser))
    assert hall.provider.asked.count("keys") == 1
    hall.time.advance(minutes=1)
    browser = await hall.browser()
    assert (await browser.get(await hall.sent(browser)))[0] == 303
    assert hall.provider.asked.count("keys") == 2


async def test_failures_of_an_address_have_to_wait(hall: Hall) -> None:
    """As those of passwords; but what any page can have its visitors do, they do not wait for."""
    await accounts.invite(hall.context, SYSTEM, Role.VIEWER, "grace@example.com")
    browser = await hall.browser()
    statuses = [(await browser.get("/sign-in/oidc/callback?state=x&code=y"))[0] for _ in range(21)]
    assert statuses == [403] * 20 + [429]
    assert await hall.comes(browser, "grace@example.com") == (303, "/")


async def test_over_https_the_cookie_is_this_hosts_alone(database: Database) -> None:
    """`__Host-`, `Secure`, and not for scripts."""
    async with hall_over(database, control_plane_public_url="https://drive.example.com") as hall:
        browser = await hall.browser()
        async with browser.http.get(f"{hall.url}/sign-in/oidc", allow_redirects=False) as answer:
            cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-sign-in-")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
