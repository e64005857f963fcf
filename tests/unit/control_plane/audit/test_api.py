"""`GET /v1/audit`: pages that miss nothing, and files that are safe to open."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from sqlalchemy import event
from tests.unit.control_plane.operators.office import SYSTEM, Office, office_over

from drive_control_plane.audit import export
from drive_control_plane.audit.log import Actor, record
from drive_control_plane.audit.reading import Wanted
from drive_control_plane.database import Database
from drive_control_plane.machines import clients

GRACE = Actor("operator", "grace@example.com", "default", "192.0.2.3")


@pytest.fixture
async def office(databases: Database) -> AsyncIterator[Office]:
    async with office_over(databases) as made:
        yield made


async def write(office: Office, names: Sequence[str], actor: Actor = GRACE) -> None:
    async with office.context.database.transaction() as session:
        for name in names:
            record(session, office.time.now, actor, "connection.paused", name)
            await session.flush()


class Program:
    """A machine with a token."""

    def __init__(self, office: Office, token: str) -> None:
        self._office = office
        self._token = token

    async def get(self, **query: Any) -> tuple[int, Any, dict[str, str]]:
        http, headers = self._office.context.http, {"Authorization": f"Bearer {self._token}"}
        async with http.get(f"{self._office.url}/v1/audit", params=query, headers=headers) as answer:
            is_json = "json" in answer.content_type and "jsonl" not in answer.content_type
            body = await answer.json(content_type=None) if is_json else await answer.text()
            return answer.status, body, {name.lower(): value for name, value in answer.headers.items()}


async def program(office: Office, *scopes: str, tenant_id: str | None = "default") -> Program:
    async with office.context.database.transaction() as session:
        made = await clients.create(session, office.time.now, SYSTEM, "siem", scopes, tenant_id)
    form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": made.secret}
    async with office.context.http.post(f"{office.url}/oauth/token", data=form) as answer:
        return Program(office, (await answer.json())["access_token"])


async def test_a_program_follows_the_log(office: Office) -> None:
    """Page by page to the end, then with the same cursor to what came meanwhile; each entry once, in its order."""
    await office.hired("ada")
    siem = await program(office, "audit:read")
    await write(office, [f"conn_{number}" for number in range(7)])
    office.time.advance(minutes=2)
    seen, cursor, pages = [], 0, 0
    while True:
        _, page, _ = await siem.get(cursor=cursor, limit=3, action="connection.paused")
        seen += [entry["target"] for entry in page["entries"]]
        cursor, pages = page["next_cursor"], pages + 1
        if not page["has_more"]:
            break
    assert (seen, pages) == ([f"conn_{number}" for number in range(7)], 3)
    _, page, _ = await siem.get(cursor=cursor, limit=3, action="connection.paused")
    assert (page["entries"], page["next_cursor"], page["has_more"]) == ([], cursor, False)
    await write(office, ["conn_new"])
    office.time.advance(minutes=2)
    _, page, _ = await siem.get(cursor=cursor, action="connection.paused")
    (entry,) = page["entries"]
    assert entry == {
        "id": entry["id"],
        "at": "2026-01-01T00:02:00Z",
        "actor_kind": "operator",
        "actor": "grace@example.com",
        "action": "connection.paused",
        "target": "conn_new",
        "outcome": "done",
        "address": "192.0.2.3",
        "details": {},
    }


async def test_a_page_does_not_pass_what_is_being_written(postgresql_database: Database) -> None:
    """An entry with a smaller number that is committed after a later one is in the next page, not lost."""
    async with office_over(postgresql_database) as office:
        await office.hired("ada")
        siem = await program(office, "audit:read")
        office.time.advance(minutes=2)
        written, go_on = asyncio.Event(), asyncio.Event()

        async def slowly() -> None:
            async with office.context.database.transaction() as session:
                record(session, office.time.now, GRACE, "connection.paused", "conn_slow")
                await session.flush()
                written.set()
                await go_on.wait()

        slow = asyncio.create_task(slowly())
        await written.wait()
        await write(office, ["conn_quick"])
        _, page, _ = await siem.get(action="connection.paused")
        assert page["entries"] == []
        go_on.set()
        await slow
        office.time.advance(minutes=2)
        _, page, _ = await siem.get(action="connection.paused", cursor=page["next_cursor"])
        assert [entry["target"] for entry in page["entries"]] == ["conn_slow", "conn_quick"]


@pytest.mark.parametrize(
    ("scopes", "tenant_id"), [(("connections:read", "connections:write"), "default"), (("connections:token",), None)]
)
async def test_the_scope_is_needed(office: Office, scopes: tuple[str, ...], tenant_id: str | None) -> None:
    """Neither other scopes nor a worker's token open the log."""
    await office.hired("ada")
    status, body, _ = await (await program(office, *scopes, tenant_id=tenant_id)).get()
    assert (status, body["code"]) == (403, "insufficient_scope")


