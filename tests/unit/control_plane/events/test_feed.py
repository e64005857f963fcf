"""Who hears of changes, how often, and what becomes of those who do not keep up."""

import asyncio

from sqlalchemy import update
from tests.support.control_plane.context import ManualTime
from tests.support.control_plane.worker_words import at, connection, populate

from drive_control_plane.database import Database
from drive_control_plane.database.tables import Connection
from drive_control_plane.events.feed import Feed, FeedWatch, Subscription

HEAR_SECONDS = 10.0


async def heard(reader: Subscription, number: int) -> list[str]:
    """So many ids."""
    ids = aiter(reader)
    async with asyncio.timeout(HEAR_SECONDS):
        return [await anext(ids) for _ in range(number)]


async def test_readers_hear_of_their_own_tenant() -> None:
    """And once, however often a connection changed while nobody looked."""
    feed = Feed()
    with feed.subscribe("a") as one, feed.subscribe("b") as other:
        for connection_id in ("x", "y", "x"):
            feed.changed("a", connection_id)
        feed.changed("b", "z")
        assert (await heard(one, 2), await heard(other, 1)) == (["x", "y"], ["z"])
    assert not feed.has_readers


async def test_a_reader_that_waits_is_woken() -> None:
    """It need not ask again and again."""
    feed = Feed()
    with feed.subscribe("a") as reader:
        waiting = asyncio.create_task(heard(reader, 1))
        await asyncio.sleep(0)
        feed.changed("a", "x")
        assert await waiting == ["x"]


async def test_a_slow_reader_is_let_go() -> None:
    """What waits for it is bounded; the others hear everything."""
    feed = Feed(limit=2)
    with feed.subscribe("a") as slow:
        with feed.subscribe("a") as quick:
            for connection_id in ("x", "y", "z"):
                feed.changed("a", connection_id)
                assert await heard(quick, 1) == [connection_id]
        assert [each async for each in slow] == []


async def test_a_reader_that_waits_is_told_that_it_is_over() -> None:
    """More came at one moment than may wait."""
    feed = Feed(limit=1)
    with feed.subscribe("a") as reader:
        ended = asyncio.create_task(heard_all(reader))
        await asyncio.sleep(0)
        feed.changed("a", "x")
        feed.changed("a", "y")
        assert await asyncio.wait_for(ended, HEAR_SECONDS) == []


async def heard_all(reader: Subscription) -> list[str]:
    return [each async for each in reader]


async def test_other_processes_changes_are_found(databases: Database) -> None:
    """Each once, those of a moment ago too; with nobody listening nothing is asked."""
    await populate(databases, *[connection(f"conn_{number}", updated_at=at(0)) for number in range(3)])
    time, feed = ManualTime(at(3600)), Feed()
    watch = FeedWatch(databases, time.clock, feed)
    with feed.subscribe("tenant_1") as reader:
        await watch.poll()
        for name, seconds in (("conn_1", 3590), ("conn_2", 3600)):
            await change(databases, name, seconds)
            await watch.poll()
            await watch.poll()
        await change(databases, "conn_1", 3601)
        await watch.poll()
        assert await heard(reader, 2) == ["conn_1", "conn_2"]
        feed.changed("tenant_1", "end")
        assert await heard(reader, 1) == ["end"]


async def change(database: Database, connection_id: str, seconds: float) -> None:
    async with database.transaction() as session:
        changed = update(Connection).where(Connection.id == connection_id).values(updated_at=at(seconds))
        await session.execute(changed)


async def test_all_readers_go_when_the_feed_is_closed() -> None:
    """At the end of the process a reader waits for news no longer, and one that has not read its news goes, too."""
    feed = Feed()
    with feed.subscribe("tenant_1") as idle, feed.subscribe("tenant_2") as busy:
        feed.changed("tenant_2", "conn_1")
        feed.close()
        assert [each async for each in idle] == []
        assert [each async for each in busy] == []
