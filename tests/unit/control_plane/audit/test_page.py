"""The audit log's page: what is found, page by page, and who may look."""

import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import pytest
from tests.unit.control_plane.operators.office import Desk, Office, office_over

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Role

GRACE = Actor("operator", "grace@example.com", "default", "192.0.2.3")
SCHEDULER = Actor("system", "scheduler", "default")


@pytest.fixture
async def office(databases: Database) -> AsyncIterator[Office]:
    async with office_over(databases) as made:
        yield made


async def write(office: Office, actor: Actor, *deeds: tuple[str, str | None], **more: Any) -> None:
    async with office.context.database.transaction() as session:
        for action, target in deeds:
            record(session, office.time.now, actor, action, target, **more)
            await session.flush()


def targets(text: str) -> list[str]:
    """Of what the entries on a page are, from top to bottom."""
    return re.findall(r'aria-label="Entries about ([^"]+)"', text)


def link(text: str, words: str) -> str:
    found = re.search(rf'href="([^"]+)"[^>]*>{words}</a>', text)
    assert found is not None, words
    return unescape(found[1])


async def find(ada: Desk, query: str) -> list[str]:
    status, text = await ada.get(f"/audit?{query}")
    assert status == 200, text
    return targets(text)


async def test_one_turns_pages_both_ways(office: Office) -> None:
    """The filter goes with every link; at both ends there is no further one."""
    ada = await office.hired("ada")
    await write(office, GRACE, *(("connection.paused", f"conn_{number:03}") for number in range(120)))
    await write(office, GRACE, ("connection.resumed", "conn_other"))
    _, first = await ada.get("/audit?who=grace&action=connection.paused")
    assert targets(first) == [f"conn_{number:03}" for number in range(119, 69, -1)]
    assert "Newer" not in first
    _, second = await ada.get(link(first, "Older"))
    _, third = await ada.get(link(second, "Older"))
    assert targets(third) == [f"conn_{number:03}" for number in range(19, -1, -1)]
    assert "Older</a>" not in third
    _, back = await ada.get(link(third, "Newer"))
    assert targets(back) == targets(second)
    _, start = await ada.get(link(back, "Newer"))
    assert targets(start) == targets(first)
    assert "Newer</a>" not in start
    assert targets((await ada.get(link(back, "Newest")))[1]) == targets(first)


async def test_entries_are_found_by_what_is_known_of_them(office: Office) -> None:
    """A part of a name in any case, how an action begins, the target; words of the database's own mean nothing."""
    ada = await office.hired("ada")
    await write(office, GRACE, ("connection.paused", "conn_1"), ("connection.resumed", "conn_2"))
    await write(office, SCHEDULER, ("connection.set_aside", "conn_1"))
    assert await find(ada, "who=GRACE") == ["conn_2", "conn_1"]
    assert await find(ada, "action=connection.p") == ["conn_1"]
    assert await find(ada, "target=conn_1") == ["conn_1", "conn_1"]
    assert await find(ada, "target=conn_1&who=scheduler") == ["conn_1"]
    for nothing in ("who=%25", "who=gr_ce", "action=%25paused", "target=conn_%25", "who=%27%20OR%201=1"):
        assert await find(ada, nothing) == [], nothing


async def test_entries_are_found_by_when(office: Office) -> None:
    """From a moment on, and before one; without a zone it is in UTC."""
    ada = await office.hired("ada")
    for number in range(4):
        await write(office, GRACE, ("connection.paused", f"conn_{number}"))
        office.time.advance(hours=1)
    assert await find(ada, "from=2026-01-01T01:00") == ["conn_3", "conn_2", "conn_1"]
    assert await find(ada, "who=grace&to=2026-01-01T02:00") == ["conn_1", "conn_0"]
    assert await find(ada, "from=2026-01-01T03:00%2B02:00&to=2026-01-01T02:00Z") == ["conn_1"]
    for wrong in ("from=yesterday", "to=2026-13-01", "from=0001-01-01T00:00%2B23:00", "who=%00"):
        status, text = await ada.get(f"/audit?{wrong}")
        assert status == 422, wrong
        assert 'role="alert"' in text or "invalid_request" in text


async def test_an_entry_tells_what_it_means_and_how_it_ended(office: Office) -> None:
    """With its details; what somebody else wrote is text."""
    ada = await office.hired("ada")
    await write(
        office, GRACE, ("connection.changed", "conn_1"), refused=True, name="<script>x</script>", settings={"page": 5}
    )
    _, text = await ada.get("/audit?target=conn_1")
    for shown in ("Name, settings or schedule of a connection", "refused", "192.0.2.3", "&lt;script&gt;x", "page"):
        assert shown in text, shown
    assert "<script>x" not in text
    assert 'href="/connections/conn_1"' in text


async def test_a_tenant_sees_its_own_entries(office: Office) -> None:
    """Those of no tenant are seen by the one that runs the control plane, and by no other."""
    ada, eve = await office.hired("ada"), await office.hired("eve", tenant="other")
    await write(office, GRACE, ("connection.paused", "conn_ours"))
    await write(office, Actor("system", "keys"), ("keys.rotated", "nobodys"))
    await write(office, Actor("operator", "x@example.com", "other"), ("connection.paused", "conn_theirs"))
    wanted = "target=conn_ours", "target=nobodys", "target=conn_theirs"
    assert [len(await find(ada, each)) for each in wanted] == [1, 1, 0]
    assert [len(await find(eve, each)) for each in wanted] == [0, 0, 1]
    everything = await find(ada, "")
    assert everything.index("nobodys") < everything.index("conn_ours")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
async def test_administrators_alone_look(office: Office, role: Role) -> None:
    """Others are refused, on the page and over the API."""
    bob = await office.hired("bob", role)
    assert [(await bob.get(path))[0] for path in ("/audit", "/v1/audit", "/v1/audit?format=csv")] == [403] * 3
    assert await office.audit("audit.read") == []


async def test_that_the_log_is_read_is_an_entry_once_an_hour(office: Office) -> None:
    """Of each reader."""
    ada, eve = await office.hired("ada"), await office.hired("eve")
    for _ in range(3):
        for reader in (ada, eve):
            await reader.get("/audit")
        office.time.advance(minutes=30)
    assert [entry.actor for entry in await office.audit("audit.read")] == [ada.email, eve.email] * 2


async def test_the_page_leads_to_a_file_of_the_same(office: Office) -> None:
    """The links to files carry what is looked for, in words that the API takes."""
    ada = await office.hired("ada")
    await write(office, GRACE, ("connection.paused", "conn_1"), ("connection.resumed", "conn_2"))
    _, text = await ada.get("/audit?action=connection.p&from=2026-01-01T00:00")
    status, body = await ada.get(link(text, "Download as CSV"))
    assert status == 200
    assert "conn_1" in body
    assert "conn_2" not in body
