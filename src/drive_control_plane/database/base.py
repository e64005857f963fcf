"""What all tables share: names of constraints, ids, times, JSON.

In: column types. Out: the declarative base from which alembic knows what the database should look like.
"""

from datetime import UTC, datetime
from enum import StrEnum
from secrets import token_hex
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Enum, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

ID_LENGTH = 64
Json = JSON().with_variant(JSONB(), "postgresql")
"""A JSON value; PostgreSQL keeps it in its binary form."""


class UtcTime(TypeDecorator[datetime]):
    """A moment. Only times that say their zone go in, and what comes out is in UTC, on SQLite too."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone: it would mean something else on each machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        """Say the zone that SQLite forgets."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of all tables. Constraints have names of one pattern, so that a migration can take them away again."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def choice(kind: type[StrEnum]) -> Enum:
    """A column that holds one of some words; the database checks it."""
    values = [each.value for each in kind]
    return Enum(
        kind, values_callable=lambda _: values, native_enum=False, create_constraint=True, length=32, name=kind.__name__
    )


def new_id(prefix: str) -> str:
    """An id that says what it names, and that nobody can guess: `conn_…`, 128 bits."""
    return f"{prefix}_{token_hex(16)}"
