"""The audit log's one way in.

In: a deed, within the transaction that does it. Out: a row that the database lets nobody change: no deed without its
entry, and no entry of a deed that was rolled back.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.database.tables import AuditEntry

ActorKind = Literal["operator", "machine", "google", "system", "anonymous"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and from which address."""

    kind: ActorKind
    name: str
    """An operator's e-mail address, a client's id, or what part of the system it is."""
    tenant_id: str | None = None
    address: str | None = None


def record(
    session: AsyncSession,
    now: datetime,
    actor: Actor,
    action: str,
    target: str | None = None,
    *,
    refused: bool = False,
    tenant_id: str | None = None,
    **details: Any,
) -> AuditEntry:
    """Write an entry: `action` is `noun.verb` (`connection.paused`), `target` an id; details hold no secret."""
    entry = AuditEntry(
        at=now,
        tenant_id=tenant_id or actor.tenant_id,
        actor_kind=actor.kind,
        actor=actor.name,
        action=action,
        target=target,
        outcome="refused" if refused else "done",
        address=actor.address,
        details=details,
    )
    session.add(entry)
    return entry
