"""Messages out: idempotent, and transactional when it has a transactional id.

In: messages, consumed offsets, the group's metadata. Out: one transaction that holds all of them or nothing.

librdkafka blocks, so each producer has one thread of its own in which everything about it happens, in order. A
transaction is one call: the loop hands over a list and gets an outcome, which is one of three (see `errors`).
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from enum import Enum, auto
from typing import Any, NoReturn, TypeVar

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from clustera_toolkit.kafka.deliveries import Deliveries
from clustera_toolkit.kafka.errors import (
    GROUP_FENCED,
    DeadlineError,
    KafkaClientError,
    TransactionAbortedError,
    TransactionUncertainError,
    error_of,
)
from clustera_toolkit.kafka.messages import OutboundMessage, Position, client_log

Result = TypeVar("Result")

REQUEST_BYTES = 900_000
"""What one request to a partition surely holds, librdkafka's limit being 1,000,000 bytes with what surrounds a message.

While more than that waits for a partition, librdkafka has one request at a time on its way and asks thousands of
times a second whether it has been answered: measured, a fifth of the CPU time of a full sync. So we wait instead.
"""
SURROUNDINGS_BYTES = 200
"""Key, headers and framing of a message, at a guess."""
LINGER_MILLISECONDS = 100
"""Everything produced is flushed at once, which ends the wait; until then, half a request would only be in the way."""
CLOSE_SECONDS = 1.0
STEP_SECONDS = 1.0
"""How long librdkafka is waited for at a stretch: so soon a close is noticed, whatever the cluster does."""
FATAL_IN_CALLBACK = "the producer failed for good while messages were on their way"
"""confluent-kafka sets a fatal error's exception and calls back all the same, which Python reports as SystemError."""

PROBES = 5
"""How often a probe is repeated that could not be told; measured, one repetition is enough (see `Verdict.UNTOLD`)."""


WATCH = (False, True, True)
"""Whether to be told of each message, attempt by attempt. A report takes the GIL, which is a tenth of the CPU time of a
full sync: so only where something failed is a transaction made again with reports, twice (see `Verdict.UNTOLD`)."""


class _UntoldError(TransactionAbortedError):
    """A message may have been refused, and nobody was told which one."""


class Verdict(Enum):
    """What a probe has shown of its messages."""

    TAKEN = auto()
    REFUSED = auto()
    UNTOLD = auto()
    """None of them was refused, and not all were answered. The transaction after one with a refused message ends so:
    the refused message's sequence number is missing, and librdkafka finds that out then, and begins a new epoch."""


