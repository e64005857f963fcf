"""What alembic runs around each migration: the connection that it was given, and on PostgreSQL a lock."""

from alembic import context
from sqlalchemy import text

from drive_control_plane.database import tables
from drive_control_plane.database.base import Base

_LOCK = 7_340_551_273
"""Any number: replicas that start at the same time wait for each other by it."""

connection = context.config.attributes["connection"]
assert tables.__all__, "imported for its tables"  # noqa: S101 # alembic compares with what is imported
if connection.dialect.name == "postgresql":
    # Neither the wait for another's migration nor one of a large table is bounded as a request's statements are.
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True)
context.run_migrations()
