"""The end of a connection: the worker forgets, the grant is revoked, the credential is deleted.

In: a connection. Out: a row that stays for the audit log. Each step may be repeated: one that was interrupted is ended
by asking again.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.connections import given_tokens
from drive_control_plane.connections.messages import forget_trigger
from drive_control_plane.context import Context, PublishError
from drive_control_plane.database.tables import Channel, Connection, ConnectionStatus, Credential, CredentialKind
from drive_control_plane.http.problems import Problem
from drive_control_plane.oauth.revoking import Ending, end_grant


async def disconnect(context: Context, actor: Actor, connection_id: str) -> None:
    """End a connection of the actor's tenant; one that has ended stays so.

    Raises `Problem`: 404 for one that is not there, 503 when the worker could not be told, in which case nothing has
    changed. A grant that Google did not revoke is noted; its tokens are forgotten all the same.
    """
    await _check(context, actor, connection_id)
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


async def _check(context: Context, actor: Actor, connection_id: str) -> None:
    """See that it is the actor's to end."""
    async with context.database.reading() as session:
        connection = await session.get(Connection, connection_id)
        if connection is None or connection.tenant_id != actor.tenant_id:
            raise Problem(404, "connection_not_found", "There is no such connection.")


async def _stop(context: Context, actor: Actor, connection_id: str) -> Credential | None:
    """Tell the worker, and have nothing start any more; the credential, which is still to be ended."""
    now = context.clock.now()
    async with context.database.transaction() as session:
        connection = await session.scalar(
            select(Connection)
            .where(Connection.id == connection_id, Connection.tenant_id == actor.tenant_id)
            .with_for_update()  # so that no scheduled trigger follows the last one
        )
        if connection is None:
            raise Problem(404, "connection_not_found", "There is no such connection.")
        if connection.status != ConnectionStatus.DISCONNECTED:
            await _mark(session, connection, now)
            await given_tokens.forget(context, connection_id)
            record(session, now, actor, "connection.disconnected", connection_id, account=connection.account_email)
            await session.flush()  # what the database refuses is refused before the worker is told
            await _forget(context, connection, now)
        return await session.get(Credential, connection_id)


async def _forget(context: Context, connection: Connection, now: datetime) -> None:
    try:
        message = forget_trigger(connection, now)
        await context.publisher.publish(
            context.settings.kafka_topic_trigger, connection.id, message.value, message.traceparent
        )
    except PublishError:
        raise Problem(
            503, "kafka_unavailable", "Kafka does not take messages at the moment, so nothing was changed. Try again."
        ) from None


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
