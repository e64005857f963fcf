"""Access tokens: Google is asked once for all, and a grant that ended is told as such."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from tests.support.control_plane.consent import Stage, stage
from tests.support.control_plane.databases import url_of

from drive_control_plane.audit.log import Actor
from drive_control_plane.connections.access_tokens import MOST_REFRESHES, AccessTokens, Request
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Credential
from drive_control_plane.http.problems import Problem
from drive_control_plane.oauth.disconnect import disconnect
from drive_control_plane.oauth.scopes import DRIVE_READONLY, EVERYTHING

WORKER = Actor("machine", "client_worker")


def ask(connection_id: str, **changes: Any) -> Request:
    return Request(WORKER, connection_id, **changes)


async def refused(tokens: AccessTokens, request: Request) -> Problem:
    with pytest.raises(Problem) as caught:
        await tokens.grant(request)
    return caught.value


async def change_credential(stage: Stage, connection_id: str, **values: Any) -> None:
    async with stage.context.database.transaction() as session:
        credential = await session.get_one(Credential, connection_id)
        for name, value in values.items():
            setattr(credential, name, value)


async def outdate(stage: Stage, connection_id: str) -> None:
    """Let the stored token be used up."""
    await change_credential(stage, connection_id, access_expires_at=stage.time.now)
    await stage.control("DELETE", "requests")


async def who(stage: Stage, access_token: str) -> str:
    """Whose Drive a token opens at Google."""
    url, headers = f"{stage.google}/drive/v3/about", {"Authorization": f"Bearer {access_token}"}
    async with stage.context.http.get(url, params={"fields": "user"}, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["user"]["emailAddress"])


async def under_way(stage: Stage, asking: "asyncio.Task[Any]") -> None:
    """Wait until Google has taken the fault that makes it slow, so that the refresh is under way."""
    while (await stage.control("GET", "faults"))["faults"]:
        assert not asking.done()


@asynccontextmanager
async def replica(stage: Stage, turn_seconds: float = 8.0) -> AsyncIterator[AccessTokens]:
    """Another process on the same database."""
    database = Database(url_of(stage.context.database))
    try:
        yield AccessTokens(replace(stage.context, database=database), turn_seconds=turn_seconds)
    finally:
        await database.close()


async def test_a_worker_gets_a_token_and_the_settings(staged_twice: Stage) -> None:
    """The token opens the account's Drive, lasts five minutes at least, and the settings hold no credential."""
    account = staged_twice.accounts[1]
    connection_id = await staged_twice.connected(account)
    await staged_twice.change(connection_id, settings={**EVERYTHING, "page_size": 100, "refresh_token": "leftover"})
    grant = await AccessTokens(staged_twice.context).grant(ask(connection_id))
    assert await who(staged_twice, grant.access_token) == account
    assert (grant.expires_at - staged_twice.time.now).total_seconds() > 300
    assert grant.scopes == (DRIVE_READONLY,)
    assert grant.connection_config == {**EVERYTHING, "page_size": 100}
    assert grant.access_token not in repr(grant)
    (entry,) = await staged_twice.audit("access_token.given")
    assert (entry.actor, entry.target, entry.tenant_id) == ("client_worker", connection_id, "tenant_1")


async def test_many_callers_ask_google_once(staged_twice: Stage) -> None:
    """A hundred callers at the same moment share one refresh, and get the same token."""
    connection_id = await staged_twice.connected()
    await outdate(staged_twice, connection_id)
    tokens = AccessTokens(staged_twice.context)
    grants = await asyncio.gather(*(tokens.grant(ask(connection_id)) for _ in range(100)))
    assert await staged_twice.asked("oauth.token") == 1
    assert len({grant.access_token for grant in grants}) == 1


