"""Who did what, when, from where: written once and never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from drive_control_plane.database.base import ID_LENGTH, Base, Json, UtcTime


class AuditEntry(Base):
    """One deed. The database itself refuses to change or delete one (a migration sees to that)."""

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "tenant_id", "id"), Index(None, "target", "id"), Index(None, "tenant_id", "at"))

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    tenant_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    actor_kind: Mapped[str] = mapped_column(String(20))
    """`operator`, `machine`, `google`, `system`, or `anonymous`."""
    actor: Mapped[str] = mapped_column(String(320))
    action: Mapped[str] = mapped_column(String(64))
    target: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    outcome: Mapped[str] = mapped_column(String(20))
    """`done`, or `refused`."""
    address: Mapped[str | None] = mapped_column(String(64))
    details: Mapped[dict[str, Any]] = mapped_column(Json)
    """Never a secret."""
