"""People: whose connections are whose, who may do what, and who tried in vain to sign in."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from drive_control_plane.database.base import ID_LENGTH, Base, UtcTime, choice


class Role(StrEnum):
    """What an operator may do: look; connect, run and disconnect; also say who may sign in, and see the audit log."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"


class Tenant(Base):
    """An organisation. Nothing of one is ever shown to another."""

    __tablename__ = "tenants"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class Operator(Base):
    """Somebody who signs in, by a password of ours or by an identity provider."""

    __tablename__ = "operators"
    __table_args__ = (
        UniqueConstraint("email"),
        UniqueConstraint("issuer", "subject"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"), index=True)
    email: Mapped[str] = mapped_column(String(320))
    """In lower case."""
    name: Mapped[str] = mapped_column(String(200), default="")
    role: Mapped[Role] = mapped_column(choice(Role))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    issuer: Mapped[str | None] = mapped_column(String(300))
    """The identity provider that vouches for `subject`."""
    subject: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    signed_in_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """The last moment that is known of at which they were signed in; sessions are not kept for ever."""


class OperatorSession(Base):
    """A sign-in of a browser. The cookie holds a secret of which only the hash is kept."""

    __tablename__ = "operator_sessions"
    __table_args__ = (Index(None, "expires_at"),)

    secret_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    operator_id: Mapped[str] = mapped_column(ForeignKey("operators.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)
    address: Mapped[str] = mapped_column(String(64))


class SetupLink(Base):
    """A link with which one person, once, makes an operator of themselves: the first one, or one who was invited."""

    __tablename__ = "setup_links"

    secret_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.id"))
    email: Mapped[str | None] = mapped_column(String(320))
    role: Mapped[Role] = mapped_column(choice(Role))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class FailedAttempt(Base):
    """Somebody who did not show who they are, or has not yet; counted by all replicas together."""

    __tablename__ = "failed_attempts"
    __table_args__ = (Index(None, "key", "at"), Index(None, "at"))

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(64))
    """A hash of the address or the account that it counts for."""
    at: Mapped[datetime] = mapped_column(UtcTime)