async def test_replicas_ask_google_once(postgresql_database: Database) -> None:
    """Replicas that ask at the same moment wait for each other at the database: one refresh for all of them."""
    async with stage(postgresql_database) as staged:
        connection_id = await staged.connected()
        await outdate(staged, connection_id)
        async with replica(staged) as one, replica(staged) as two, replica(staged) as three:
            wanted = [tokens.grant(ask(connection_id)) for tokens in (one, two, three) for _ in range(5)]
            grants = await asyncio.gather(*wanted)
        assert await staged.asked("oauth.token") == 1
        assert len({grant.access_token for grant in grants}) == 1


async def test_a_token_is_used_until_five_minutes_before_its_end(staged: Stage) -> None:
    """With more than five minutes left the stored token is given, with less a new one."""
    connection_id = await staged.connected()
    tokens = AccessTokens(staged.context)
    first = await tokens.grant(ask(connection_id))
    staged.time.advance(seconds=3_599 - 301)
    assert (await tokens.grant(ask(connection_id))).access_token == first.access_token
    staged.time.advance(seconds=1)
    second = await tokens.grant(ask(connection_id))
    assert second.access_token != first.access_token
    assert (second.expires_at - staged.time.now).total_seconds() == 3_599


async def test_tokens_that_last_less_than_that_are_given_all_the_same(staged: Stage) -> None:
    """Where Google's tokens are short, each caller gets a fresh one."""
    await staged.control("POST", "oauth", {"action": "settings", "settings": {"access_token_seconds": 60}})
    connection_id = await staged.connected()
    grant = await AccessTokens(staged.context).grant(ask(connection_id))
    assert (grant.expires_at - staged.time.now).total_seconds() == 60


async def test_the_stored_token_is_sealed(staged: Stage) -> None:
    """A copy of the database opens nobody's Drive."""
    connection_id = await staged.connected()
    token = await AccessTokens(staged.context).token_of(connection_id)
    credential = await staged.credential(connection_id)
    assert credential is not None
    assert credential.access_token is not None
    assert token.encode() not in credential.access_token
    assert staged.context.vault.open(credential.access_token) == token


async def test_a_revoked_grant_marks_the_connection_and_is_not_tried_again(staged_twice: Stage) -> None:
    """Google says no once: the connection waits for consent, and who asks then is told at once."""
    connection_id = await staged_twice.connected()
    await outdate(staged_twice, connection_id)
    token = await staged_twice.refresh_token(connection_id)
    await staged_twice.control("POST", "oauth", {"action": "revoke", "refresh_token": token})
    tokens = AccessTokens(staged_twice.context)
    problems = [await refused(tokens, ask(connection_id)) for _ in range(3)]
    assert {(problem.status, problem.code) for problem in problems} == {(409, "reauthorization_required")}
    assert await staged_twice.asked("oauth.token") == 1
    row = await staged_twice.connection(connection_id)
    assert row.status == "reauthorization_required"
    assert row.status_reason == problems[0].detail == "The grant has expired or was revoked. Connect the account again."
    (entry,) = await staged_twice.audit("connection.grant_refused")
    assert (entry.tenant_id, entry.actor_kind, entry.details) == ("tenant_1", "google", {"code": "invalid_grant"})


async def test_after_a_new_consent_tokens_are_given_again(staged: Stage) -> None:
    """Reconnecting ends the wait."""
    connection_id = await staged.connected()
    await outdate(staged, connection_id)
    token = await staged.refresh_token(connection_id)
    await staged.control("POST", "oauth", {"action": "revoke", "refresh_token": token})
    tokens = AccessTokens(staged.context)
    await refused(tokens, ask(connection_id))
    assert await staged.connected() == connection_id
    assert (await tokens.grant(ask(connection_id))).access_token


