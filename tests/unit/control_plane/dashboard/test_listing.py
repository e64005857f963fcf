"""The list of connections: searched, narrowed, page by page, those that need somebody first."""

from datetime import timedelta
from typing import Any

import pytest
from tests.support.control_plane.context import EPOCH
from tests.support.control_plane.worker_words import TENANT, connection, populate

from drive_control_plane.dashboard import listing as module
from drive_control_plane.dashboard.listing import Listing, Show, Wanted, listing
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Alert, Connection, ConnectionStatus


def _named(name: str, **fields: Any) -> Connection:
    return connection(f"conn_{name.encode().hex()}", name=name, **fields)


async def _names(database: Database, *wanted: Any) -> list[str]:
    return [line.connection.name for line in (await _listed(database, Wanted(*wanted))).lines]


async def _listed(database: Database, wanted: Wanted) -> Listing:
    async with database.reading() as session:
        return await listing(session, TENANT, wanted)


async def test_connections_are_found_by_a_part_of_name_or_address(databases: Database) -> None:
    """In any case; signs that mean something to the database mean only themselves."""
    await populate(
        databases,
        _named("Finance 100%", account_email="cfo@example.com"),
        _named("Legal_team", account_email="LAW@example.com"),
        connection("conn_foreign", "tenant_2", name="Finance of others"),
    )
    assert await _names(databases, "finance") == ["Finance 100%"]
    assert await _names(databases, "law@") == ["Legal_team"]
    assert await _names(databases, "100%") == ["Finance 100%"]
    assert await _names(databases, "%") == ["Finance 100%"]
    assert await _names(databases, "l_t") == ["Legal_team"]
    assert await _names(databases, "\\") == []


async def test_connections_are_narrowed_by_how_they_stand(databases: Database) -> None:
    """Ended ones show only when asked for; alerts that are over call nobody."""
    standing = {status.value: _named(status.value, status=status) for status in ConnectionStatus}
    await populate(databases, *standing.values())
    alert = {"kind": "failing", "message": "It fails.", "opened_at": EPOCH}
    async with databases.transaction() as session:
        session.add(Alert(id="alert_1", connection_id=standing["paused"].id, **alert))
        session.add(Alert(id="alert_2", connection_id=standing["active"].id, closed_at=EPOCH, **alert))
    assert set(await _names(databases)) == {"active", "paused", "reauthorization_required"}
    assert await _names(databases, "", Show.ATTENTION) == ["paused"]
    for status in ConnectionStatus:
        assert await _names(databases, "", Show(status.value)) == [status.value]
    assert await _names(databases, "act", Show.PAUSED) == []


async def test_who_needs_somebody_comes_first_on_the_first_page(
    databases: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the newest; each connection is on one page."""
    monkeypatch.setattr(module, "LINES", 3)
    known = [_named(f"{n}", created_at=EPOCH + timedelta(minutes=n)) for n in range(7)]
    await populate(databases, *known)
    async with databases.transaction() as session:
        for n in (0, 3):
            session.add(Alert(id=f"{n}", connection_id=known[n].id, kind="k", message="m", opened_at=EPOCH))
    pages = [await _listed(databases, Wanted(number=number)) for number in (1, 2, 3)]
    assert [[line.connection.name for line in page.lines] for page in pages] == [
        ["3", "0", "6"],
        ["5", "4", "2"],
        ["1"],
    ]
    assert [(page.first, page.last, page.total, page.pages) for page in pages] == [
        (1, 3, 7, 3),
        (4, 6, 7, 3),
        (7, 7, 7, 3),
    ]
    beyond = await _listed(databases, Wanted(number=9))
    assert (list(beyond.lines), beyond.total, beyond.has_any) == ([], 7, True)


async def test_an_empty_list_says_whether_anything_is_connected(databases: Database) -> None:
    """An ended connection is none."""
    await populate(databases, _named("Gone", status=ConnectionStatus.DISCONNECTED))
    assert not (await _listed(databases, Wanted())).has_any
    async with databases.transaction() as session:
        session.add(_named("Here"))
    assert (await _listed(databases, Wanted("nobody"))).has_any


def test_a_page_is_asked_for_by_what_is_not_usual() -> None:
    """Values that hold signs of addresses are written so that they mean only themselves."""
    assert Wanted().query() == ""
    assert Wanted("a&b=c", Show.ATTENTION, 3).query() == "q=a%26b%3Dc&status=attention&page=3"
    assert Wanted("a", Show.CONNECTED, 3).query(1) == "q=a"
