"""From "Connect" to a connection, and again for one there is."""

import asyncio
from datetime import timedelta

import pytest
from tests.support.control_plane.consent import CLIENT_ID, Stage, changed

from drive_control_plane.database.tables import ConnectionStatus, Role
from drive_control_plane.oauth.scopes import DRIVE_READONLY, METADATA_READONLY

PARKED = {"status": ConnectionStatus.REAUTHORIZATION_REQUIRED, "status_reason": "Connect again.", "next_run_at": None}


async def test_consent_makes_a_connection_that_is_due_at_once(staged_twice: Stage) -> None:
    """Who consents gets an active connection of their account, with a sealed grant, and comes to its page."""
    account = staged_twice.accounts[1]
    answer = await (await staged_twice.browser()).connect(account)
    (row,) = await staged_twice.rows()
    assert (answer.status, answer.location) == (303, f"/connections/{row.id}")
    assert (row.tenant_id, row.account_email, row.created_by) == ("tenant_1", account, "op_1")
    assert (row.status, row.schedule, row.next_run_at) == ("active", {"kind": "adaptive"}, staged_twice.time.now)
    credential = await staged_twice.credential(row.id)
    assert credential is not None
    assert credential.secret.startswith(b"gAAAA")
    assert credential.scopes == [DRIVE_READONLY]
    assert (await staged_twice.refresh_token(row.id)).startswith("1//")


async def test_google_is_asked_for_a_lasting_grant_of_no_more_than_reading(staged: Stage) -> None:
    """The address asks for offline access with PKCE and a state, to read only, and not for what was granted before."""
    url = await (await staged.browser()).start()
    asked = (await (await staged.browser()).send("POST", "/connect")).query
    assert url.startswith(f"{staged.google}/o/oauth2/v2/auth?")
    assert len(asked.pop("state")) == len(asked.pop("code_challenge")) == 43
    assert asked == {
        "client_id": CLIENT_ID,
        "redirect_uri": f"{staged.url}/connect/callback",
        "response_type": "code",
        "scope": DRIVE_READONLY,
        "access_type": "offline",
        "prompt": "consent",
        "include_granted_scopes": "false",
        "code_challenge_method": "S256",
    }


async def test_metadata_alone_needs_the_narrow_scope(staged: Stage) -> None:
    """Who wants no comments and no shared drives is asked for metadata only, and that is what is followed."""
    answer = await (await staged.browser()).connect(reads="metadata")
    (row,) = await staged.rows()
    credential = await staged.credential(row.id)
    assert answer.status == 303
    assert credential is not None
    assert credential.scopes == [METADATA_READONLY]
    assert (row.settings["corpora"]["drives"], "comment" in row.settings["resources"]) == ("none", False)


async def test_connecting_again_gives_the_same_connection_a_new_grant(staged_twice: Stage) -> None:
    """The same account is never followed twice in a tenant; the worker is told to go on, and the account is hinted."""
    connection_id = await staged_twice.connected()
    before = await staged_twice.refresh_token(connection_id)
    await staged_twice.change(connection_id, consecutive_failures=7, **PARKED)
    staged_twice.time.advance(hours=1)
    browser = await staged_twice.browser()
    url = await browser.start(connection_id=connection_id)
    answer = await browser.send("GET", await browser.consent(url))
    (row,) = await staged_twice.rows()
    assert answer.location == f"/connections/{connection_id}"
    assert f"login_hint={row.account_email.replace('@', '%40')}" in url
    assert (row.status, row.status_reason, row.consecutive_failures) == ("active", None, 0)
    assert row.next_run_at == row.status_at == staged_twice.time.now
    assert await staged_twice.refresh_token(connection_id) != before
    (sent,) = staged_twice.triggers()
    message = sent.json()
    assert (sent.key, message["trigger_type"], message["integration_connection_id"]) == (
        connection_id, "resume", connection_id,
    )  # fmt: skip
    assert message["connection_config"] == row.settings


async def test_a_reconnection_has_its_push_channels_looked_at(staged: Stage) -> None:
    """They ended with the grant: nobody waits for the next round."""
    connection_id = await staged.connected()
    await staged.change(connection_id, status=ConnectionStatus.REAUTHORIZATION_REQUIRED, push_failures=3)
    await (await staged.browser()).connect(connection_id=connection_id)
    row = await staged.connection(connection_id)
    assert (row.push_due_at, row.push_failures) == (staged.time.now, 0)


async def test_a_new_consent_of_a_connected_account_is_a_reconnection_too(staged: Stage) -> None:
    """Pressing "Connect" without naming the connection finds it by the account."""
    first = await staged.connected(staged.accounts[2])
    assert await staged.connected(staged.accounts[2]) == first
    assert [entry.action for entry in await staged.audit() if entry.target == first] == [
        "connection.connected",
        "connection.reconnected",
    ]


