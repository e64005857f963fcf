"""The committer as an outlet, on a real producer: what is committed, what is dropped, and who is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
from confluent_kafka import Consumer

from clustera_toolkit.kafka import (
    EmbeddedBroker,
    KafkaProducer,
    Position,
    TransactionAbortedError,
    TransactionUncertainError,
)
from clustera_toolkit.message import SizeGuard
from clustera_toolkit.storage import S3Client
from google_drive_worker.schemas.event import EventName, SyncEvent
from google_drive_worker.schemas.record import FileData, OutRecord, ResourceType, Source
from google_drive_worker.schemas.state import ConnectionState, Range
from google_drive_worker.sinks.kafka.claim_check import ClaimCheck
from google_drive_worker.sinks.kafka.committer import CommitObserver, Committer, CommitterSettings
from google_drive_worker.sinks.kafka.messages import Topics
from google_drive_worker.sinks.kafka.state_store import StateStore
from google_drive_worker.sinks.kafka.work import Work
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.outlet import BatchDroppedError, OutcomeUnknownError, OutletClosedError
from google_drive_worker.sync.patch import snapshot_id
from google_drive_worker.sync.records import SCAN, RecordWriter
from google_drive_worker.sync.state import AdvanceScan, OpenSnapshot
from google_drive_worker.sync.wishes import Accept, Cancel

CONN = "conn_1"
ONE = snapshot_id(1)
NOW = "2026-01-01T00:00:00.000Z"
DEADLINE_SECONDS = 20.0
OPEN = OpenSnapshot("user:me", ONE, "5", "account", 0, {"all": Range()}, None, NOW)
LIMIT = 2000


class LateRefusal(KafkaProducer):
    """A producer that learns, when it is told to, that the group had moved on."""

    def __init__(self) -> None:
        super().__init__("localhost:1")
        self.asked, self.told = asyncio.Event(), asyncio.Event()

    async def transact(self, *_: object) -> None:
        self.asked.set()
        await self.told.wait()
        raise TransactionAbortedError("the generation is over", fenced_group=True)


class LostAnswer(KafkaProducer):
    """A producer that never learns how a transaction ended."""

    def __init__(self) -> None:
        super().__init__("localhost:1")

    async def transact(self, *_: object) -> None:
        raise TransactionUncertainError("no answer to the commit")

    async def transact_alone(self, *_: object) -> None:
        await self.transact()


@dataclass
class Office:
    """A committer that runs, and what it committed, transaction by transaction."""

    committer: Committer
    producer: KafkaProducer
    group: Consumer
    place: Position
    transactions: list[list[Work]] = field(default_factory=list)

    def open(self, offset: int = 0) -> None:
        """Take over one partition."""
        self.committer.open({self.place: offset}, self.group.consumer_group_metadata())

    async def put(self, *batches: Batch) -> None:
        for batch in batches:
            await self.committer.put(CONN, batch)

    async def settle(self) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await self.committer.settle(CONN)

    def state(self) -> ConnectionState:
        state = self.committer.state(CONN)
        assert state is not None
        return state


@pytest.fixture
async def office(embedded_broker: EmbeddedBroker, topic_names: Callable[[str], str]) -> AsyncIterator[Office]:
    names = Topics(*[topic_names(kind) for kind in ("records", "errors", "events", "state")])
    place = Position(topic_names("trigger"), 0)
    embedded_broker.create_topics([names.records, names.errors, names.events, names.state, place.topic])
    producer = KafkaProducer(embedded_broker.bootstrap_servers, transactional_id=topic_names("tx"))
    group = Consumer({"bootstrap.servers": embedded_broker.bootstrap_servers, "group.id": topic_names("group")})
    transactions: list[list[Work]] = []
    committer = Committer(
        producer,
        StateStore(names.state, lambda _: 0),
        names,
        ClaimCheck(S3Client.from_url("memory://"), SizeGuard(LIMIT)),
        settings=CommitterSettings(linger_seconds=0.0),
        observer=CommitObserver(committed=lambda works: transactions.append(list(works))),
        now=lambda: NOW,
    )
    await producer.start()
    running = asyncio.create_task(committer.run())
    made = Office(committer, producer, group, place, transactions)
    made.open()
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await producer.close()
    group.close()


def record(name: str = "a") -> OutRecord:
    writer = RecordWriter("google-drive", CONN, Source("user:me"), ONE, SCAN, NOW)
    return writer.upsert(ResourceType.FILE, "a", FileData("a", name), 1)


async def test_batches_are_committed_in_order(office: Office) -> None:
    """After settling, the state is that of all batches, one after the other."""
    pages = [Batch(AdvanceScan("user:me", ONE, "all", f"p{number}", {"file": 1}), [record()]) for number in range(3)]
    await office.put(Batch(Accept({})), Batch(OPEN), *pages)
    await office.settle()
    corpus = office.state().corpus("user:me")
    assert corpus is not None
    assert (corpus.ranges["all"].page_token, corpus.counts) == ("p2", {"file": 3})


async def test_a_state_is_seen_only_once_committed(office: Office) -> None:
    """What was handed over is not yet so: whoever plans by the state plans by what is safe."""
    await office.put(Batch(Accept({})))
    assert office.committer.state(CONN) is None
    await office.settle()
    assert office.state().job is not None


async def test_a_stale_batch_drops_its_followers(office: Office) -> None:
    """The engine is told once, by its next `put` or `settle`, and then may go on from the state."""
    await office.put(Batch(Accept({})), Batch(OPEN), Batch(Cancel()))
    await office.settle()
    await office.put(Batch(AdvanceScan("user:me", ONE, "all", "p1"), [record()]))
    with pytest.raises(BatchDroppedError):
        await office.settle()
    await office.settle()
    assert [corpus.is_given_up for corpus in office.state().corpora] == [True]
    assert not any(work.batch and work.batch.records for works in office.transactions for work in works)


async def test_a_handled_message_moves_its_offset(office: Office) -> None:
    """The offset is that of the next message; what came with it is committed with it."""
    await office.committer.handle(office.place, 5, connection_id=CONN, batch=Batch(Accept({})))
    assert office.committer.offsets == {office.place: 5}
    assert office.state().job is not None


async def test_offsets_alone_can_be_committed(office: Office) -> None:
    """A new group's start is fixed before anything is handled."""
    await office.committer.commit_offsets()
    ((work,),) = office.transactions
    assert (work.batch, work.handled) == (None, None)
    assert office.committer.offsets == {office.place: 0}