async def test_a_program_sees_its_tenant(office: Office) -> None:
    """In pages and in files."""
    await office.hired("ada")
    await office.hired("eve", tenant="other")
    siem = await program(office, "audit:read", tenant_id="other")
    await write(office, ["conn_ours"])
    await write(office, ["nobodys"], Actor("system", "keys"))
    office.time.advance(minutes=2)
    _, page, _ = await siem.get()
    told = str(page) + str((await siem.get(format="jsonl"))[1]) + str((await siem.get(format="csv"))[1])
    assert "eve@example.com" in told
    for foreign in ("conn_ours", "nobodys", "ada@example.com"):
        assert foreign not in told


async def test_a_file_has_all_of_it(office: Office) -> None:
    """More than one page's rows, the oldest first, each once, up to the export's own entry."""
    ada = await office.hired("ada")
    siem = await program(office, "audit:read")
    names = [f"conn_{number:04}" for number in range(2 * export.ROWS + 5)]
    await write(office, names)
    status, text, headers = await siem.get(format="jsonl", action="connection.")
    assert (status, headers["content-type"]) == (200, "application/jsonl")
    assert headers["content-disposition"] == 'attachment; filename="audit-20260101T000000Z.jsonl"'
    assert [json.loads(line)["target"] for line in text.splitlines()] == names
    _, text, _ = await siem.get(format="csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["target"] for row in rows if row["target"].startswith("conn_")] == names
    assert [int(row["id"]) for row in rows] == sorted({int(row["id"]) for row in rows})
    exported = [entry.details for entry in await office.audit("audit.exported")]
    assert exported == [{"format": "jsonl", "wanted": {"action": "connection."}}, {"format": "csv", "wanted": {}}]
    assert [row["action"] for row in rows].count("audit.exported") == 1
    assert ada.email in text


@pytest.mark.parametrize(
    "evil",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\uff1d1+1",
        "\uff0b1",
        "\uff0d1",
        "\uff20A1",
        '=HYPERLINK("http://x")',
    ],
)
async def test_no_cell_is_a_formula(office: Office, evil: str) -> None:
    """What strangers wrote is shown by a spreadsheet and not worked out."""
    await office.hired("ada")
    siem = await program(office, "audit:read")
    await write(office, [evil], Actor("anonymous", evil, "default", evil))
    _, text, _ = await siem.get(format="csv", action="connection.paused")
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert (row["actor"], row["target"], row["address"]) == ("'" + evil,) * 3


async def test_a_file_is_read_from_the_database_as_it_is_taken(database: Database) -> None:
    """A page at a time, so that a log of any length takes a page's memory; and no transaction is open meanwhile."""
    async with office_over(database) as office:
        await office.hired("ada")
        await write(office, [str(number) for number in range(3 * export.ROWS)])
        asked = []
        engine = database.reading_engine.sync_engine
        event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        end = await export.begin(office.context, GRACE, "default", Wanted(), "jsonl")
        asked.clear()
        chunks = export.lines(office.context, "default", Wanted(), "jsonl", end)
        first = await anext(chunks)
        reads = [each for each in asked if "audit_log" in each]
        assert len(reads) == 2  # the tenant's page, and nobody's
        assert first.count("\n") == export.ROWS
        await write(office, ["while it is read"])
        rest = [chunk async for chunk in chunks]
        assert "while it is read" not in "".join(rest)


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "-1"},
        {"limit": "0"},
        {"limit": "1001"},
        {"format": "xml"},
        {"from": "2026-01-01T00:00"},
        {"to": "x"},
        {"from": "1767225600"},
        {"to": "0001-01-01T00:00+23:00"},
        {"who": "\0"},
    ],
)
async def test_what_makes_no_sense_is_refused(office: Office, query: dict[str, str]) -> None:
    """With the field that is wrong; a time without a zone is one of them."""
    await office.hired("ada")
    status, body, _ = await (await program(office, "audit:read")).get(**query)
    assert (status, body["code"]) == (422, "invalid_request")
    assert next(iter(query)) in body["detail"]
