"""Outcomes as they are told to metrics; what is observed goes on as if nobody looked."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer

from clustera_toolkit.kafka import (
    Assignment,
    InboundMessage,
    OutboundMessage,
    Position,
    TransactionAbortedError,
    TransactionUncertainError,
)
from google_drive_worker.observers import ObservedAssignments, ObservedProducer, observed_restore

Told = list[tuple[str, int]]
PLACE = Position("trigger", 0)
MESSAGES = [OutboundMessage("records", b"conn", b"a"), OutboundMessage("records", b"conn", b"b")]
FENCED = KafkaException(KafkaError(KafkaError.ILLEGAL_GENERATION, "generation", txn_requires_abort=True))
PASSING = KafkaException(KafkaError(KafkaError.COORDINATOR_LOAD_IN_PROGRESS, "loading", txn_requires_abort=True))
UNSURE = KafkaException(KafkaError(KafkaError._STATE, "who knows"))
TOO_LARGE = KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE, "too large"))


class Scripted(Producer):
    """librdkafka's producer without a cluster: commits succeed, or fail with `commit_error`."""

    commit_error: KafkaException | None = None
    produce_error: KafkaException | None = None

    def begin_transaction(self) -> None:
        """Succeed."""

    def produce(self, *_: Any, **__: Any) -> None:
        """Take it, or refuse it."""
        if self.produce_error is not None:
            raise self.produce_error

    def flush(self, *_: Any) -> int:
        """Have nothing left."""
        return 0

    def send_offsets_to_transaction(self, *_: Any) -> None:
        """Succeed."""

    def commit_transaction(self, *_: Any) -> None:
        """Succeed, or not."""
        if self.commit_error is not None:
            raise self.commit_error

    def abort_transaction(self, *_: Any) -> None:
        """Succeed."""


async def outcome_of(client: type[Producer]) -> Told:
    """What is told of a transaction of two messages and of one of a single message, whatever they raise."""
    told: Told = []
    producer = ObservedProducer("localhost:1", client=client, ended=lambda *outcome: told.append(outcome))
    await producer.start()
    try:
        await producer.transact(MESSAGES, {PLACE: 1}, None)
        await producer.transact_alone(MESSAGES[:1])
    finally:
        await producer.close()
    return told


async def test_a_commit_is_told_with_its_messages() -> None:
    """The outcome and the size, once; also of what is committed without offsets."""
    assert await outcome_of(Scripted) == [("committed", 2), ("committed", 1)]


@pytest.mark.parametrize(
    ("script", "raised", "outcome"),
    [
        ({"commit_error": FENCED}, TransactionAbortedError, "fenced"),
        ({"produce_error": TOO_LARGE}, TransactionAbortedError, "refused"),
        ({"commit_error": PASSING}, TransactionAbortedError, "aborted"),
        ({"commit_error": UNSURE}, TransactionUncertainError, "uncertain"),
    ],
    ids=["fenced", "refused", "aborted", "uncertain"],
)
async def test_a_failure_is_told_by_its_cause_and_raised(
    script: dict[str, KafkaException], raised: type[Exception], outcome: str
) -> None:
    """Operators see why transactions abort; the committer sees the same error as without an observer."""
    told: Told = []
    client = type("Failing", (Scripted,), script)
    producer = ObservedProducer("localhost:1", client=client, ended=lambda *ended: told.append(ended))
    await producer.start()
    with pytest.raises(raised):
        await producer.transact(MESSAGES, {PLACE: 1}, None)
    await producer.close()
    assert told == [(outcome, 2)]


class Listener:
    """Notes what it is told of."""

    def __init__(self) -> None:
        self.seen: list[object] = []

    async def assigned(self, assignment: Assignment) -> None:
        """Note it."""
        self.seen.append(assignment)

    async def revoked(self, partitions: Sequence[Position]) -> None:
        """Note it."""
        self.seen.append(partitions)

    async def lost(self, partitions: Sequence[Position]) -> None:
        """Note it."""
        self.seen.append(partitions)


async def test_rebalances_are_told_and_passed_on() -> None:
    """Each kind by its name, and the listener behind gets what came."""
    listener, told = Listener(), list[str]()
    observed = ObservedAssignments(listener, told.append)
    assignment = Assignment((PLACE,), None, 1)
    await observed.assigned(assignment)
    await observed.revoked([PLACE])
    await observed.lost([PLACE])
    assert told == ["assigned", "revoked", "lost"]
    assert listener.seen == [assignment, [PLACE], [PLACE]]


async def test_a_restore_is_told_at_its_end() -> None:
    """All messages pass, and their number is told once the topic is read; an unfinished one is not told."""
    message = InboundMessage("state", 0, 0, b"conn/job", b"{}")

    async def states() -> AsyncIterator[list[InboundMessage]]:
        yield [message, message]
        yield [message]

    told: list[int] = []
    batches = [batch async for batch in observed_restore(states(), lambda count, _: told.append(count))]
    assert ([len(batch) for batch in batches], told) == ([2, 1], [3])
    async for _ in observed_restore(states(), lambda count, _: told.append(count)):
        break
    assert told == [3]
