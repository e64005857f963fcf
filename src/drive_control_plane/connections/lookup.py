"""One connection, for whoever may see it. In: a tenant, an id. Out: the row as it is now, or a `Problem`."""

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.context import Context
from drive_control_plane.database.tables import Connection, ConnectionStatus
from drive_control_plane.http.problems import Problem


def not_found() -> Problem:
    """There is none, or it is another tenant's: which of the two is not told."""
    return Problem(404, "connection_not_found", "There is no such connection.")


def refuse_ended(status: ConnectionStatus) -> None:
    """Raise `Problem` 409 for a connection that was ended."""
    if status is ConnectionStatus.DISCONNECTED:
        raise Problem(409, "connection_disconnected", "The connection was ended. Connect the account again.")


async def visible(context: Context, tenant_id: str, connection_id: str) -> Connection:
    """A connection as it is now. Raises `Problem` 404."""
    async with context.database.reading() as session:
        return await find(session, tenant_id, connection_id)


async def find(session: AsyncSession, tenant_id: str | None, connection_id: str, *, lock: bool = False) -> Connection:
    """A connection within a transaction, whose end it is locked until if wanted. Raises `Problem` 404."""
    asked: Select[Connection] = select(Connection).where(
        Connection.id == connection_id, Connection.tenant_id == tenant_id
    )
    connection = await session.scalar(asked.with_for_update() if lock else asked)
    if connection is None:
        raise not_found()
    return connection
