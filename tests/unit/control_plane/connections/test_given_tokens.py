"""Who asks again gets the same token without anybody being asked; whoever must not have it any more does not."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from tests.support.control_plane.consent import Stage

from drive_control_plane.audit.log import Actor
from drive_control_plane.connections import service
from drive_control_plane.connections.access_tokens import AccessTokens, Request
from drive_control_plane.connections.settings import ConnectionSettings
from drive_control_plane.context import Context
from drive_control_plane.database import Database
from drive_control_plane.oauth.disconnect import disconnect

WORKER = Actor("machine", "client_worker", address="192.0.2.1")


def ask(connection_id: str, actor: Actor = WORKER, **changes: Any) -> Request:
    return Request(actor, connection_id, **changes)


def without_database(context: Context) -> Context:
    """A process whose database cannot be opened: whatever asks it fails."""
    return replace(context, database=Database("sqlite:////nowhere/at/all.sqlite"))


async def is_asked_of_the_database(stage: Stage, request: Request) -> bool:
    """Whether a request needs more than the cache."""
    context = without_database(stage.context)
    try:
        await AccessTokens(context).grant(request)
    except SQLAlchemyError:
        return True
    else:
        return False
    finally:
        await context.database.close()


async def test_who_asks_again_gets_the_same_from_the_cache(staged_twice: Stage) -> None:
    """For five minutes neither Google nor the database is asked, and there is one entry in the audit log."""
    connection_id = await staged_twice.connected()
    first = await AccessTokens(staged_twice.context).grant(ask(connection_id))
    staged_twice.time.advance(seconds=299)
    without = without_database(staged_twice.context)
    assert await AccessTokens(without).grant(ask(connection_id)) == first
    assert len(await staged_twice.audit("access_token.given")) == 1
    staged_twice.time.advance(seconds=1)
    assert await is_asked_of_the_database(staged_twice, ask(connection_id))


async def test_whoever_was_not_given_it_is_looked_at(staged: Stage) -> None:
    """Another machine, or the same from another address, gets it by the database, with an entry of its own."""
    connection_id = await staged.connected()
    tokens = AccessTokens(staged.context)
    askers = [WORKER, replace(WORKER, name="client_other"), replace(WORKER, address="192.0.2.2")]
    for actor in askers * 2:
        await tokens.grant(ask(connection_id, actor))
    entries = await staged.audit("access_token.given")
    assert [(entry.actor, entry.address) for entry in entries] == [(each.name, each.address) for each in askers]


async def test_a_cached_token_is_sealed(staged: Stage) -> None:
    """A copy of the cache opens nobody's Drive and names nobody."""
    connection_id = await staged.connected()
    grant = await AccessTokens(staged.context).grant(ask(connection_id))
    kept = await staged.context.cache.get(f"access-token:{connection_id}")
    assert kept is not None
    assert grant.access_token.encode() not in kept
    assert staged.accounts[0].encode() not in kept
    assert grant.access_token in staged.context.vault.open(kept)


async def test_what_no_key_opens_is_as_if_it_were_not_there(staged: Stage) -> None:
    """After a change of keys, or of versions, the database is asked."""
    connection_id = await staged.connected()
    for kept in (b"gAAAA-of-another-key", staged.context.vault.seal('{"of": "another version"}')):
        await staged.context.cache.put(f"access-token:{connection_id}", kept, 300)
        assert (await AccessTokens(staged.context).grant(ask(connection_id))).access_token


async def test_a_token_that_google_refused_is_given_to_nobody_any_more(staged: Stage) -> None:
    """Its asker gets another one, and so do the others who had it."""
    connection_id = await staged.connected()
    other = replace(WORKER, name="client_other")
    tokens = AccessTokens(staged.context)
    first = [await tokens.grant(ask(connection_id, actor)) for actor in (WORKER, other)]
    refused = sha256(first[0].access_token.encode()).hexdigest()
    second = await tokens.grant(ask(connection_id, refused_hash=refused))
    assert second.access_token != first[0].access_token
    assert (await tokens.grant(ask(connection_id, other))).access_token == second.access_token
    assert (await tokens.grant(ask(connection_id, refused_hash=refused))).access_token == second.access_token


async def test_after_a_disconnection_nothing_is_given(staged: Stage) -> None:
    """The cache forgets with the database."""
    connection_id = await staged.connected()
    tokens = AccessTokens(staged.context)
    await tokens.grant(ask(connection_id))
    await disconnect(staged.context, staged.operators["op_1"].actor, connection_id)
    assert await is_asked_of_the_database(staged, ask(connection_id))


async def test_after_a_new_consent_the_new_token_is_given(staged: Stage) -> None:
    """The former grant's token is not given to those who had it."""
    connection_id = await staged.connected()
    tokens = AccessTokens(staged.context)
    first = await tokens.grant(ask(connection_id))
    assert await staged.connected() == connection_id
    assert (await tokens.grant(ask(connection_id))).access_token != first.access_token


async def test_changed_settings_are_told_at_once(staged: Stage) -> None:
    """What a worker gets with the token is what stands in the database."""
    connection_id = await staged.connected()
    tokens = AccessTokens(staged.context)
    await tokens.grant(ask(connection_id))
    actor = staged.operators["op_1"].actor
    changes = service.Changes(settings=ConnectionSettings(page_size=100))
    await service.change(staged.context, actor, actor.tenant_id or "", connection_id, changes)
    assert (await tokens.grant(ask(connection_id))).connection_config["page_size"] == 100


async def test_a_subject_is_checked_against_the_cache_too(staged: Stage) -> None:
    """The connection's own passes; another one is for the database to refuse."""
    connection_id = await staged.connected()
    await AccessTokens(staged.context).grant(ask(connection_id))
    assert not await is_asked_of_the_database(staged, ask(connection_id, subject=staged.accounts[0].upper()))
    assert await is_asked_of_the_database(staged, ask(connection_id, subject=staged.accounts[1]))


async def test_a_token_near_its_end_is_not_kept(staged: Stage) -> None:
    """Five minutes before its end nobody gets it from the cache either."""
    await staged.control("POST", "oauth", {"action": "settings", "settings": {"access_token_seconds": 360}})
    connection_id = await staged.connected()
    await AccessTokens(staged.context).grant(ask(connection_id))
    staged.time.advance(seconds=59)
    assert not await is_asked_of_the_database(staged, ask(connection_id))
    staged.time.advance(seconds=1)
    assert await is_asked_of_the_database(staged, ask(connection_id))


async def test_an_entry_of_another_connection_is_not_believed(staged: Stage) -> None:
    """Whoever writes to the cache and has no key can put a sealed entry elsewhere: it opens nothing there."""
    mine, other = await staged.connected(staged.accounts[0]), await staged.connected(staged.accounts[1])
    tokens = AccessTokens(staged.context)
    given = {each: (await tokens.grant(ask(each))).access_token for each in (mine, other)}
    sealed = await staged.context.cache.get(f"access-token:{other}")
    assert sealed is not None
    await staged.context.cache.put(f"access-token:{mine}", sealed, 60)
    assert (await AccessTokens(staged.context).grant(ask(mine))).access_token == given[mine]
