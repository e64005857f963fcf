"""A grant into rows: of a new connection, or of the one that follows this account already.

In: a flow, a grant, whose it is. Out: a connection with a sealed credential. Two answers at once
take turns by the tenant's row, so that one account never becomes two connections.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.connections import given_tokens
from drive_control_plane.connections.messages import resume_trigger
from drive_control_plane.context import Context
from drive_control_plane.database import new_id
from drive_control_plane.database.tables import (
    ConnectFlow,
    Connection,
    ConnectionStatus,
    Credential,
    CredentialKind,
    Tenant,
)
from drive_control_plane.http.problems import Problem
from drive_control_plane.oauth.answers import Account
from drive_control_plane.oauth.flow import ConnectError
from drive_control_plane.oauth.scopes import missing_scopes, scopes_for
from drive_control_plane.scheduler.messages import TriggerMessage
from drive_control_plane.scheduler.telling import tell
from drive_control_plane.webhooks.due import status_changed

SCHEDULE = {"kind": "adaptive"}
MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored of a grant: the refresh token or key file and the access token, sealed, and what they open."""

    secret: bytes
    access_token: bytes
    access_expires_at: datetime
    scopes: tuple[str, ...]
    kind: CredentialKind = CredentialKind.USER
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a new connection is to be like; without a name it gets its account's."""

    tenant_id: str
    settings: Mapping[str, Any]
    created_by: str | None = None
    name: str | None = None
    schedule: Mapping[str, Any] = field(default_factory=lambda: dict(SCHEDULE))


async def keep(context: Context, actor: Actor, flow: ConnectFlow, account: Account, kept: Kept) -> str:
    """Store a grant, and have a worker that waited for it go on; the connection's id. Raises `ConnectError`."""

    async def deed(session: AsyncSession) -> tuple[TriggerMessage | None, str]:
        connection, is_new = await _kept(context, session, actor, flow, account, kept)
        # Unparked: the worker ignores what is due for it until then.
        return None if is_new else resume_trigger(connection, context.clock.now()), connection.id

    try:
        return await tell(context, await _expected(context, flow, account), deed)
    except Problem as problem:
        code = "worker_not_told" if problem.code == "kafka_unavailable" else problem.code
        raise ConnectError(code, problem.detail) from None


async def _expected(context: Context, flow: ConnectFlow, account: Account) -> str:
    """Which connection gets the grant, as it looks now; one that is not there yet is in nobody else's hand."""
    if flow.connection_id is not None:
        return flow.connection_id
    async with context.database.reading() as session:
        found = await connection_of(session, flow.tenant_id, account)
    return account.id if found is None else found.id


async def _kept(
    context: Context, session: AsyncSession, actor: Actor, flow: ConnectFlow, account: Account, kept: Kept
) -> tuple[Connection, bool]:
    """The connection that has the grant now, and whether it is new. Raises `ConnectError`."""
    now = context.clock.now()
    await take_turn(session, flow.tenant_id)
    found = await _connection_for(session, flow, account)
    if found is None:
        connection = new_connection(Wanted(flow.tenant_id, flow.settings, flow.operator_id), account, now)
        session.add(connection)
    else:
        connection = found
        await _lock(session, connection)
        _check_reach(connection, kept)
        take_up(connection, account, now)
    await session.flush()
    await store(session, connection.id, kept, now)
    await given_tokens.forget(context, connection.id)
    action = "connection.connected" if found is None else "connection.reconnected"
    record(session, now, actor, action, connection.id, account=account.email, scopes=list(kept.scopes))
    await session.flush()
    if found is not None:
        await status_changed(session, connection.id, now)
    return connection, found is None


async def take_turn(session: AsyncSession, tenant_id: str) -> None:
    """Wait until nobody else makes a connection of this tenant, and have others wait until the transaction ends."""
    await session.scalar(select(Tenant).where(Tenant.id == tenant_id).with_for_update(key_share=True))


