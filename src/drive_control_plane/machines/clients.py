"""Clients: made, given a new secret, disabled, and known again by their secret.

In: a transaction, and values. Out: rows, and secrets that are shown this once; only hashes are kept.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.database import new_id
from drive_control_plane.database.tables import MachineClient, Tenant
from drive_control_plane.machines.scopes import checked
from drive_control_plane.security.secrets import hash_of, is_secret_of, new_secret

OVERLAP = timedelta(hours=24)
"""How long the secret before the newest one stays good."""
USE_NOTED_EVERY = timedelta(minutes=1)
MOST_SECRET_CHARACTERS = 200
_ID = re.compile(r"client_[0-9a-f]{32}")
_NOBODYS_HASH = hash_of(new_secret())
"""What is compared when there is nothing to compare with, so that the answer takes as long."""


class ClientError(Exception):
    """What was asked of a client cannot be done; the text says why."""


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A client's id, and its secret in clear: for this once."""

    client_id: str
    secret: str = field(repr=False)


async def create(
    session: AsyncSession, now: datetime, actor: Actor, name: str, scopes: Sequence[str], tenant_id: str | None
) -> NewSecret:
    """Make a client; without a tenant it is a worker. Raises `ClientError`, `ScopeError`."""
    granted = checked(scopes, tenant_id)
    if not name.strip() or len(name) > MachineClient.name.type.length:
        raise ClientError("a name has 1 to 200 characters")
    if tenant_id is not None and await session.get(Tenant, tenant_id) is None:
        raise ClientError(f"there is no tenant {tenant_id}")
    made = NewSecret(new_id("client"), new_secret())
    session.add(
        MachineClient(
            id=made.client_id,
            tenant_id=tenant_id,
            name=name.strip(),
            scopes=granted,
            secret_hash=hash_of(made.secret),
            created_at=now,
        )
    )
    record(session, now, actor, "client.created", made.client_id, tenant_id=tenant_id, name=name, scopes=granted)
    return made


async def rotate(
    session: AsyncSession, now: datetime, actor: Actor, client_id: str, overlap: timedelta = OVERLAP
) -> NewSecret:
    """Give a client a new secret; the one before stays good for `overlap`. Raises `ClientError`."""
    client = await _usable(session, client_id)
    made = NewSecret(client.id, new_secret())
    client.previous_secret_hash, client.previous_good_until = client.secret_hash, now + overlap
    client.secret_hash = hash_of(made.secret)
    seconds = int(overlap.total_seconds())
    record(session, now, actor, "client.rotated", client.id, tenant_id=client.tenant_id, overlap_seconds=seconds)
    return made


async def disable(session: AsyncSession, now: datetime, actor: Actor, client_id: str) -> None:
    """Refuse a client and its tokens from now on. Raises `ClientError`."""
    client = await _usable(session, client_id)
    client.disabled_at = now
    record(session, now, actor, "client.disabled", client.id, tenant_id=client.tenant_id)


async def all_clients(session: AsyncSession) -> Sequence[MachineClient]:
    """All clients, the oldest first."""
    found = await session.scalars(select(MachineClient).order_by(MachineClient.created_at, MachineClient.id))
    return found.all()


async def find(session: AsyncSession, client_id: str) -> MachineClient | None:
    """A client by the id that somebody claims; whatever is no id names nobody."""
    return await session.get(MachineClient, client_id) if _ID.fullmatch(client_id) else None


def is_secret_good(client: MachineClient | None, secret: str, now: datetime) -> bool:
    """Whether it is the client's secret, or the one before while that is good; as slow for a client that is not."""
    shown = secret[:MOST_SECRET_CHARACTERS]
    is_newest = is_secret_of(shown, client.secret_hash if client else _NOBODYS_HASH)
    previous = client.previous_secret_hash if client else None
    is_previous = is_secret_of(shown, previous or _NOBODYS_HASH) and previous is not None
    return is_newest or (is_previous and _overlaps(client, now))


def note_use(client: MachineClient, now: datetime) -> None:
    """Remember that a client was here, without a write for each call."""
    if is_use_due(client, now):
        client.used_at = now


def is_use_due(client: MachineClient, now: datetime) -> bool:
    """Whether it was last noted so long ago that it is to be noted again."""
    return client.used_at is None or now - client.used_at >= USE_NOTED_EVERY


def _overlaps(client: MachineClient | None, now: datetime) -> bool:
    return client is not None and client.previous_good_until is not None and now < client.previous_good_until


async def _usable(session: AsyncSession, client_id: str) -> MachineClient:
    client = await session.get(MachineClient, client_id, with_for_update=True)
    if client is None:
        raise ClientError(f"there is no client {client_id}")
    if client.disabled_at is not None:
        raise ClientError(f"the client {client_id} is disabled")
    return client
