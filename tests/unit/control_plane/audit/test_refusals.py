"""What somebody may not do and tried is in the audit log."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select
from tests.unit.control_plane.every_route import MINE, OPERATOR, RUN, VIEWER, House, house_over

from drive_control_plane.database import Database
from drive_control_plane.database.tables import AuditEntry

REFUSED = "request.refused"


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    async with house_over(database) as made:
        yield made


async def asked(house: House, method: str, path: str, headers: dict[str, str]) -> int:
    async with house.http.request(method, house.url + path, headers=headers, allow_redirects=False) as answer:
        return answer.status


async def refusals(house: House) -> list[AuditEntry]:
    async with house.context.database.reading() as session:
        found = await session.scalars(select(AuditEntry).where(AuditEntry.action == REFUSED).order_by(AuditEntry.id))
        return list(found)


async def test_a_person_whose_role_is_too_small_is_noted(house: House) -> None:
    """Who it was, what they wanted of which connection, and the role that it takes."""
    connection, viewer = await house.connection(), await house.person(VIEWER)
    assert await asked(house, "POST", f"/v1/connections/{connection}/pause", viewer) == 403
    assert await asked(house, "GET", "/audit", await house.person(OPERATOR)) == 403
    paused, read = await refusals(house)
    assert (paused.actor_kind, paused.tenant_id, paused.outcome, paused.target) == (
        "operator",
        MINE,
        "refused",
        connection,
    )
    assert paused.details == {"route": "POST /v1/connections/{connection_id}/pause", "needs": "operator"}
    assert (read.target, read.details) == (None, {"route": "GET /audit", "needs": "administrator"})


async def test_a_program_without_the_scope_is_noted(house: House) -> None:
    """By its id, with the scope that it lacks; an id that cannot be one is not."""
    program = await house.program(RUN)
    assert await asked(house, "DELETE", f"/v1/connections/{'x' * 100}", program) == 403
    (entry,) = await refusals(house)
    assert (entry.actor_kind, entry.target) == ("machine", None)
    assert entry.details == {"route": "DELETE /v1/connections/{connection_id}", "needs": "connections:write"}


async def test_a_loop_does_not_fill_the_log(house: House) -> None:
    """A hundred tries at a hundred connections, many at one moment, are one entry; an hour later there is another."""
    program = await house.program(RUN)
    tries = (asked(house, "GET", f"/v1/connections/conn_{number}", program) for number in range(100))
    assert set(await asyncio.gather(*tries)) == {403}
    assert len(await refusals(house)) == 1
    house.time.advance(minutes=4)  # the token is good for five
    assert await asked(house, "GET", "/v1/connections/conn_1", program) == 403
    assert len(await refusals(house)) == 1
    viewer = await house.person(VIEWER)
    for _ in range(2):
        assert await asked(house, "GET", "/audit", viewer) == 403
        house.time.advance(hours=1)
    assert len(await refusals(house)) == 3