async def connection_of(session: AsyncSession, tenant_id: str, account: Account) -> Connection | None:
    """A tenant's connection that follows an account, by whichever credential."""
    return await session.scalar(
        select(Connection)
        .join(Credential, Credential.connection_id == Connection.id)
        .where(
            Connection.tenant_id == tenant_id,
            Connection.account_id == account.id,
            Connection.status != ConnectionStatus.DISCONNECTED,
        )
        .order_by(Connection.created_at)
        .limit(1)
    )


async def _connection_for(session: AsyncSession, flow: ConnectFlow, account: Account) -> Connection | None:
    """The connection that gets the grant; None when it needs a new one. Raises `ConnectError`."""
    if flow.connection_id is None:
        connected = await connection_of(session, flow.tenant_id, account)
        if connected is not None and await _stands_for_account(session, connected):
            raise ConnectError(
                "service_account_connected",
                f"{account.email} is followed already, by a service account. Go on with that connection, or disconnect "
                "it first.",
            )
        return connected
    connection = await session.get(Connection, flow.connection_id)
    if connection is None or connection.status == ConnectionStatus.DISCONNECTED:
        raise _disconnected()
    if connection.account_id != account.id:
        raise ConnectError(
            "other_account",
            f"This connection follows {connection.account_email}; consent was given as {account.email}. "
            "Connect again and choose the first, or connect the other account by itself.",
        )
    return connection


def _check_reach(connection: Connection, kept: Kept) -> None:
    """A connection never gets a grant that opens less than it reads. Raises `ConnectError`."""
    if missing_scopes(scopes_for(connection.settings), kept.scopes):
        raise ConnectError(
            "narrower_grant",
            f"{connection.account_email} is connected already, and reads more than was consented to now. Connect it "
            "again from its own page, or let it read less first.",
        )


async def _stands_for_account(session: AsyncSession, connection: Connection) -> bool:
    credential = await session.get(Credential, connection.id)
    return credential is not None and credential.kind is CredentialKind.SERVICE_ACCOUNT


def new_connection(wanted: Wanted, account: Account, now: datetime) -> Connection:
    """A connection that is due at once, unless it only runs when somebody asks."""
    return Connection(
        id=new_id("conn"),
        tenant_id=wanted.tenant_id,
        name=(wanted.name or account.name or account.email)[:200],
        account_id=account.id,
        account_email=account.email,
        status=ConnectionStatus.ACTIVE,
        status_at=now,
        settings=dict(wanted.settings),
        created_by=wanted.created_by,
        created_at=now,
        updated_at=now,
        schedule=dict(wanted.schedule),
        next_run_at=None if wanted.schedule.get("kind") == MANUAL else now,
    )


async def _lock(session: AsyncSession, connection: Connection) -> None:
    """Have a connection and its credential for this transaction alone. Raises `ConnectError` for one that has ended."""
    # In this order everywhere (a refresh locks the credential, then changes the connection): nobody waits in a circle.
    await session.get(Credential, connection.id, with_for_update=True, populate_existing=True)
    await session.refresh(connection, with_for_update=True)
    if connection.status == ConnectionStatus.DISCONNECTED:
        raise _disconnected()


def take_up(connection: Connection, account: Account, now: datetime) -> None:
    """Have an existing connection be active again, and due."""
    connection.account_email = account.email
    connection.status, connection.status_reason, connection.status_at = ConnectionStatus.ACTIVE, None, now
    connection.updated_at = connection.next_run_at = now
    connection.consecutive_failures = connection.push_failures = 0


def _disconnected() -> ConnectError:
    return ConnectError("unknown_connection", "The connection was disconnected meanwhile. Connect the account anew.")


async def store(session: AsyncSession, connection_id: str, kept: Kept, now: datetime) -> None:
    """Keep a grant, in place of the one that there was."""
    credential = await session.get(Credential, connection_id)
    values: dict[str, Any] = {
        "kind": kept.kind,
        "secret": kept.secret,
        "subject": kept.subject,
        "scopes": list(kept.scopes),
        "granted_at": now,
        "access_token": kept.access_token,
        "access_expires_at": kept.access_expires_at,
    }
    if credential is None:
        session.add(Credential(connection_id=connection_id, **values))
        return
    for name, value in values.items():
        setattr(credential, name, value)
