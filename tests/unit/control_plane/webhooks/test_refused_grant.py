"""Push channels find out what became of a grant, at a Google that checks tokens."""

from collections.abc import AsyncIterator

import pytest
from tests.support.control_plane.consent import Stage, stage
from tests.unit.control_plane.webhooks.stage import ME, channels_of

from drive_control_plane.connections.access_tokens import AccessTokens
from drive_control_plane.database import Database
from drive_control_plane.database.tables import ConnectionStatus, Corpus
from drive_control_plane.webhooks.channels import ChannelManager


@pytest.fixture
async def staged(databases: Database) -> AsyncIterator[Stage]:
    """Provide a control plane and an emulated Google, on each kind of database."""
    async with stage(databases) as made:
        yield made


async def following(staged: Stage) -> str:
    """A connection whose log is followed, and whose token was asked for already; its id."""
    staged.world.clock.set(int(staged.time.now.timestamp() * 1000))  # Google opens no channel that has ended
    connection_id = await staged.connected()
    await AccessTokens(staged.context).token_of(connection_id)
    async with staged.context.database.transaction() as session:
        session.add(Corpus(connection_id=connection_id, corpus=ME, opened_at=staged.time.now, heard_at=staged.time.now))
    return connection_id


def manager_of(staged: Stage) -> ChannelManager:
    return ChannelManager(staged.context, AccessTokens(staged.context).token_of)


async def test_a_revoked_grant_is_found_out(staged: Stage) -> None:
    """Google refuses the token, and another one, too: the connection waits for consent, and no channel is left."""
    connection_id = await following(staged)
    grant = await staged.refresh_token(connection_id)
    await staged.control("POST", "oauth", {"action": "revoke", "refresh_token": grant})
    manager = manager_of(staged)
    await manager.look()
    row = await staged.connection(connection_id)
    assert row.status is ConnectionStatus.REAUTHORIZATION_REQUIRED
    assert row.status_reason
    (entry,) = await staged.audit("connection.grant_refused")
    assert entry.target == connection_id
    staged.time.advance(minutes=2)
    await manager.look()
    staged.time.advance(minutes=2)
    assert await manager.look() == 0
    assert await channels_of(staged.context.database, connection_id) == []


async def test_a_token_that_ended_early_is_renewed(staged: Stage) -> None:
    """The refused one is given to nobody any more; the channel is opened in the same turn."""
    connection_id = await following(staged)
    tokens = AccessTokens(staged.context)
    former = await tokens.token_of(connection_id)
    await staged.fail("changes.getStartPageToken", status=401, reason="authError")
    await manager_of(staged).look()
    (channel,) = await channels_of(staged.context.database, connection_id)
    assert channel.resource_id is not None
    assert await tokens.token_of(connection_id) != former
    row = await staged.connection(connection_id)
    assert (row.status, row.push_failures) == (ConnectionStatus.ACTIVE, 0)
