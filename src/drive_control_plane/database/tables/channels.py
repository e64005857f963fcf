"""Push channels: one for each log, renewed before they end."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from drive_control_plane.database.base import ID_LENGTH, Base, UtcTime


class Channel(Base):
    """A channel that Google was asked for. There is no renewal: a new one is opened, then the old one is stopped."""

    __tablename__ = "channels"
    __table_args__ = (Index(None, "connection_id", "corpus"), Index(None, "expires_at"))

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    corpus: Mapped[str] = mapped_column(String(200))
    token_hash: Mapped[str] = mapped_column(String(64))
    """Of the token that Google sends along; compared in constant time."""
    resource_id: Mapped[str | None] = mapped_column(String(200))
    """Known once Google has answered; a first notification may come before that."""
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcTime)
    last_number: Mapped[int] = mapped_column(BigInteger, default=0)
    """The greatest `X-Goog-Message-Number` so far."""
    notified_at: Mapped[datetime | None] = mapped_column(UtcTime)
