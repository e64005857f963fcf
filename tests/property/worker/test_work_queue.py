"""The queue before the committer: order, bounds, and nothing lost."""

import asyncio
from collections import Counter
from itertools import count

import hypothesis.strategies as st
from hypothesis import HealthCheck, example, given, settings

from clustera_toolkit.kafka import OutboundMessage, Position
from google_drive_worker.client.quota import Lane
from google_drive_worker.schemas.record import OutRecord
from google_drive_worker.sinks.kafka.work import Work, WorkQueue
from google_drive_worker.sync.batch import Batch

SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

CONNECTIONS = ["a", "b", "c"]
SIZES = st.sampled_from([0, 10, 500, 3000])
LANES = {"changes": Lane.CHANGES, "scan": Lane.FIRST_SCAN}
PLACE = Position("triggers", 0)
HANDLED = st.tuples(st.just("handled"), st.sampled_from([None, *CONNECTIONS]), SIZES)
BATCHES = st.tuples(st.sampled_from(["changes", "scan"]), st.sampled_from(CONNECTIONS), SIZES)
TAKE = st.tuples(st.just("take"), st.none(), st.sampled_from([1, 600, 4000, 10**6]))
PLANS = st.lists(st.one_of(HANDLED, BATCHES, TAKE), max_size=40)


def work_of(kind: str, connection: str | None, size: int) -> Work:
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    if kind == "handled":
        message = OutboundMessage("dlq", None, b"x" * size)
        return Work(1, done, connection, messages=(message,), handled=(PLACE, 1))
    record = OutRecord("file", "f", "upsert", "k", 1, b"x" * size, 0)
    return Work(1, done, connection, Batch(None, [record], lane=LANES[kind]))


def is_control(work: Work) -> bool:
    return work.handled is not None


async def played(plan: list[tuple[str, str | None, int]]) -> tuple[list[Work], list[list[Work]]]:
    """What was put in, in order, and what each take gave; what is left is taken at the end."""
    queue, added, takes = WorkQueue(10**9), list[Work](), list[list[Work]]()
    for kind, connection, size in plan:
        if kind == "take":
            takes.append(await queue.take(size))
            assert sum(work.size_bytes for work in takes[-1]) <= size or len(takes[-1]) == 1
        else:
            added.append(work_of(kind, connection, size))
            queue.add(added[-1])
    while len(queue):
        takes.append(await queue.take(4000))
        assert takes[-1], "a queue that is not empty gives something"
    assert queue.size_bytes == 0
    return added, takes


@SETTINGS
@given(PLANS)
def test_nothing_is_lost_or_given_twice(plan: list[tuple[str, str | None, int]]) -> None:
    """All that was added is taken exactly once."""
    added, takes = asyncio.run(played(plan))
    assert Counter(map(id, added)) == Counter(id(work) for take in takes for work in take)


@SETTINGS
@given(PLANS)
@example([("handled", None, 0), ("changes", "a", 3000), ("scan", "a", 0), ("take", None, 600)])
def test_batches_of_a_connection_do_not_overtake(plan: list[tuple[str, str | None, int]]) -> None:
    """Whatever their lanes and sizes, a connection's batches go out in the order in which they came."""
    added, takes = asyncio.run(played(plan))
    numbers = dict(zip(map(id, added), count(), strict=False))
    for connection in CONNECTIONS:
        order = [
            numbers[id(work)]
            for take in takes
            for work in take
            if work.connection_id == connection and not is_control(work)
        ]
        assert order == sorted(order)


@SETTINGS
@given(PLANS)
def test_handled_messages_go_first(plan: list[tuple[str, str | None, int]]) -> None:
    """In a transaction, handled messages come before batches, in the order of their arrival."""
    added, takes = asyncio.run(played(plan))
    numbers = dict(zip(map(id, added), count(), strict=False))
    for take in takes:
        assert [is_control(work) for work in take] == sorted(map(is_control, take), reverse=True)
    handled = [numbers[id(work)] for take in takes for work in take if is_control(work)]
    assert handled == sorted(handled)


async def crowd(bound: int, sizes: list[int]) -> tuple[int, int]:
    """Let many put at once while one takes; the largest that waited, and how much went through."""
    queue, largest, through = WorkQueue(bound), 0, 0

    async def put(size: int) -> None:
        nonlocal largest
        await queue.wait_for_room()
        queue.add(work_of("scan", "a", size))
        largest = max(largest, queue.size_bytes)

    putting = [asyncio.create_task(put(size)) for size in sizes]
    while through < len(sizes):
        await queue.wait_for_work(5.0)
        through += len(await queue.take(1))
    await asyncio.gather(*putting)
    return largest, through


@SETTINGS
@given(st.integers(1, 5000), st.lists(st.integers(0, 2000), max_size=20))
def test_what_waits_is_bounded(bound: int, sizes: list[int]) -> None:
    """However many put at once, no more waits than the bound and one batch; everyone gets through."""
    largest, through = asyncio.run(crowd(bound, sizes))
    assert through == len(sizes)
    assert largest < bound + max(sizes, default=0) + 1000
