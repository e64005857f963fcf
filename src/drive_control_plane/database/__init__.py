"""What the control plane remembers: one model for PostgreSQL and SQLite."""

from drive_control_plane.database.base import Base, Json, UtcTime, new_id
from drive_control_plane.database.engine import Database, DatabaseError

__all__ = ["Base", "Database", "DatabaseError", "Json", "UtcTime", "new_id"]
