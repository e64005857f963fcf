"""What is due is found by the index of active connections, however many there are."""

from typing import Any

import pytest
from sqlalchemy import ClauseElement, Executable, event, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from tests.support.control_plane.context import EPOCH, ManualTime, context_over
from tests.unit.control_plane.scheduler.rows import a_connection, store

from drive_control_plane.database import Database
from drive_control_plane.scheduler.claims import Claims, Place, due_rows


class PlanOf(Executable, ClauseElement):
    """A question that is answered by its plan; its values go as parameters."""

    inherit_cache = False

    def __init__(self, question: Executable) -> None:
        self.question = question


@compiles(PlanOf)
def _compile(plan: PlanOf, compiler: SQLCompiler, **_: Any) -> str:
    return "EXPLAIN " + compiler.process(plan.question)  # type: ignore[arg-type] # a statement is both


@pytest.mark.parametrize("after", [None, (EPOCH, "conn_7")])
async def test_the_batch_is_read_from_the_index(postgresql_database: Database, after: Place | None) -> None:
    """Neither the whole table nor a sort of it, at a batch's start and behind the one before."""
    await store(postgresql_database, (a_connection(f"conn_{number}", EPOCH) for number in range(2_000)))
    async with postgresql_database.transaction() as session:
        await session.execute(
            text("UPDATE connections SET next_run_at = next_run_at + substr(id, 6)::int * '1s'::interval")
        )
        await session.execute(text("ANALYZE"))
        plan = "\n".join(await session.scalars(PlanOf(due_rows(EPOCH, 100, after))))
    assert "Index Scan using ix_connections_due" in plan
    assert "Seq Scan on connections" not in plan


async def test_that_rows_are_active_is_part_of_the_question(database: Database) -> None:
    """As a parameter PostgreSQL could not tell, in a plan for all values, that the index holds what is asked for."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    for engine in (database.engine, database.reading_engine):
        event.listen(engine.sync_engine, "before_cursor_execute", note)
    async with context_over(database, clock=ManualTime().clock) as context:
        await Claims(context).take()
        await Claims(context).next_due_at()
    assert [statement.count("status = 'active'") for statement in asked if "FROM connections" in statement] == [1, 1]
