"""`/v1/usage` and the parts of pages that are charts, over HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support.control_plane.context import EPOCH
from tests.unit.control_plane.dashboard.charts.counting import counted
from tests.unit.control_plane.dashboard.desk import Desk, desk_over

from drive_control_plane.audit.log import Actor
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Role, Tenant
from drive_control_plane.machines import clients

SYSTEM = Actor("system", "test")


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    """Provide two connections of the tenant and one of another's, all with counts, and a viewer at a browser."""
    async with desk_over(database, gdrive_quota_units_per_day=400) as made:
        await made.sign_in(Role.VIEWER)
        await made.add(Tenant(id="other", name="Other", created_at=EPOCH))
        ada, grace = await made.connection("Ada"), await made.connection("Grace")
        theirs = await made.connection("Eve", tenant="other")
        await made.add(
            counted(1, ada, changes=5, units=100, calls=1, refused=2, lag_seconds=3.0, waited_seconds=75.5),
            counted(1, grace, changes=7, units=200, calls=2, limit_per_minute=900),
            counted(1, theirs, changes=1_000_000, units=1_000_000),
        )
        yield made


async def _usage(desk: Desk, query: str = "", headers: dict[str, str] | None = None) -> tuple[int, Any]:
    async with desk.http.get(f"{desk.url}/v1/usage{query}", headers=headers) as answer:
        return answer.status, await answer.json()


async def test_programs_get_the_series(desk: Desk) -> None:
    """In even steps, of all connections or of one; what nobody knows is null."""
    status, usage = await _usage(desk, "?span=1h")
    assert status == 200
    assert (usage["span"], usage["step_seconds"], len(usage["points"])) == ("1h", 60, 60)
    assert (usage["since"], usage["until"]) == ("2025-12-31T23:01:00Z", "2026-01-01T00:01:00Z")
    counts = {"changes": 12, "files": 0, "records": 0, "errors": 0, "calls": 3, "units": 300, "refused": 2}
    measures = {"lag_seconds": 3.0, "waited_seconds": 75.5, "limit_per_minute": 900}
    assert usage["points"][-2] == {"at": "2025-12-31T23:59:00Z", **counts, **measures}
    assert usage["points"][-1]["lag_seconds"] is usage["points"][-1]["limit_per_minute"] is None
    _, of_one = await _usage(desk, "?connection_id=conn_grace")
    assert of_one["step_seconds"] == 900
    assert sum(point["changes"] for point in of_one["points"]) == 7


async def test_nobody_gets_another_tenants_series(desk: Desk) -> None:
    """Another tenant's connection does not exist, neither for programs nor on pages."""
    status, problem = await _usage(desk, "?connection_id=conn_eve")
    assert (status, problem["code"]) == (404, "connection_not_found")
    assert (await desk.get("/fragments/connections/conn_eve/charts"))[0] == 404


async def test_a_program_needs_the_scope(desk: Desk) -> None:
    """A token without `connections:read` is refused, one with it is served."""
    for scopes, expected in ((["triggers:write"], 403), (["connections:read"], 200)):
        async with desk.context.database.transaction() as session:
            made = await clients.create(session, EPOCH, SYSTEM, "program", scopes, "default")
        form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": made.secret}
        async with desk.http.post(f"{desk.url}/oauth/token", data=form) as answer:
            token = (await answer.json())["access_token"]
        assert (await _usage(desk, headers={"authorization": f"Bearer {token}"}))[0] == expected


async def test_spans_that_there_are_not_are_refused(desk: Desk) -> None:
    """With what is wrong."""
    status, problem = await _usage(desk, "?span=1y")
    assert (status, problem["code"]) == (422, "invalid_request")
    assert (await desk.get("/fragments/charts?span=1y"))[0] == 422


async def test_charts_can_be_read_by_everybody(desk: Desk) -> None:
    """Each has a title and a summary that its drawing names; the numbers stand in a table; the span is marked."""
    status, text = await desk.get("/fragments/charts?span=1h")
    assert status == 200
    for name in ("changes", "units", "lag"):
        assert f'aria-labelledby="chart-{name}" aria-describedby="chart-{name}-summary"' in text
        assert f'id="chart-{name}"' in text
        assert f'id="chart-{name}-summary"' in text
    assert "12 in the last hour. Per minute: 0 to 12, 0 so far in this one." in text
    assert "2 calls refused" in text
    assert '<th scope="row">Dec 31, 23:59</th><td class="number">12</td>' in text
    assert '<td class="number">75.5</td><td class="number">900</td><td class="number">3.0</td></tr>' in text
    assert 'data-here="/fragments/charts?span=1h" aria-current="true"' in text
    assert "None in the last hour." in text, "errors"
    assert "style=" not in text
    assert "<script" not in text


async def test_a_connections_charts_are_its_own(desk: Desk) -> None:
    """And where nothing has happened yet, that is said."""
    _, text = await desk.get("/fragments/connections/conn_grace/charts")
    assert "7 in the last 24 hours" in text
    quiet = await desk.connection("Quiet")
    _, text = await desk.get(f"/fragments/connections/{quiet}/charts")
    assert "Nothing yet" in text
    assert "<svg" not in text


async def test_who_is_held_back_by_quota_sees_it(desk: Desk) -> None:
    """On the connection itself; the limit, which is the project's, stands where all connections are."""
    _, overview = await desk.get("/fragments/charts?span=1h")
    assert '<p class="note hint">Held back by quota for 1 min 16 s. Limit, as workers believe: 900 per minute.</p>' in (
        overview
    )
    assert overview.count('class="limit"') == 1
    _, ada = await desk.get("/fragments/connections/conn_ada/charts?span=1h")
    assert '<p class="note hint">Held back by quota for 1 min 16 s.</p>' in ada
    _, grace = await desk.get("/fragments/connections/conn_grace/charts?span=1h")
    assert "Held back by quota for 0 s." in grace
    assert 'class="note' not in grace
    assert 'class="limit"' not in ada + grace


async def test_the_overview_tells_figures_of_all(desk: Desk) -> None:
    """With how much of the day's quota is used; and pages show charts without a script."""
    _, text = await desk.get("/fragments/figures")
    assert "75.0 % of 400" in text
    assert 'data-says="2 connections, nothing to look at"' in text
    _, text = await desk.get("/?span=7d")
    assert "12 in the last 7 days" in text
    assert 'data-live="/fragments/charts?span=7d"' in text
