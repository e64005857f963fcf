"""Another key for a connection by a service account, or the same one tried again.

In: a connection, a key file, or none. Out: a connection that goes on where it was; or a `Problem`, and nothing has
changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.connections import given_tokens, lookup
from drive_control_plane.connections.messages import resume_trigger
from drive_control_plane.context import Context
from drive_control_plane.database.tables import Connection, ConnectionStatus, Credential, CredentialKind
from drive_control_plane.http.problems import Problem
from drive_control_plane.oauth.delegating import Asker, Proven, audited, kept, key_of, proven_for
from drive_control_plane.oauth.keeping import store, take_up
from drive_control_plane.oauth.scopes import missing_scopes, scopes_for
from drive_control_plane.scheduler.messages import TriggerMessage
from drive_control_plane.scheduler.telling import tell
from drive_control_plane.security.vault import VaultError
from drive_control_plane.webhooks.due import status_changed


@dataclass(frozen=True, slots=True)
class Replacement:
    """What is to be tried. Without a document the key that is kept, which may have been let in since.

    With settings, as much is asked for as these need, so that the connection may get them afterwards.
    """

    document: str | None = field(default=None, repr=False)
    settings: Mapping[str, Any] | None = None


async def replace_key(
    context: Context, actor: Actor, tenant_id: str, connection_id: str, replacement: Replacement
) -> None:
    """Give a connection another key; it stands for whom it stood for, and works on unless it is paused.

    Raises `Problem`: 404 and 409 for a connection that has ended, is no service account's, or would be somebody else's;
    422 for what Google refuses, 502 and 503 where Google could not be asked or the worker not be told.
    """
    async with context.database.reading() as session:
        connection, credential = await _replaceable(session, tenant_id, connection_id)
    document = _opened(context, credential) if replacement.document is None else replacement.document
    scopes = scopes_for(replacement.settings or connection.settings)
    asker = Asker(actor, tenant_id, connection_id)
    proven = await proven_for(context, asker, await key_of(document), credential.subject, scopes)
    now = context.clock.now()

    async def deed(session: AsyncSession) -> tuple[TriggerMessage | None, None]:
        # In this order everywhere (a refresh locks the credential, then changes the connection).
        await session.get(Credential, connection_id, with_for_update=True)
        connection, _ = await _replaceable(session, tenant_id, connection_id, lock=True)
        _check(connection, proven)
        await store(session, connection_id, kept(context, proven), now)
        await given_tokens.forget(context, connection_id)
        action = "connection.key_tried_again" if replacement.document is None else "connection.key_replaced"
        record(session, now, actor, action, connection_id, tenant_id=tenant_id, **audited(proven))
        connection.updated_at = now
        if connection.status is ConnectionStatus.PAUSED:
            return None, None
        return await _going_on(session, connection, proven, now), None

    await tell(context, connection_id, deed)


def _check(connection: Connection, proven: Proven) -> None:
    """See that the key opens what the connection reads. Raises `Problem` 409."""
    if connection.account_id != proven.account.id:
        raise Problem(
            409,
            "other_account",
            f"This connection follows {connection.account_email}; the key opens the Drive of {proven.account.email}. "
            "Connect that one by itself.",
        )
    if missing_scopes(scopes_for(connection.settings), proven.scopes):
        raise Problem(409, "narrower_grant", "The connection reads more than was asked for now. Try everything.")


async def _going_on(session: AsyncSession, connection: Connection, proven: Proven, now: datetime) -> TriggerMessage:
    """Have it go on; the trigger unparks it: the worker ignores what is due for it until then."""
    take_up(connection, proven.account, now)
    await session.flush()
    await status_changed(session, connection.id, now)
    return resume_trigger(connection, now, proven.subject)


async def _replaceable(
    session: AsyncSession, tenant_id: str, connection_id: str, *, lock: bool = False
) -> tuple[Connection, Credential]:
    """A connection whose key may be replaced. Raises `Problem`."""
    connection = await lookup.find(session, tenant_id, connection_id, lock=lock)
    lookup.refuse_ended(connection.status)
    credential = await session.get(Credential, connection_id)
    if credential is None or credential.kind is not CredentialKind.SERVICE_ACCOUNT:
        raise Problem(409, "not_a_service_account", "This connection lives by a person's consent, not by a key.")
    return connection, credential


def _opened(context: Context, credential: Credential) -> str:
    try:
        return context.vault.open(credential.secret)
    except VaultError as error:
        told = str(error)
    raise Problem(409, "credential_unreadable", f"The stored key cannot be decrypted ({told}). Give the key file.")