async def test_a_connection_never_gets_a_grant_that_opens_less_than_it_reads(staged: Stage) -> None:
    """A narrower consent of an account that is connected already is refused, and leaves its grant alone."""
    connection_id = await staged.connected()
    before = await staged.refresh_token(connection_id)
    answer = await (await staged.browser()).connect(reads="metadata")
    assert (answer.status, "narrower_grant" in answer.text) == (400, True)
    assert await staged.refresh_token(connection_id) == before
    assert await staged.asked("oauth.revoke") == 0


async def test_a_connection_may_get_a_grant_that_opens_more(staged: Stage) -> None:
    """A wider consent of an account that reads metadata alone is a reconnection; what it reads stays."""
    await (await staged.browser()).connect(reads="metadata")
    await staged.connected()
    (row,) = await staged.rows()
    assert row.settings["corpora"]["drives"] == "none"
    assert len(staged.triggers()) == 1


async def test_tenants_do_not_share_a_connection(staged: Stage) -> None:
    """The same account in another tenant is another connection, and nobody names a foreign one."""
    first = await staged.connected()
    second = await staged.connected(operator="op_2")
    assert first != second
    refused = await (await staged.browser("op_2")).send("POST", "/connect", data={"connection_id": first})
    assert refused.status == 400
    assert "unknown_connection" in refused.text


async def test_a_reconnection_as_somebody_else_is_refused(staged: Stage) -> None:
    """The consent of another account changes nothing, and is given back to Google."""
    mine, other = staged.accounts[:2]
    connection_id = await staged.connected(mine)
    before = await staged.refresh_token(connection_id)
    browser = await staged.browser()
    url = await browser.start(connection_id=connection_id)
    answer = await browser.send("GET", await browser.consent(url, other))
    assert answer.status == 400
    assert mine in answer.text
    assert other in answer.text
    assert await staged.refresh_token(connection_id) == before
    assert await staged.live_grants() == [mine]
    assert [row.id for row in await staged.rows()] == [connection_id]


async def test_the_grant_of_another_live_connection_is_left_alone(staged: Stage) -> None:
    """Choosing an account that has a connection of its own by mistake does not end that one's grant."""
    mine, other = staged.accounts[:2]
    connection_id, _ = await staged.connected(mine), await staged.connected(other)
    browser = await staged.browser()
    await browser.send("GET", await browser.consent(await browser.start(connection_id=connection_id), other))
    assert (await staged.live_grants()).count(other) == 2
    (entry,) = await staged.audit("grant.given_back")
    assert entry.details == {"outcome": "needed_by_another_connection"}


async def test_kafka_away_at_a_reconnection_changes_nothing(staged: Stage) -> None:
    """A worker that cannot be told would stay parked: the page says so, and the connection still waits for consent."""
    connection_id = await staged.connected()
    before = await staged.refresh_token(connection_id)
    await staged.change(connection_id, **PARKED)
    staged.publisher.broken = "no brokers"
    answer = await (await staged.browser()).connect()
    assert (answer.status, "worker_not_told" in answer.text) == (400, True)
    row = await staged.connection(connection_id)
    assert row.status == "reauthorization_required"
    assert await staged.refresh_token(connection_id) == before


