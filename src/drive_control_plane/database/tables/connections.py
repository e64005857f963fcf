"""Connections: whose Drive is followed, by which credential, how, and when next."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from drive_control_plane.database.base import ID_LENGTH, Base, Json, UtcTime, choice

_ACTIVE = text("status = 'active'")
_PUSH = text("push_due_at IS NOT NULL")


class ConnectionStatus(StrEnum):
    """Where a connection stands."""

    ACTIVE = "active"
    PAUSED = "paused"
    REAUTHORIZATION_REQUIRED = "reauthorization_required"
    DISCONNECTED = "disconnected"
    """Its grant is revoked and its state forgotten; the row stays for the audit log."""


class CredentialKind(StrEnum):
    """How Google is asked."""

    USER = "user"
    SERVICE_ACCOUNT = "service_account"


class Connection(Base):
    """A Drive account that is followed."""

    __tablename__ = "connections"
    __table_args__ = (
        # What the scheduler asks for all the time, and nothing but it.
        Index("ix_connections_due", "next_run_at", postgresql_where=_ACTIVE, sqlite_where=_ACTIVE),
        Index("ix_connections_push_due", "push_due_at", postgresql_where=_PUSH, sqlite_where=_PUSH),
        Index(None, "tenant_id", "created_at", "id"),
        Index(None, "tenant_id", "account_id"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"))
    name: Mapped[str] = mapped_column(String(200))
    account_id: Mapped[str] = mapped_column(String(64))
    """`about.user.permissionId`: the same for one account whatever its address is."""
    account_email: Mapped[str] = mapped_column(String(320))
    status: Mapped[ConnectionStatus] = mapped_column(choice(ConnectionStatus))
    status_reason: Mapped[str | None] = mapped_column(Text)
    """What to do, when there is something to do."""
    status_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """Since when: an event that is older than this changes it no more."""
    settings: Mapped[dict[str, Any]] = mapped_column(Json)
    """`corpora`, `selected_folders`, `resources`, `backfill`, `page_size`, as a trigger carries them."""
    created_by: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)

    schedule: Mapped[dict[str, Any]] = mapped_column(Json)
    next_run_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """None: never by itself."""
    last_run_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When a trigger was last sent."""
    last_success_at: Mapped[datetime | None] = mapped_column(UtcTime)
    last_change_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When the account was last seen to be active."""
    push_healthy_until: Mapped[datetime | None] = mapped_column(UtcTime)
    """Until then its channels are known to deliver."""
    push_due_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When its push channels have to be looked at next; None: nothing to do."""
    push_failures: Mapped[int] = mapped_column(default=0)
    """Attempts at channels that failed since one succeeded."""
    push_off_reason: Mapped[str | None] = mapped_column(Text)
    """Why it has no push and what to do; None: nothing speaks against it."""
    accepted_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When the worker last said that it had taken work on. A poll that found nothing tells nothing: a run counts as
    good when the next one is accepted and no failure came between."""
    last_failure_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """Of the newest failure that was counted: one that is told again counts nothing."""
    consecutive_failures: Mapped[int] = mapped_column(default=0)


class Credential(Base):
    """What a connection asks Google with, encrypted by the vault."""

    __tablename__ = "credentials"

    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[CredentialKind] = mapped_column(choice(CredentialKind))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    """A refresh token, or a service account's key file; a Fernet token."""
    subject: Mapped[str | None] = mapped_column(String(320))
    """Whom a service account stands for (domain-wide delegation)."""
    scopes: Mapped[list[Any]] = mapped_column(Json)
    granted_at: Mapped[datetime] = mapped_column(UtcTime)
    access_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The newest one, a Fernet token: replicas share it."""
    access_expires_at: Mapped[datetime | None] = mapped_column(UtcTime)
