"""What metrics want to know of Kafka, seen from outside of the parts that do the work.

In: a producer, a listener, a restore. Out: the same, with each outcome told to a callback.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

from clustera_toolkit.kafka import (
    Assignment,
    InboundMessage,
    KafkaProducer,
    OutboundMessage,
    Position,
    TransactionAbortedError,
    TransactionUncertainError,
)
from clustera_toolkit.kafka.consumer import AssignmentListener

COMMITTED, FENCED, REFUSED, ABORTED, UNCERTAIN = "committed", "fenced", "refused", "aborted", "uncertain"


class ObservedProducer(KafkaProducer):
    """A producer that tells how each transaction ended: its outcome, and how many messages it held.

    Outcomes: `committed`; aborted because the group has moved on (`fenced`), because a message was refused
    (`refused`), or for a passing cause (`aborted`); `uncertain`, after which the worker restores.
    """

    def __init__(self, *arguments: Any, ended: Callable[[str, int], None], **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._ended = ended

    async def transact(
        self, messages: Sequence[OutboundMessage], offsets: Mapping[Position, int], group: object
    ) -> None:
        """Do as the base class does. Raises what it raises."""
        await self._observed(super().transact(messages, offsets, group), len(messages))

    async def transact_alone(self, messages: Sequence[OutboundMessage]) -> None:
        """Do as the base class does. Raises what it raises."""
        await self._observed(super().transact_alone(messages), len(messages))

    async def _observed(self, transaction: Awaitable[None], messages: int) -> None:
        try:
            await transaction
        except TransactionAbortedError as error:
            self._ended(_cause(error), messages)
            raise
        except TransactionUncertainError:
            self._ended(UNCERTAIN, messages)
            raise
        self._ended(COMMITTED, messages)


class ObservedAssignments:
    """A listener that tells of each rebalance (`assigned`, `revoked`, `lost`) before it passes it on."""

    def __init__(self, following: AssignmentListener, rebalanced: Callable[[str], None]) -> None:
        self._following = following
        self._rebalanced = rebalanced

    async def assigned(self, assignment: Assignment) -> None:
        """Partitions have come."""
        self._rebalanced("assigned")
        await self._following.assigned(assignment)

    async def revoked(self, partitions: Sequence[Position]) -> None:
        """Partitions go."""
        self._rebalanced("revoked")
        await self._following.revoked(partitions)

    async def lost(self, partitions: Sequence[Position]) -> None:
        """Partitions are gone."""
        self._rebalanced("lost")
        await self._following.lost(partitions)


async def observed_restore(
    states: AsyncIterator[list[InboundMessage]], restored: Callable[[int, float], None]
) -> AsyncIterator[list[InboundMessage]]:
    """Pass the state topic's messages on; at their end, tell how many there were and how many seconds it took."""
    started, count = time.monotonic(), 0
    async for messages in states:
        count += len(messages)
        yield messages
    restored(count, time.monotonic() - started)


def _cause(error: TransactionAbortedError) -> str:
    if error.fenced_group:
        return FENCED
    return REFUSED if error.failures else ABORTED
