"""The end of a grant at Google, where no connection lives by it.

Google ends all grants of an account to a client when one of them is revoked: a connection of the same account, of this
tenant or another one, would lose its own. Such a grant is left, and its tokens are forgotten.
"""

from enum import StrEnum

from sqlalchemy import select

from drive_control_plane.context import Context
from drive_control_plane.database.tables import Connection, ConnectionStatus, Credential, CredentialKind
from drive_control_plane.oauth.errors import GoogleError
from drive_control_plane.oauth.google import Google


class Ending(StrEnum):
    """What became of a grant."""

    REVOKED = "revoked"
    NEEDED = "needed_by_another_connection"
    FAILED = "revocation_failed"
    """Its tokens are forgotten all the same; the person can remove the app in their Google Account."""


async def end_grant(context: Context, token: str, account_id: str | None) -> Ending:
    """Revoke a token of an account's grant; None is an account of which nothing is known."""
    if account_id is not None and await _has_live_connection(context, account_id):
        return Ending.NEEDED
    try:
        await Google(context).revoke(token)
    except GoogleError:
        return Ending.FAILED
    return Ending.REVOKED


async def _has_live_connection(context: Context, account_id: str) -> bool:
    async with context.database.reading() as session:
        found = await session.scalar(
            select(Connection.id)
            .join(Credential, Credential.connection_id == Connection.id)
            .where(
                Connection.account_id == account_id,
                Connection.status.in_([ConnectionStatus.ACTIVE, ConnectionStatus.PAUSED]),
                Credential.kind == CredentialKind.USER,
            )
            .limit(1)
        )
    return found is not None