class KafkaProducer:
    """An async producer over librdkafka. Start it before use; close it for certain."""

    def __init__(
        self,
        bootstrap_servers: str,
        *,
        transactional_id: str | None = None,
        transaction_timeout_seconds: float = 10.0,
        deadline_seconds: float = 60.0,
        config: Mapping[str, Any] | None = None,
        client: Callable[..., Producer] = Producer,
    ) -> None:
        self._deliveries = Deliveries()
        self._settings: dict[str, Any] = {
            "bootstrap.servers": bootstrap_servers,
            "enable.idempotence": True,
            "acks": "all",
            "partitioner": "murmur2_random",
            "retry.backoff.ms": 10,
            "linger.ms": LINGER_MILLISECONDS,
            "queue.buffering.max.kbytes": 65536,
            "compression.type": "lz4",
            "metadata.recovery.strategy": "none",  # by default it forgets its brokers, and calls wait for them for ever
            **(config or {}),
        }
        self.transactional = transactional_id is not None
        if transactional_id is not None:
            self._settings["transactional.id"] = transactional_id
            self._settings["transaction.timeout.ms"] = int(transaction_timeout_seconds * 1000)
        self._deadline_seconds = deadline_seconds
        self._unanswered = f"messages were not acknowledged within {deadline_seconds:.0f} s"
        self._client = client
        self._producer: Producer | None = None
        self._closing = threading.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kafka-producer")

    async def start(self) -> None:
        """Connect; with a transactional id also end a predecessor's open transaction. Raises `DeadlineError`."""
        await self._run(self._start)

    async def transact(
        self,
        messages: Sequence[OutboundMessage],
        offsets: Mapping[Position, int],
        group: object,
    ) -> None:
        """Produce and commit in one transaction, with the consumed offsets (the next ones to read) of a group.

        `offsets` must not be empty: they are what fences a member whose generation is over.
        Raises `TransactionAbortedError` (sure: nothing happened) or `TransactionUncertainError`.
        """
        if not offsets:
            raise ValueError("a transaction without offsets would not fence")
        self._check_open()
        await self._run(lambda: self._transact(messages, offsets, group))

    async def transact_alone(self, messages: Sequence[OutboundMessage]) -> None:
        """Produce and commit without offsets: only what holds whoever owns which partitions, since no group fences it.

        Raises `TransactionAbortedError` (sure: nothing happened) or `TransactionUncertainError`.
        """
        self._check_open()
        await self._run(lambda: self._transact(messages, {}, None))

    async def probe(self, messages: Sequence[OutboundMessage]) -> bool:
        """Whether the cluster would take these messages: produces them in a transaction that is always aborted.

        Raises `TransactionUncertainError`, also when it cannot be told.
        """
        for _ in range(PROBES):
            self._check_open()
            verdict = await self._run(lambda: self._probe(messages))
            if verdict is not Verdict.UNTOLD:
                return verdict is Verdict.TAKEN
        raise TransactionUncertainError(f"{PROBES} probes were neither taken nor refused")

    async def send(self, messages: Iterable[OutboundMessage]) -> None:
        """Produce outside transactions and wait for the acknowledgements. Raises `KafkaClientError`."""
        await self._run(lambda: self._send(list(messages)))

    async def close(self) -> None:
        """Give up what is not committed, a transaction under way included, and end the thread."""
        self._closing.set()
        await self._run(self._close)
        self._thread.shutdown(wait=False)

    def _check_open(self) -> None:
        """Refuse work once it is closed: whoever replaces this producer may not have told everybody yet."""
        if self._closing.is_set():
            raise TransactionUncertainError("the producer is closed")

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    # What follows runs in the producer's thread.

    def _start(self) -> None:
        try:
            self._producer = self._client(self._settings, logger=client_log)
        except KafkaException as exception:
            raise KafkaClientError(f"Kafka cannot be used so: {error_of(exception).str()}") from exception
        if self.transactional:
            self._until(lambda: self._live.init_transactions(STEP_SECONDS), "init_transactions")

    def _close(self) -> None:
        """End it, whatever state it is in: a producer that was fenced refuses to flush.

        librdkafka's own close waits without end for an open transaction to be aborted. One that cannot be aborted soon
        is left to the broker's timeout, or to the next producer of this id, and the handle is dropped as it is.
        """
        producer, self._producer = self._producer, None
        if producer is None:
            return
        steps: list[Callable[[], object]] = [producer.purge, lambda: producer.flush(CLOSE_SECONDS)]
        if self.transactional:
            steps.append(lambda: producer.abort_transaction(CLOSE_SECONDS))
        if _ended(steps):
            _ended([producer.close])
        else:  # to close or to drop it may wait without end: whoever closes this must not, nor the end of the process
            threading.Thread(target=_ended, args=([producer.close],), name="abandoned producer", daemon=True).start()

    @property
    def _live(self) -> Producer:
        if self._producer is None:
            raise KafkaClientError("the producer is not started, or closed already")
        return self._producer

    def _transact(self, messages: Sequence[OutboundMessage], offsets: Mapping[Position, int], group: object) -> None:
        positions = [TopicPartition(place.topic, place.partition, offset) for place, offset in offsets.items()]
        for watch in WATCH:
            try:
                return self._attempt(messages, positions, group, watch=watch)
            except _UntoldError as error:
                untold = error
        raise untold

    def _attempt(
        self, messages: Sequence[OutboundMessage], positions: list[TopicPartition], group: object, *, watch: bool
    ) -> None:
        with self._outcomes():
            self._write(messages, watch=watch)
            if positions:
                self._until(
                    lambda: self._live.send_offsets_to_transaction(positions, group, STEP_SECONDS),
                    "send_offsets_to_transaction",
                )
            self._until(lambda: self._live.commit_transaction(STEP_SECONDS), "commit_transaction")

    def _probe(self, messages: Sequence[OutboundMessage]) -> Verdict:
        verdict = Verdict.UNTOLD
        try:
            with self._outcomes():
                self._write(messages)
                verdict = Verdict.UNTOLD if self._deliveries.spoiled else Verdict.TAKEN
                self._abort("a probe")
        except TransactionAbortedError:
            return Verdict.REFUSED if self._deliveries.refused else verdict

    def _write(self, messages: Sequence[OutboundMessage], *, watch: bool = True) -> None:
        """Begin a transaction and have its messages answered."""
        self._deliveries.clear()
        self._live.begin_transaction()
        self._produce(messages, watch=watch)
        self._flush()

    @contextmanager
    def _outcomes(self) -> Iterator[None]:
        """Turn what goes wrong inside into a sure abort, or into uncertainty."""
        try:
            yield
        except KafkaException as exception:
            self._give_up(error_of(exception))
        except DeadlineError as error:
            raise TransactionUncertainError(str(error)) from error
        except SystemError as error:
            raise TransactionUncertainError(FATAL_IN_CALLBACK) from error

    def _produce(self, messages: Iterable[OutboundMessage], *, watch: bool = True) -> None:
        produce, report = self._live.produce, self._deliveries.report if watch else None
        last, waiting = -1, 0
        for message in messages:
            partition = -1 if message.partition is None else message.partition
            size = len(message.value or b"") + SURROUNDINGS_BYTES
            waiting = waiting + size if partition == last else size
            last = partition
            if waiting > REQUEST_BYTES:
                self._let_go()
                waiting = size
            while True:
                try:
                    produce(message.topic, message.value, message.key, partition, report, headers=message.headers)
                    break
                except BufferError:
                    self._heed_close()
                    self._live.poll(0.1)
                except KafkaException as exception:
                    self._deliveries.refusal(message, error_of(exception))
                    break

    def _let_go(self) -> None:
        """Wait until what was produced so far is answered; not for long, since it matters to the CPU time only."""
        self._live.flush(STEP_SECONDS)
        self._heed_close()

    def _flush(self) -> None:
        """Wait for every acknowledgement; a refused message aborts the transaction it is in."""
        if not self._all_answered():
            self._abort(self._unanswered)
        if refused := self._deliveries.refused:
            self._abort(f"{refused[0].topic} refused a message: {refused[0].message}")

    def _send(self, messages: list[OutboundMessage]) -> None:
        self._deliveries.clear()
        self._produce(messages)
        if not self._all_answered():
            raise DeadlineError(self._unanswered)
        if refused := self._deliveries.refused:
            raise KafkaClientError(f"{refused[0].topic} refused a message: {refused[0].message}")
        if self._deliveries.spoiled:
            raise KafkaClientError("not all messages were acknowledged")

    def _all_answered(self) -> bool:
        """Wait for every message's answer, up to the deadline."""
        deadline = time.monotonic() + self._deadline_seconds
        while self._live.flush(STEP_SECONDS):
            self._heed_close()
            if time.monotonic() > deadline:
                return False
        return True

    def _until(self, call: Callable[[], object], name: str) -> None:
        """Repeat a call while librdkafka says that it may be repeated, up to the deadline."""
        deadline = time.monotonic() + self._deadline_seconds
        while True:
            try:
                call()
                return
            except KafkaException as exception:
                if not error_of(exception).retriable():
                    raise
                self._heed_close()
                if time.monotonic() > deadline:
                    raise DeadlineError(f"{name} had no answer within {self._deadline_seconds:.0f} s") from exception

    def _heed_close(self) -> None:
        """Wait no longer for a cluster that may never answer once the producer is to be closed."""
        if self._closing.is_set():
            raise DeadlineError("the producer is being closed")

    def _give_up(self, error: KafkaError) -> NoReturn:
        """Turn librdkafka's verdict into one of the outcomes."""
        if error.txn_requires_abort():
            fenced = error.code() in GROUP_FENCED
            told = fenced or error.code() == KafkaError._MSG_TIMED_OUT or bool(self._deliveries.refused)
            self._abort(error.str(), TransactionAbortedError if told else _UntoldError, fenced_group=fenced)
        raise TransactionUncertainError(f"{error.name()}: {error.str()}")

    def _abort(
        self,
        message: str,
        outcome: type[TransactionAbortedError] = TransactionAbortedError,
        *,
        fenced_group: bool = False,
    ) -> NoReturn:
        try:
            self._until(lambda: self._live.abort_transaction(STEP_SECONDS), "abort_transaction")
        except (KafkaException, DeadlineError) as error:
            raise TransactionUncertainError(f"{message}; and the abort failed: {error}") from error
        raise outcome(message, self._deliveries.refused, fenced_group=fenced_group)


def _is_stuck(error: KafkaError) -> bool:
    """Whether librdkafka may wait without end for what it cannot finish: nobody answers, or it was fenced.

    That there is no transaction to abort is no trouble. A fenced producer does not always call its errors fatal.
    """
    return bool(error.code() != KafkaError._STATE)  # the name that the library gives it


def _ended(steps: Iterable[Callable[[], object]]) -> bool:
    """Take each step, whatever the one before it said. False: one of them waits for a cluster that does not answer."""
    answered = True
    for step in steps:
        try:
            step()
        except (KafkaException, SystemError) as exception:
            client_log.info("closing the producer: %s", type(exception).__name__)
            answered = answered and not (isinstance(exception, KafkaException) and _is_stuck(error_of(exception)))
    return answered
