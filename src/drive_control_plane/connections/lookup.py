"""One connection, for whoever may see it. In: a tenant, an id. Out: the row as it is now."""

from sqlalchemy import select

from drive_control_plane.context import Context
from drive_control_plane.database.tables import Connection
from drive_control_plane.http.problems import Problem


async def visible(context: Context, tenant_id: str, connection_id: str) -> Connection:
    """A connection of a tenant. Raises `Problem` 404, also for what is another tenant's."""
    asked = select(Connection).where(Connection.id == connection_id, Connection.tenant_id == tenant_id)
    async with context.database.reading() as session:
        connection = await session.scalar(asked)
    if connection is None:
        raise Problem(404, "connection_not_found", "There is no such connection.")
    return connection
