"""Recent changes on a page and for programs, read from Kafka when somebody looks."""

import asyncio
import json
from typing import Any

from sqlalchemy import update
from tests.support.control_plane.context import context_over
from tests.support.control_plane.serving import serving
from tests.unit.control_plane.operators.office import Desk
from tests.unit.control_plane.recent.writing import FOREIGN, MINE, OTHERS, Records, Worker, time

from clustera_toolkit.kafka import OutboundMessage, partition_of
from clustera_toolkit.testing.ports import free_port
from drive_control_plane.database.tables import Connection, Role
from google_drive_worker.schemas.record import ResourceType

FRAGMENT = f"/fragments/connections/{MINE}/changes"
WORKER = Worker()


async def heard(records: Records, seconds: float) -> None:
    """Have the connection changed, as it is when the worker tells of changes."""
    records.office.time.advance(seconds=seconds)
    async with records.office.context.database.transaction() as session:
        await session.execute(update(Connection).values(updated_at=records.office.time.now))


async def test_changes_are_shown_newest_first(records: Records) -> None:
    """With their names, in words; and to programs as they are."""
    await records.write(WORKER, WORKER.file("a", 1), WORKER.file("b", 3, created_at=time(3)))
    await records.write(WORKER, WORKER.gone(ResourceType.FILE, "a", 4), WORKER.gone(ResourceType.FOLDER, "a", 4))
    grace = await records.office.hired("grace", Role.OPERATOR)
    shown = await records.shown(grace)
    told = [(each["kind"], each["name"]) for each in shown["changes"]]
    assert told == [("removed", "a.pdf"), ("added", "b.pdf"), ("changed", "a.pdf")]
    assert (shown["looked_at"], shown["is_whole"]) == (4, True)
    text = (await grace.get(FRAGMENT))[1]
    assert text.index("Deleted, or shared no more") < text.index("Added") < text.index("Changed<")


async def test_viewers_see_no_names(records: Records) -> None:
    """As they may not browse folders."""
    await records.write(WORKER, WORKER.file("a", 1, name="Secret plans.pdf"))
    viewer = await records.office.hired("val", Role.VIEWER)
    text = (await viewer.get(FRAGMENT))[1]
    assert ("Changed" in text, "Secret" in text) == (True, False)
    status, refused = await viewer.get(f"/v1/connections/{MINE}/recent-changes")
    assert (status, json.loads(refused)["code"]) == (403, "role_too_small")


async def test_nobody_sees_the_changes_of_others(records: Records) -> None:
    """Of another connection in the same topic, of another tenant."""
    for name in (OTHERS, FOREIGN):
        worker = Worker(name)
        await records.write(worker, worker.file("a", 1, name="Of others.pdf"))
    grace = await records.office.hired("grace")
    assert "Of others" not in (await grace.get(FRAGMENT))[1]
    for path in (f"/v1/connections/{FOREIGN}/recent-changes", f"/fragments/connections/{FOREIGN}/changes"):
        assert (await grace.get(path))[0] == 404


async def test_that_none_was_found_is_said_as_it_is(records: Records) -> None:
    """Nothing there at all, or none among so many of others'."""
    grace = await records.office.hired("grace")
    assert "None yet" in (await grace.get(FRAGMENT))[1]
    neighbour = await asyncio.to_thread(_neighbour)
    worker = Worker(neighbour)
    await records.write(worker, *(worker.file(str(number), None) for number in range(6_000)))
    await heard(records, 1)
    assert "None among the newest 5,000 records of its partition" in (await grace.get(FRAGMENT))[1]


def _neighbour() -> str:
    """A connection whose records are in the same partition; the embedded broker's topics have four."""
    wanted = partition_of(MINE.encode(), 4)
    return next(name for number in range(1_000) if partition_of((name := f"conn_{number}").encode(), 4) == wanted)


async def test_what_is_there_is_read_again_when_the_connection_changed(records: Records) -> None:
    """So that whoever hears of a change sees it; without word of one, after seconds."""
    grace = await records.office.hired("grace")
    await records.write(WORKER, WORKER.file("a", 1))
    assert len((await records.shown(grace))["changes"]) == 1
    await records.write(WORKER, WORKER.file("b", 2))
    assert len((await records.shown(grace))["changes"]) == 1, "kept for seconds"
    await heard(records, 1)
    assert len((await records.shown(grace))["changes"]) == 2
    await records.write(WORKER, WORKER.file("c", 3))
    records.office.time.advance(seconds=6)
    assert len((await records.shown(grace))["changes"]) == 3


async def test_names_that_anybody_may_have_chosen_do_no_harm(records: Records) -> None:
    """They are shown as they are."""
    await records.write(WORKER, WORKER.file("a", 1, name="<script>alert(1)</script>\0"))
    text = (await (await records.office.hired("grace")).get(FRAGMENT))[1]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</span>" in text


async def test_what_is_no_record_does_no_harm(records: Records) -> None:
    """Whoever wrote it."""
    stray: list[tuple[str, str | bytes | None]] = [("resource_type", b"file")]
    await records.send([OutboundMessage(records.topic, MINE.encode(), b"stray", stray)])
    assert (await records.shown(await records.office.hired("grace")))["changes"] == []


async def test_a_kafka_that_is_away_is_told_of(records: Records) -> None:
    """In the part's own place; programs get 503."""
    office = records.office
    where: dict[str, Any] = {"kafka_bootstrap_servers": f"127.0.0.1:{free_port()}"}
    async with (
        context_over(office.context.database, clock=office.time.clock, **where) as context,
        serving(context) as url,
    ):
        grace = await office.hired("grace")
        away = Desk(grace.http, url, grace.email)
        status, text = await away.get(FRAGMENT)
        assert (status, "Kafka does not answer" in text) == (200, True)
        status, text = await away.get(f"/v1/connections/{MINE}/recent-changes")
        assert (status, json.loads(text)["code"]) == (503, "kafka_unavailable")