async def test_a_consent_that_comes_during_a_refresh_wins(staged: Stage) -> None:
    """A refusal of the old grant does not mark the connection that has a new one by then."""
    connection_id = await staged.connected()
    await outdate(staged, connection_id)
    old = await staged.refresh_token(connection_id)
    await staged.control("POST", "oauth", {"action": "revoke", "refresh_token": old})
    await staged.fail("oauth.token", kind="latency", latency_ms=1_500)
    asking = asyncio.create_task(AccessTokens(staged.context).grant(ask(connection_id)))
    await under_way(staged, asking)
    assert await staged.connected() == connection_id
    assert await who(staged, (await asking).access_token) == staged.accounts[0]
    assert (await staged.connection(connection_id)).status == "active"


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_google_away_is_no_fault_of_the_connection(staged: Stage, status: int) -> None:
    """After three tries the caller is told to come again; the connection stays as it is."""
    connection_id = await staged.connected()
    await outdate(staged, connection_id)
    await staged.fail("oauth.token", status=status, count=None)
    problem = await refused(AccessTokens(staged.context), ask(connection_id))
    assert (problem.status, problem.headers) == (503, {"retry-after": "30"})
    assert await staged.asked("oauth.token") == 3
    assert (await staged.connection(connection_id)).status == "active"


async def test_a_passing_failure_is_not_noticed(staged: Stage) -> None:
    """Two failures in a row are tried again, a connection that is cut too."""
    connection_id = await staged.connected()
    await outdate(staged, connection_id)
    await staged.fail("oauth.token", status=503)
    await staged.fail("oauth.token", kind="reset")
    assert (await AccessTokens(staged.context).grant(ask(connection_id))).access_token


async def test_a_wrong_client_secret_marks_no_connection(staged: Stage) -> None:
    """A mistake in the installation must not ask all people for consent again."""
    connection_id = await staged.connected()
    await outdate(staged, connection_id)
    settings = staged.context.settings
    broken = replace(staged.context, settings=settings.model_copy(update={"google_client_id": "nobody"}))
    problem = await refused(AccessTokens(broken), ask(connection_id))
    assert (problem.status, problem.code) == (502, "invalid_client")
    assert (await staged.connection(connection_id)).status == "active"


async def test_keys_that_are_gone_are_told(staged: Stage) -> None:
    """A credential that no key opens is a matter of the installation, and nothing of it is shown."""
    connection_id = await staged.connected()
    await change_credential(staged, connection_id, access_token=None, secret=b"gAAAA-of-another-key")
    problem = await refused(AccessTokens(staged.context), ask(connection_id))
    assert (problem.status, problem.code) == (500, "credential_unreadable")
    assert "gAAAA" not in problem.detail


async def test_what_is_not_there_is_not_found(staged: Stage) -> None:
    """Unknown, disconnected and another tenant's connections cannot be told apart."""
    mine, ended = await staged.connected(), await staged.connected(staged.accounts[1])
    await disconnect(staged.context, staged.operators["op_1"].actor, ended)
    tokens = AccessTokens(staged.context)
    problems = [
        await refused(tokens, ask("conn_unknown")),
        await refused(tokens, ask(ended)),
        await refused(tokens, ask(mine, tenant_id="tenant_2")),
    ]
    assert {(problem.status, problem.code, problem.detail) for problem in problems} == {
        (404, "unknown_connection", problems[0].detail)
    }
    assert (await tokens.grant(ask(mine, tenant_id="tenant_1"))).access_token


async def test_a_token_stands_for_nobody_else(staged: Stage) -> None:
    """The subject may be named, and must be the connection's."""
    connection_id = await staged.connected()
    tokens = AccessTokens(staged.context)
    problem = await refused(tokens, ask(connection_id, subject=staged.accounts[1]))
    assert (problem.status, problem.code) == (403, "foreign_subject")
    assert (await tokens.grant(ask(connection_id, subject=staged.accounts[0].upper()))).access_token


