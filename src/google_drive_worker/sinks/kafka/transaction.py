"""One transaction's worth of work, folded.

In: works in commit order, the committed states and offsets. Out: the messages to produce, the offsets to send, the
states as they will be. Pure: nothing is taken over until the transaction is committed.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from clustera_toolkit.kafka import OutboundMessage, Position
from google_drive_worker.schemas.state import ConnectionState
from google_drive_worker.sinks.kafka.messages import MessageBuilder
from google_drive_worker.sinks.kafka.state_store import StateStore
from google_drive_worker.sinks.kafka.work import Work
from google_drive_worker.sync.patch import StalePatchError

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Transaction:
    """What is about to be committed."""

    offsets: dict[Position, int]
    messages: list[OutboundMessage] = field(default_factory=list)
    states: dict[str, ConnectionState] = field(default_factory=dict)
    works: list[Work] = field(default_factory=list)
    stale: list[Work] = field(default_factory=list)


def fold(
    works: Sequence[Work],
    offsets: Mapping[Position, int],
    store: StateStore,
    builder: MessageBuilder,
    is_broken: Callable[[str], bool],
) -> Transaction:
    """Fold works into one transaction.

    A batch whose patch no longer fits the state is dropped whole, and with it what follows of its connection
    (`is_broken`); the offset of a handled message moves on all the same.
    """
    transaction = Transaction(dict(offsets))
    dropped: set[str] = set()
    for work in works:
        if work.handled is not None:
            place, following = work.handled
            if place in transaction.offsets:
                transaction.offsets[place] = max(following, transaction.offsets[place])
        connection = work.connection_id
        engine_work = work.handled is None and connection is not None
        if engine_work and connection is not None and (connection in dropped or is_broken(connection)):
            transaction.stale.append(work)
            continue
        try:
            _fold_batch(work, transaction, store, builder)
        except Exception as error:
            if not isinstance(error, StalePatchError):  # a defect here must cost this connection and no other
                log.exception("a batch could not be folded", extra={"connection_id": connection})
            if engine_work and connection is not None:
                dropped.add(connection)
                transaction.stale.append(work)
                continue
        transaction.messages.extend(work.messages)
        transaction.messages.extend(builder.notice(notice, work.traceparent) for notice in work.notices)
        transaction.works.append(work)
    for state in transaction.states.values():
        transaction.messages.extend(store.changes(state))
    return transaction


def _fold_batch(work: Work, transaction: Transaction, store: StateStore, builder: MessageBuilder) -> None:
    batch, connection = work.batch, work.connection_id
    if batch is None or connection is None:
        return
    before = after = transaction.states.get(connection) or store.get(connection) or ConnectionState(connection)
    if batch.patch is not None:
        after = batch.patch.apply(before)
        if after is not before:
            transaction.states[connection] = after
    job = after.job or before.job
    traceparent = job.traceparent if job else None
    transaction.messages.extend(builder.records(connection, batch.records, batch.records_partition, traceparent))
    transaction.messages.extend(builder.notice(notice, traceparent) for notice in batch.notices)