async def test_others_write_while_a_reconnection_waits_for_kafka(
    staged: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite, too, which has one writer at a time; then it is made."""
    connection_id = await staged.connected()
    await staged.change(connection_id, **PARKED)
    asked, publish = asyncio.Event(), staged.publisher.publish
    answer = asyncio.Event()

    async def held(topic: str, key: str, value: bytes, traceparent: str | None = None) -> None:
        asked.set()
        await answer.wait()
        await publish(topic, key, value, traceparent)

    monkeypatch.setattr(staged.publisher, "publish", held)
    connecting = asyncio.create_task((await staged.browser()).connect())
    await asked.wait()
    await staged.change(connection_id, name="renamed meanwhile")
    answer.set()
    assert (await connecting).status == 303
    row = await staged.connection(connection_id)
    assert (row.status, row.name) == ("active", "renamed meanwhile")
    (trigger,) = staged.triggers()
    assert trigger.json()["trigger_type"] == "resume"


async def test_too_small_a_grant_is_given_back(staged: Stage) -> None:
    """Who unticks what is needed reads which it was; nothing is kept, here or at Google."""
    browser = await staged.browser()
    url = changed(await browser.start(), scope=METADATA_READONLY)
    answer = await browser.send("GET", await browser.consent(url))
    assert answer.status == 400
    assert "scopes_unticked" in answer.text
    assert "drive.readonly is missing" in answer.text
    assert await staged.rows() == []
    assert await staged.live_grants() == []


async def test_a_grant_that_does_not_last_is_given_back(staged: Stage) -> None:
    """Without a refresh token there is nothing to follow a drive with."""
    browser = await staged.browser()
    url = changed(await browser.start(), access_type="online")
    answer = await browser.send("GET", await browser.consent(url))
    assert "no_refresh_token" in answer.text
    assert await staged.live_grants() == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("access_denied", "choose Allow"),
        ("admin_policy_enforced", "App access control"),
        ("org_internal", "open to its own organisation only"),
        ("redirect_uri_mismatch", "authorised redirect URIs"),
        ("temporarily_unavailable", "Try again in some minutes"),
        ("something_new", "Connect again"),
    ],
)
async def test_each_refusal_of_googles_has_a_page_that_says_what_to_do(staged: Stage, error: str, said: str) -> None:
    """An error in the answer ends on a page with advice, in the audit log, and in no connection."""
    browser = await staged.browser()
    state = dict(pair.split("=") for pair in (await browser.start()).split("?")[1].split("&"))["state"]
    answer = await browser.send("GET", f"/connect/callback?error={error}&state={state}")
    assert answer.status == 400
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert said in answer.text
    (entry,) = await staged.audit("connection.consent_failed")
    assert (entry.outcome, entry.actor) == ("refused", "op_1@company.example")
    assert await staged.rows() == []


async def test_who_refuses_at_google_is_told_what_to_do(staged: Stage) -> None:
    """Cancel on Google's own page comes back as access_denied."""
    browser = await staged.browser()
    answer = await browser.send("GET", await browser.consent(await browser.start(), decision="deny"))
    assert (answer.status, "access_denied" in answer.text) == (400, True)


async def test_a_code_is_not_sent_twice(staged: Stage) -> None:
    """A token server that fails is not asked again with the same code, and the page says to try later."""
    await staged.fail("oauth.token", status=503, count=None)
    answer = await (await staged.browser()).connect()
    assert "temporarily_unavailable" in answer.text
    assert await staged.asked("oauth.token") == 1


async def test_a_drive_that_does_not_answer_costs_no_grant(staged: Stage) -> None:
    """about.get is asked again after a passing failure."""
    await staged.fail("about.get", status=503, count=2)
    assert (await (await staged.browser()).connect()).status == 303
    assert await staged.asked("about.get") == 3


async def test_without_an_oauth_client_the_page_says_what_to_set(staged: Stage) -> None:
    """An installation without GOOGLE_CLIENT_ID says so instead of sending people to an error of Google's."""
    object.__setattr__(staged.context.settings, "google_client_id", None)
    answer = await (await staged.browser()).send("POST", "/connect")
    assert answer.status == 400
    assert "GOOGLE_CLIENT_ID" in answer.text


async def test_viewers_and_strangers_connect_nothing(staged: Stage) -> None:
    """Only operators start a consent; a stranger is told to sign in."""
    staged.operator("looks", role=Role.VIEWER)
    assert (await (await staged.browser("looks")).send("POST", "/connect")).status == 403
    assert (await (await staged.browser("nobody")).send("POST", "/connect")).status == 401
    assert [(entry.action, entry.outcome) for entry in await staged.audit()] == [("request.refused", "refused")]


async def test_two_consents_of_one_account_at_once_make_one_connection(staged_twice: Stage) -> None:
    """Two tabs that answer at the same moment end in the same connection."""
    browsers = [await staged_twice.browser() for _ in range(4)]
    landings = [await browser.consent(await browser.start()) for browser in browsers]
    answers = await asyncio.gather(
        *(browser.send("GET", landing) for browser, landing in zip(browsers, landings, strict=True))
    )
    (row,) = await staged_twice.rows()
    assert {answer.location for answer in answers} == {f"/connections/{row.id}"}


async def test_tabs_of_one_browser_do_not_disturb_each_other(staged: Stage) -> None:
    """Two consents under way in one browser both end well."""
    browser, accounts = await staged.browser(), staged.accounts
    urls = [await browser.start(), await browser.start()]
    landings = [await browser.consent(url, account) for url, account in zip(urls, accounts, strict=False)]
    assert [(await browser.send("GET", landing)).status for landing in landings] == [303, 303]
    assert len(await staged.rows()) == 2


async def test_a_consent_may_take_ten_minutes(staged: Stage) -> None:
    """Just before the end it is still good."""
    browser = await staged.browser()
    landing = await browser.consent(await browser.start())
    staged.time.advance(seconds=timedelta(minutes=10).total_seconds() - 1)
    assert (await browser.send("GET", landing)).status == 303
