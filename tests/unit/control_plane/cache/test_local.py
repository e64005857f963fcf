"""The cache in memory keeps what it is given for as long as that is good, and stays within its bounds."""

import pytest
from tests.support.control_plane.context import ManualTime

from drive_control_plane.cache import LocalCache


@pytest.fixture
def time() -> ManualTime:
    """Time that a test lets pass."""
    return ManualTime()


async def test_a_value_is_kept_until_its_time_is_over(time: ManualTime) -> None:
    """To the second before its end it is there; then it is gone, and so is its place."""
    cache = LocalCache(time.clock)
    await cache.put("key", b"value", 300)
    time.advance(seconds=299)
    assert await cache.get("key") == b"value"
    time.advance(seconds=1)
    assert await cache.get("key") is None


async def test_what_is_dropped_or_was_never_put_is_not_there(time: ManualTime) -> None:
    """Dropping is for one key, and may be repeated."""
    cache = LocalCache(time.clock)
    await cache.put("one", b"1", 300)
    await cache.put("two", b"2", 300)
    for _ in range(2):
        await cache.drop("one")
    assert [await cache.get(key) for key in ("one", "two", "three")] == [None, b"2", None]


async def test_a_value_is_replaced(time: ManualTime) -> None:
    """The later one counts, with its own time."""
    cache = LocalCache(time.clock)
    await cache.put("key", b"first", 300)
    await cache.put("key", b"second", 10)
    assert await cache.get("key") == b"second"
    time.advance(seconds=10)
    assert await cache.get("key") is None


async def test_what_was_not_asked_for_longest_makes_room(time: ManualTime) -> None:
    """At most so many entries are kept."""
    cache = LocalCache(time.clock, most_entries=2)
    await cache.put("one", b"1", 300)
    await cache.put("two", b"2", 300)
    await cache.get("one")
    await cache.put("three", b"3", 300)
    assert [await cache.get(key) for key in ("one", "two", "three")] == [b"1", None, b"3"]


async def test_bytes_are_bounded_too(time: ManualTime) -> None:
    """Keys count; what is larger than all there is room for is not kept, and room that was given back is used."""
    cache = LocalCache(time.clock, most_bytes=10)
    await cache.put("a", b"12345", 300)
    await cache.put("b", b"1234", 300)
    assert await cache.get("a") is None
    await cache.put("c", b"1234", 300)
    assert [await cache.get(key) for key in ("b", "c")] == [b"1234", b"1234"]
    await cache.put("b", b"1234567890", 300)
    assert [await cache.get(key) for key in ("b", "c")] == [None, None]
    await cache.put("d", b"123456789", 300)
    assert await cache.get("d") == b"123456789"
