"""A schema as the database itself describes it.

In: a connection. Out: everything that a migration can get wrong: types, defaults, keys, indexes with their conditions,
checks; two that are equal were made by the same statements, whoever wrote them.
"""

from typing import Any

from sqlalchemy import Connection, Inspector, inspect, text

from drive_control_plane.database import Database

ALEMBIC = "alembic_version"
_LEFT = {
    "sqlite": "SELECT name FROM sqlite_master",
    "postgresql": (
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
        "UNION ALL SELECT tgname FROM pg_trigger WHERE NOT tgisinternal "
        "UNION ALL SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'"
    ),
}


async def described(database: Database) -> dict[str, Any]:
    """All tables but alembic's own."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_described)


async def names(database: Database) -> set[str]:
    """The names of all that there is besides alembic's own: tables, indexes, sequences, triggers, functions, types."""
    async with database.engine.connect() as connection:
        found = await connection.scalars(text(_LEFT[connection.dialect.name]))
        return {name for name in found if ALEMBIC not in name}


def _described(connection: Connection) -> dict[str, Any]:
    inspector = inspect(connection)
    tables = set(inspector.get_table_names()) - {ALEMBIC}
    return {table: _table(inspector, table) for table in sorted(tables)}


def _table(inspector: Inspector, table: str) -> dict[str, Any]:
    return {
        "columns": [{**column, "type": repr(column["type"])} for column in inspector.get_columns(table)],
        "primary": inspector.get_pk_constraint(table),
        "foreign": _by_name(inspector.get_foreign_keys(table)),
        "unique": _by_name(inspector.get_unique_constraints(table)),
        "checks": _by_name(inspector.get_check_constraints(table)),
        "indexes": {
            index["name"]: {**index, "dialect_options": _options(index)} for index in inspector.get_indexes(table)
        },
    }


def _by_name(constraints: Any) -> dict[str, Any]:
    return {each["name"]: each for each in constraints}


def _options(index: Any) -> dict[str, str]:
    """The condition of a partial index is an expression object on one system and text on the other."""
    return {name: str(option) for name, option in index.get("dialect_options", {}).items()}
