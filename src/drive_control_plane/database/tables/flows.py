"""Consents under way: from "Connect" to Google's answer."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from drive_control_plane.database.base import ID_LENGTH, Base, Json, UtcTime


class ConnectFlow(Base):
    """One `state`, good once and for some minutes, for the browser that it was given to."""

    __tablename__ = "connect_flows"
    __table_args__ = (Index(None, "expires_at"),)

    state_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    browser_hash: Mapped[str] = mapped_column(String(64))
    """Of a cookie: who answers must be who asked."""
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"))
    operator_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    connection_id: Mapped[str | None] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    """The connection that gets a new grant; None makes a new one."""
    settings: Mapped[dict[str, Any]] = mapped_column(Json)
    """What the connection is to follow; the scopes that were asked for follow from it."""
    code_verifier: Mapped[bytes] = mapped_column(LargeBinary)
    """PKCE's, a Fernet token."""
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)