async def test_a_caller_who_leaves_does_not_end_it_for_the_others(staged: Stage) -> None:
    """The first caller is cancelled while Google thinks; the second gets the token of the same refresh."""
    connection_id = await staged.connected()
    await outdate(staged, connection_id)
    await staged.fail("oauth.token", kind="latency", latency_ms=300)
    tokens = AccessTokens(staged.context)
    first, second = (asyncio.create_task(tokens.grant(ask(connection_id))) for _ in range(2))
    await under_way(staged, first)
    first.cancel()
    assert (await second).access_token
    assert await staged.asked("oauth.token") == 1
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_replicas_do_not_wait_long_for_google(postgresql_database: Database) -> None:
    """While Google keeps one replica waiting the others are told to come again, and nobody else waits for a row."""
    async with stage(postgresql_database) as staged:
        connection_id = await staged.connected()
        await outdate(staged, connection_id)
        await staged.fail("oauth.token", kind="latency", latency_ms=2_000)
        async with replica(staged) as one, replica(staged, turn_seconds=0.2) as two, replica(staged, 0.2) as three:
            asking = asyncio.create_task(one.grant(ask(connection_id)))
            await under_way(staged, asking)
            problems = [await refused(tokens, ask(connection_id)) for tokens in (two, three)]
            assert {(problem.status, problem.code) for problem in problems} == {(503, "token_busy")}
            assert problems[0].headers == {"retry-after": "5"}
            await change_credential(staged, connection_id, granted_at=staged.time.now)
            assert not asking.done()
            token = (await asking).access_token
            assert (await two.grant(ask(connection_id))).access_token == token
        assert await staged.asked("oauth.token") == 1


async def test_a_process_asks_google_for_few_at_a_time(staged: Stage) -> None:
    """While Google hangs for some connections, callers for others are told to come again instead of queueing."""
    ids = [await staged.connected(account) for account in staged.accounts[: MOST_REFRESHES + 1]]
    assert len(ids) == MOST_REFRESHES + 1
    for connection_id in ids:
        await outdate(staged, connection_id)
    await staged.fail("oauth.token", kind="latency", latency_ms=2_000, count=MOST_REFRESHES)
    tokens = AccessTokens(staged.context, turn_seconds=0.2)
    slow = [asyncio.create_task(tokens.grant(ask(connection_id))) for connection_id in ids[:-1]]
    await under_way(staged, slow[0])
    assert (await refused(tokens, ask(ids[-1]))).code == "token_busy"
    assert len({grant.access_token for grant in await asyncio.gather(*slow)}) == MOST_REFRESHES
    assert (await tokens.grant(ask(ids[-1]))).access_token


async def test_the_audit_log_tells_of_a_token_once_an_hour(staged: Stage) -> None:
    """Of each client, address and connection; whoever asks every minute does not fill it."""
    connection_id, tokens = await staged.connected(), AccessTokens(staged.context)
    elsewhere = Request(Actor("machine", "client_worker", None, "192.0.2.7"), connection_id)
    for _ in range(12):
        await tokens.grant(ask(connection_id))
        await tokens.grant(elsewhere)
        staged.time.advance(minutes=6)
    entries = await staged.audit("access_token.given")
    assert [entry.address for entry in entries] == [None, "192.0.2.7"] * 2
    assert (entries[2].at - entries[0].at).total_seconds() == 3600


async def test_who_asks_for_what_they_may_not_have_is_noted(staged_twice: Stage) -> None:
    """Another tenant's connection and somebody else's subject, once an hour each."""
    connection_id, tokens = await staged_twice.connected(), AccessTokens(staged_twice.context)
    stranger = Request(Actor("machine", "client_stranger", "tenant_2"), connection_id, "tenant_2")
    for request in (stranger, stranger, ask(connection_id, subject="boss@example.com")):
        await refused(tokens, request)
    told = [
        (entry.actor, entry.tenant_id, entry.details["code"])
        for entry in await staged_twice.audit("access_token.given")
        if entry.outcome == "refused"
    ]
    assert told == [
        ("client_stranger", "tenant_2", "unknown_connection"),
        ("client_worker", None, "foreign_subject"),
    ]
