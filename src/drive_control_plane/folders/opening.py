"""A connection's folders for who may see them: a request's caller in, a `Browse` out. Raises `Problem`."""

from sqlalchemy import select

from drive_control_plane.connections import lookup
from drive_control_plane.connections.access_tokens import AccessTokens
from drive_control_plane.context import Context
from drive_control_plane.database.tables import Connection, Credential
from drive_control_plane.folders.browse import Browse
from drive_control_plane.folders.visit import Visit
from drive_control_plane.oauth.scopes import DRIVE_READONLY, missing_scopes


async def open_browse(context: Context, tokens: AccessTokens, tenant_id: str, connection_id: str) -> Browse:
    """Look at a tenant's connection as its account does. Raises `Problem` 404, 409."""
    asked = (
        select(Connection.status, Credential.scopes)
        .outerjoin(Credential, Credential.connection_id == Connection.id)
        .where(Connection.id == connection_id, Connection.tenant_id == tenant_id)
    )
    async with context.database.reading() as session:
        found = (await session.execute(asked)).one_or_none()
    if found is None:
        raise lookup.not_found()
    status, scopes = found
    lookup.refuse_ended(status)
    sees_drives = not missing_scopes([DRIVE_READONLY], scopes or ())
    return Browse(context, Visit(context, tokens, connection_id), connection_id, sees_drives)
