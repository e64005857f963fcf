"""Reads of Kafka that are shared, kept for seconds, and told of in words."""

import asyncio

import pytest
from tests.support.control_plane.context import ManualTime

from clustera_toolkit.kafka import ConsumerFailedError, DeadlineError, TopicError
from drive_control_plane.kafka.shared_reads import AWAY, MOST_AT_ONCE, MOST_KEPT, ReadError, SharedReads


class Source:
    """Counts how often it is read; while `gate` is closed a read does not end."""

    def __init__(self) -> None:
        self.reads = self.most_at_once = 0
        self._now = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def read(self) -> int:
        self.reads += 1
        number = self.reads
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            await self.gate.wait()
        finally:
            self._now -= 1
        return number


async def test_who_asks_at_the_same_moment_shares_a_read() -> None:
    """Fifty pages of one connection cost one read; one that is closed takes it from nobody."""
    reads, source = SharedReads[int](ManualTime().clock), Source()
    source.gate.clear()
    asking = [asyncio.create_task(reads.get("a", 1, source.read)) for _ in range(50)]
    await asyncio.sleep(0)
    asking[0].cancel()
    source.gate.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert answers[1:] == [1] * 49


async def test_an_answer_is_kept_for_seconds_and_as_of_a_moment() -> None:
    """What is older, or as of another moment, or was forgotten, is read again."""
    time, source = ManualTime(), Source()
    reads = SharedReads[int](time.clock)
    assert [await reads.get("a", 1, source.read) for _ in range(2)] == [1, 1]
    assert await reads.get("b", 1, source.read) == 2
    assert await reads.get("a", 2, source.read) == 3
    time.advance(seconds=6)
    assert await reads.get("a", 2, source.read) == 4
    reads.forget("a")
    assert await reads.get("a", 2, source.read) == 5


async def test_news_are_not_answered_by_a_read_that_began_before_them() -> None:
    """Whoever asks as of a later moment gets a read of their own."""
    reads, source = SharedReads[int](ManualTime().clock), Source()
    source.gate.clear()
    former = asyncio.create_task(reads.get("a", 1, source.read))
    await asyncio.sleep(0)
    latter = asyncio.create_task(reads.get("a", 2, source.read))
    await asyncio.sleep(0)
    source.gate.set()
    assert (await former, await latter) == (1, 2)


async def test_few_are_read_at_once_and_few_are_kept() -> None:
    """However many are asked for."""
    reads, source = SharedReads[int](ManualTime().clock), Source()
    await asyncio.gather(*(reads.get(str(number), 1, source.read) for number in range(MOST_KEPT + 10)))
    assert source.most_at_once <= MOST_AT_ONCE
    before = source.reads
    await reads.get(str(MOST_KEPT + 9), 1, source.read)
    assert source.reads == before
    await reads.get("0", 1, source.read)
    assert source.reads == before + 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TopicError("there is no topic records"), "there is no topic records"),
        (TopicError("this client may not read the topic records"), "rights to describe and to read"),
        (DeadlineError("no answer"), AWAY),
        (ConsumerFailedError("_SSL: handshake failed"), "_SSL: handshake failed"),
    ],
)
async def test_what_is_wrong_is_told_in_words_and_kept_too(error: Exception, said: str) -> None:
    """A cluster that is away is not asked by each page."""
    asked = 0

    async def read() -> int:
        nonlocal asked
        asked += 1
        raise error

    reads = SharedReads[int](ManualTime().clock)
    for _ in range(2):
        with pytest.raises(ReadError) as told:
            await reads.get("a", 1, read)
        assert said in str(told.value)
    assert asked == 1


async def test_closing_ends_what_is_under_way() -> None:
    """Whoever waits for it is told."""
    reads, source = SharedReads[int](ManualTime().clock), Source()
    source.gate.clear()
    asking = asyncio.create_task(reads.get("a", 1, source.read))
    await asyncio.sleep(0)
    await reads.close()
    with pytest.raises(asyncio.CancelledError):
        await asking
