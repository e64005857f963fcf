"""The end of a connection."""

import pytest
from tests.support.control_plane.consent import Stage

from drive_control_plane.database.tables import Channel
from drive_control_plane.http.problems import Problem
from drive_control_plane.oauth.disconnect import disconnect


async def add_channel(stage: Stage, connection_id: str) -> None:
    now = stage.time.now
    async with stage.context.database.transaction() as session:
        session.add(
            Channel(
                id="chan_1",
                connection_id=connection_id,
                corpus="user:me",
                token_hash="0" * 64,
                created_at=now,
                expires_at=now,
            )
        )


async def end(stage: Stage, connection_id: str, operator: str = "op_1") -> None:
    await disconnect(stage.context, stage.operators[operator].actor, connection_id)


async def test_a_disconnected_account_is_forgotten_everywhere(staged_twice: Stage) -> None:
    """The worker is told to forget, Google ends the grant, the credential is gone, and channels count no more."""
    connection_id = await staged_twice.connected()
    await add_channel(staged_twice, connection_id)
    await end(staged_twice, connection_id)
    row = await staged_twice.connection(connection_id)
    assert (row.status, row.next_run_at, row.status_at) == ("disconnected", None, staged_twice.time.now)
    assert await staged_twice.credential(connection_id) is None
    assert await staged_twice.live_grants() == []
    assert [each.json()["trigger_type"] for each in staged_twice.triggers()] == ["forget"]
    async with staged_twice.context.database.transaction() as session:
        assert (await session.get_one(Channel, "chan_1")).stopped_at == staged_twice.time.now
    assert [entry.action for entry in await staged_twice.audit()][-2:] == [
        "connection.disconnected",
        "credential.deleted",
    ]


async def test_to_disconnect_again_does_nothing(staged: Stage) -> None:
    """The second time finds it done."""
    connection_id = await staged.connected()
    await end(staged, connection_id)
    before = len(await staged.audit())
    await end(staged, connection_id)
    assert (len(staged.triggers()), len(await staged.audit())) == (1, before)


async def test_another_tenants_connection_is_not_there(staged: Stage) -> None:
    """Nobody ends what is not theirs."""
    connection_id = await staged.connected()
    with pytest.raises(Problem) as refused:
        await end(staged, connection_id, "op_2")
    assert refused.value.status == 404
    assert (await staged.connection(connection_id)).status == "active"


async def test_a_worker_that_cannot_be_told_keeps_the_connection(staged: Stage) -> None:
    """With Kafka away nothing is changed, and asking again later ends it."""
    connection_id = await staged.connected()
    staged.publisher.broken = "no brokers"
    with pytest.raises(Problem) as refused:
        await end(staged, connection_id)
    assert refused.value.status == 503
    assert (await staged.connection(connection_id)).status == "active"
    assert len(await staged.live_grants()) == 1
    staged.publisher.broken = None
    await end(staged, connection_id)
    assert await staged.live_grants() == []


async def test_a_revocation_that_fails_is_noted_and_the_token_forgotten(staged: Stage) -> None:
    """Google is asked three times; after that the person can remove the app themselves."""
    connection_id = await staged.connected()
    await staged.fail("oauth.revoke", status=503, count=None)
    await end(staged, connection_id)
    assert await staged.asked("oauth.revoke") == 3
    assert await staged.credential(connection_id) is None
    (entry,) = await staged.audit("credential.deleted")
    assert entry.details == {"grant": "revocation_failed"}


async def test_a_grant_that_was_revoked_before_is_no_failure(staged: Stage) -> None:
    """Who removed the app at Google first can still disconnect."""
    connection_id = await staged.connected()
    token = await staged.refresh_token(connection_id)
    await staged.control("POST", "oauth", {"action": "revoke", "refresh_token": token})
    await end(staged, connection_id)
    (entry,) = await staged.audit("credential.deleted")
    assert entry.details == {"grant": "revoked"}


async def test_the_same_account_of_another_tenant_goes_on(staged: Stage) -> None:
    """Google would end all grants of the account to this client, so none is revoked while another lives by it."""
    mine, theirs = await staged.connected(), await staged.connected(operator="op_2")
    await end(staged, mine)
    (entry,) = await staged.audit("credential.deleted")
    assert entry.details == {"grant": "needed_by_another_connection"}
    assert await staged.credential(mine) is None
    assert (await staged.connection(theirs)).status == "active"
    assert await staged.asked("oauth.revoke") == 0


async def test_an_account_that_was_disconnected_can_be_connected_anew(staged: Stage) -> None:
    """It becomes another connection: what the worker forgot is listed again under a name of its own."""
    first = await staged.connected()
    await end(staged, first)
    second = await staged.connected()
    assert second != first
    assert [row.status for row in await staged.rows() if row.id == second] == ["active"]