async def test_events_of_no_batch_are_committed(office: Office) -> None:
    """Of any connection, with whatever else is on its way, and without moving an offset."""
    event = SyncEvent(EventName.USAGE, "conn_of_others", NOW, records=1)
    await office.committer.tell([event])
    assert [work.notices for works in office.transactions for work in works] == [(event,)]
    assert office.committer.offsets == {office.place: 0}


async def test_events_are_committed_without_partitions(office: Office) -> None:
    """The process ends amid a rebalance: what it has to tell of itself is written all the same."""
    await office.committer.shut(DEADLINE_SECONDS)
    event = SyncEvent(EventName.USAGE, CONN, NOW, records=1)
    with pytest.raises(OutletClosedError):
        await office.committer.tell([event])
    await office.committer.tell_alone([event])
    office.committer.replace_producer(LostAnswer())
    with pytest.raises(OutcomeUnknownError):
        await office.committer.tell_alone([event])


async def test_an_end_that_nobody_knows_is_told_apart(office: Office) -> None:
    """What may have been written is not written again; what waited behind it certainly was not."""
    office.committer.replace_producer(LostAnswer())
    event = SyncEvent(EventName.USAGE, CONN, NOW, records=1)
    sent = office.committer.tell([event])
    with pytest.raises(OutcomeUnknownError):
        await sent
    with pytest.raises(OutletClosedError) as late:
        await office.committer.tell([event])
    assert late.type is OutletClosedError
    assert office.committer.lost_track.is_set()


async def test_a_closed_committer_takes_nothing(office: Office) -> None:
    """Neither states, nor batches, nor messages: they belong to whoever is next."""
    await office.put(Batch(Accept({})))
    await office.settle()
    await office.committer.shut(1.0)
    assert office.committer.state(CONN) is None
    with pytest.raises(OutletClosedError):
        await office.put(Batch(Cancel()))
    with pytest.raises(OutletClosedError):
        await office.settle()
    with pytest.raises(OutletClosedError):
        await office.committer.handle(office.place, 5)


async def test_an_assignment_needs_partitions(office: Office) -> None:
    """Without offsets a transaction would not fence a member whose time is over."""
    with pytest.raises(ValueError, match="without partitions"):
        office.committer.open({}, office.group.consumer_group_metadata())


async def test_work_of_an_earlier_assignment_is_dropped(office: Office) -> None:
    """What was taken before the partitions were given again is not committed under the new assignment."""
    late = office.committer.handle(office.place, 5)
    office.open(3)
    with pytest.raises(OutletClosedError):
        await late
    assert office.committer.offsets == {office.place: 3}


async def test_a_late_refusal_leaves_the_next_assignment_alone(office: Office) -> None:
    """The group refused a transaction of an assignment that is over: what the next one hands over is committed."""
    refusing = LateRefusal()
    office.committer.replace_producer(refusing)
    refused = office.committer.handle(office.place, 5)
    await refusing.asked.wait()
    assert not await office.committer.is_quiet(0.01)
    office.committer.replace_producer(office.producer)
    office.open(3)
    following = office.committer.handle(office.place, 4)
    refusing.told.set()
    await following
    with pytest.raises(OutletClosedError):
        await refused
    assert office.committer.offsets == {office.place: 4}


async def test_a_large_record_goes_by_reference(office: Office) -> None:
    """What would not fit a message is stored on the way."""
    await office.put(Batch(Accept({})), Batch(None, [record("x" * LIMIT)]))
    await office.settle()
    (large,) = [one for works in office.transactions for work in works if work.batch for one in work.batch.records]
    assert b'"s3_url":"memory://' in large.value
    assert len(large.value) < LIMIT
