"""What the control plane remembers: one model for PostgreSQL and SQLite."""

from drive_control_plane.database.base import Base, Json, UtcTime, new_id
from drive_control_plane.database.engine import AddressError, Database, DatabaseError, cause_of, is_away

__all__ = ["AddressError", "Base", "Database", "DatabaseError", "Json", "UtcTime", "cause_of", "is_away", "new_id"]
