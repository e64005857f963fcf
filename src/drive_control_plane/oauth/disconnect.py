"""The end of a connection: the worker forgets, the grant is revoked, the credential is deleted.

In: a connection. Out: a row that stays for the audit log. Each step may be repeated: one that was interrupted is ended
by asking again.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.connections import given_tokens, lookup
from drive_control_plane.connections.messages import forget_trigger
from drive_control_plane.context import Context
from drive_control_plane.database.tables import Channel, Connection, ConnectionStatus, Credential, CredentialKind
from drive_control_plane.oauth.revoking import Ending, end_grant
from drive_control_plane.scheduler.messages import TriggerMessage
from drive_control_plane.scheduler.telling import tell


async def disconnect(context: Context, actor: Actor, connection_id: str) -> None:
    """End a connection of the actor's tenant; one that has ended stays so.

    Raises `Problem`: 404 for one that is not there, 503 when the worker could not be told, in which case nothing has
    changed. A grant that Google did not revoke is noted; its tokens are forgotten all the same.
    """
    async with context.database.reading() as session:
        await lookup.find(session, actor.tenant_id, connection_id)  # the actor's to end
    await context.hooks.stop_channels(connection_id)
    credential = await _stop(context, actor, connection_id)
    if credential is None:
        return
    ending = await _revoke(context, connection_id, credential)
    async with context.database.transaction() as session:
        stored = await session.get(Credential, connection_id)
        if stored is not None:
            await session.delete(stored)
            now = context.clock.now()
            record(session, now, actor, "credential.deleted", connection_id, grant=ending)


async def _stop(context: Context, actor: Actor, connection_id: str) -> Credential | None:
    """Tell the worker, and have nothing start any more; the credential, which is still to be ended."""
    now = context.clock.now()

    async def deed(session: AsyncSession) -> tuple[TriggerMessage | None, Credential | None]:
        # Locked, so that no scheduled trigger follows the last one.
        connection = await lookup.find(session, actor.tenant_id, connection_id, lock=True)
        message = None
        if connection.status != ConnectionStatus.DISCONNECTED:
            await _mark(session, connection, now)
            await given_tokens.forget(context, connection_id)
            record(session, now, actor, "connection.disconnected", connection_id, account=connection.account_email)
            message = forget_trigger(connection, now)
        return message, await session.get(Credential, connection_id)

    return await tell(context, connection_id, deed)


async def _mark(session: AsyncSession, connection: Connection, now: datetime) -> None:
    connection.status, connection.status_reason, connection.status_at = ConnectionStatus.DISCONNECTED, None, now
    connection.next_run_at, connection.updated_at = None, now
    connection.push_due_at, connection.push_healthy_until = None, None
    open_channels = (Channel.connection_id == connection.id, Channel.stopped_at.is_(None))
    await session.execute(update(Channel).where(*open_channels).values(stopped_at=now))


async def _revoke(context: Context, connection_id: str, credential: Credential) -> Ending | None:
    """End the grant; a service account has none."""
    if credential.kind != CredentialKind.USER:
        return None
    async with context.database.reading() as session:
        account_id = await session.scalar(select(Connection.account_id).where(Connection.id == connection_id))
    return await end_grant(context, context.vault.open(credential.secret), account_id)
