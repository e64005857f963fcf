"""The worker: everything wired together, started and ended in order.

In: settings. Out: a process that turns triggers into records until it is told to stop. Wiring only: what any part does
stands in that part.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from msgspec import UNSET

from clustera_toolkit.kafka import (
    InboundMessage,
    KafkaAdmin,
    KafkaClientError,
    KafkaConsumer,
    KafkaProducer,
    Position,
    TopicInfo,
    partition_of,
    read_to_end,
)
from clustera_toolkit.loop_lag import watch_loop
from clustera_toolkit.message import SizeGuard
from clustera_toolkit.timing import REAL_TIMING
from google_drive_worker import topics
from google_drive_worker.client.auth import TokenSource
from google_drive_worker.client.observer import LoggingObserver
from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.token_sources import TokenEndpoint
from google_drive_worker.client.transport import HttpTransport
from google_drive_worker.config import WorkerSettings
from google_drive_worker.control_plane_tokens import ControlPlaneTokenSource, open_control_plane, subject_of
from google_drive_worker.credentials import Credentials
from google_drive_worker.engine_settings import engine_settings
from google_drive_worker.handlers.intake import Intake, Routes
from google_drive_worker.http.health import HealthServer
from google_drive_worker.http.metrics import PREFIX, Metrics
from google_drive_worker.http.progress import ProgressSeries
from google_drive_worker.http.quota_series import QuotaSeries
from google_drive_worker.key_files import KeyFiles
from google_drive_worker.object_store import open_object_store
from google_drive_worker.observers import ObservedAssignments, ObservedProducer, observed_restore
from google_drive_worker.ownership import Ownership, Partitions
from google_drive_worker.probes import KAFKA_SECONDS, Probes
from google_drive_worker.quota.opening import open_gate
from google_drive_worker.schemas.event import ErrorRecord, EventName, Notice
from google_drive_worker.schemas.state import JobState
from google_drive_worker.schemas.times import rfc3339
from google_drive_worker.sinks.kafka.claim_check import ClaimCheck
from google_drive_worker.sinks.kafka.committer import CommitObserver, Committer, CommitterSettings
from google_drive_worker.sinks.kafka.messages import Topics
from google_drive_worker.sinks.kafka.state_store import StateStore
from google_drive_worker.sinks.kafka.work import Work
from google_drive_worker.sync.engine import Engine
from google_drive_worker.sync.runner import Runner, RunnerObserver
from google_drive_worker.usage import Usage

log = logging.getLogger(__name__)

POLL_SECONDS = 0.1
LAG_SECONDS = 5.0
WEDGED_SECONDS = 120.0
MAX_RECOVERIES = 10
CLOSING_SECONDS = 5.0
"""What the end takes after the last commit when Kafka does not answer: the consumer and the producer give up."""


ProducerFactory = Callable[..., KafkaProducer]


def now() -> str:
    """The time as messages carry it."""
    return rfc3339(REAL_TIMING.now())


class Worker:
    """One replica. `producer_factory` is where a test puts a producer that dies at a chosen moment."""

    def __init__(self, settings: WorkerSettings, *, producer_factory: ProducerFactory | None = None) -> None:
        self._settings = settings
        self._stop = asyncio.Event()
        self.ready = asyncio.Event()
        """Set while the partitions that the group gave are restored and messages flow."""
        self._cleanup = contextlib.AsyncExitStack()
        self.metrics = Metrics()
        self._producer_factory = producer_factory or partial(ObservedProducer, ended=self.metrics.transaction)
        self._producer: KafkaProducer | None = None
        self.http: HealthServer | None = None

    def request_stop(self) -> None:
        """Begin the ordered end."""
        self._stop.set()

    async def run(self) -> None:
        """Run until `request_stop`. Raises `KafkaClientError` (also `TopicError`, `FencedError`) and `OSError`."""
        async with self._cleanup:
            await self._set_up()
            await self._serve()

    async def _set_up(self) -> None:
        settings = self._settings
        self._admin = KafkaAdmin(settings.kafka_bootstrap_servers, config=settings.kafka_connection)
        found = await topics.check(self._admin, settings)
        shards = found[settings.kafka_topic_state].partitions
        shard_of = partial(_shard_of, shards=shards)
        self._store = StateStore(settings.kafka_topic_state, shard_of)
        producer = self._producer = await self._start_producer()
        self._committer = self._make_committer(found, producer)
        self._runner = await self._make_runner(found[settings.kafka_topic_records].partitions)
        self._ownership = self._make_ownership(shards)
        self._consumer = self._make_consumer()
        self._intake = self._make_intake(shard_of, found)
        await self._consumer.start()
        self._ownership.starts_at_latest = await self._is_new_group(found)
        await self._start_http()

    async def _serve(self) -> None:
        """Poll until told to stop, or until a part fails; then end in order."""
        await self._consumer.join([self._settings.kafka_topic_trigger, self._settings.kafka_topic_webhook])
        committing = asyncio.create_task(self._committer.run(), name="committer")
        polling = asyncio.create_task(self._poll(), name="poll")
        recovering = asyncio.create_task(self._recover(), name="recovery")
        telling = asyncio.create_task(self._usage.run(), name="usage")
        looking = asyncio.create_task(watch_loop(self.metrics.loop_late), name="loop")
        stopping = asyncio.create_task(self._stop.wait(), name="stop")
        watched: set[asyncio.Future[Any]] = {committing, polling, recovering, telling, stopping, self._ownership.failed}
        ended, _ = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        try:
            await self._end(polling, recovering)
        finally:
            tasks = (committing, polling, recovering, telling, looking, stopping)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for part in ended:
            part.result()  # raises what a part failed with

    async def _end(self, polling: asyncio.Task[None], recovering: asyncio.Task[None]) -> None:
        """Stop jobs where they are, commit what they handed over, leave the group: in that order."""
        log.info("stopping")
        deadline = time.monotonic() + self._settings.worker_shutdown_timeout_seconds - CLOSING_SECONDS
        polling.cancel()
        recovering.cancel()
        await asyncio.gather(polling, recovering, return_exceptions=True)
        await self._runner.stop()
        await self._committer.drain(max(0.1, deadline - time.monotonic()))
        await self._usage.finish(min(CLOSING_SECONDS, max(0.1, deadline - time.monotonic())))  # drained records too
        await self._committer.shut(max(0.1, deadline - time.monotonic()))
        await self._consumer.close()
        await self._close_producer()
        log.info("stopped")

    async def _poll(self) -> None:
        """Hand messages to the intake and wait for their commits, so that what waits is bounded.

        A wedged committer ends the polling: the group then gives this worker's partitions to others.
        """
        looked_at = 0.0
        while time.monotonic() - self._committer.alive_at < WEDGED_SECONDS:
            if time.monotonic() - looked_at > LAG_SECONDS:
                looked_at = time.monotonic()
                self.metrics.consumer_lag.set(await self._consumer.lag(self._committer.offsets))
            messages = await self._consumer.poll(self._settings.kafka_max_poll_records, POLL_SECONDS)
            handled = [self._intake.handle(message) for message in messages]
            if handled:
                await asyncio.wait(handled, timeout=WEDGED_SECONDS)
        raise KafkaClientError(f"nothing was committed for {WEDGED_SECONDS:.0f} s although there was work")

    async def _recover(self) -> None:
        """After a transaction whose end nobody knows: a new producer settles it, and the states are read anew."""
        for _ in range(MAX_RECOVERIES):
            await self._committer.lost_track.wait()
            log.warning("recovering: a new producer, then a restore")
            await self._close_producer()
            producer = self._producer = await self._start_producer()
            self._committer.replace_producer(producer)
            await self._ownership.restore_again()
        raise KafkaClientError(f"transactions were lost track of {MAX_RECOVERIES} times")

    async def _close_producer(self) -> None:
        """Close it once: a recovery that the end interrupts has closed the old one, and has no other yet."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.close()

    # Parts.

    async def _start_producer(self) -> KafkaProducer:
        settings = self._settings
        producer = self._producer_factory(
            settings.kafka_bootstrap_servers,
            transactional_id=f"{settings.kafka_consumer_group_id}-{settings.replica_id}",
            transaction_timeout_seconds=settings.worker_transaction_timeout_ms / 1000,
            config={
                "compression.type": settings.kafka_compression_type,
                "message.max.bytes": max(1_000_000, settings.worker_s3_payload_threshold_bytes + 65_536),
                **settings.kafka_connection,
            },
        )
        try:
            await producer.start()
        except BaseException:  # also when the end interrupts it: its thread would wait for Kafka otherwise
            await producer.close()
            raise
        return producer

    def _make_committer(self, found: Mapping[str, TopicInfo], producer: KafkaProducer) -> Committer:
        settings = self._settings
        storage = open_object_store(settings)
        if not settings.has_object_store:
            log.warning("no object store is configured: large payloads go to %s", settings.object_store)
        limit = topics.record_limit_bytes(
            found[settings.kafka_topic_records], settings.worker_s3_payload_threshold_bytes
        )
        self._storage = storage
        return Committer(
            producer,
            self._store,
            Topics(
                settings.kafka_topic_records,
                settings.kafka_topic_errors,
                settings.kafka_topic_events,
                settings.kafka_topic_state,
            ),
            ClaimCheck(storage, SizeGuard(limit)),
            settings=CommitterSettings(
                settings.worker_transaction_bytes,
                settings.worker_transaction_linger_ms / 1000,
                settings.worker_queue_bytes,
            ),
            observer=CommitObserver(self._committed, self.metrics.commit_seconds.observe),
            now=now,
        )

    def _committed(self, works: Sequence[Work]) -> None:
        """Count what was committed, and log what it told."""
        self.metrics.committed(works)
        for work in works:
            if work.batch is not None and work.connection_id is not None:
                self._usage.wrote(work.connection_id, len(work.batch.records))
            for notice in (*work.notices, *(work.batch.notices if work.batch else ())):
                announce(notice)

    async def _make_runner(self, record_partitions: int) -> Runner:
        settings = self._settings
        pages = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pages")
        self._cleanup.callback(pages.shutdown, wait=False)
        engine = Engine(
            engine_settings(
                settings,
                settings.worker_integration_id,
                lambda connection: partition_of(connection.encode(), record_partitions),
            ),
            pages,
        )
        self._transport = await self._cleanup.enter_async_context(HttpTransport())
        return Runner(
            engine,
            self._committer,
            await self._open_session(),
            max_scans=settings.worker_max_concurrent_connections,
            observer=RunnerObserver(
                lambda code: self.metrics.job_errors.labels(code).inc(),
                self.metrics.job_seconds.observe,
                lambda code: self.metrics.job_retries.labels(code).inc(),
            ),
        )

    async def _open_session(self) -> Callable[[str, JobState], Any]:
        """A factory of sessions; all take their turn at one gate, since they share one project's quota."""
        settings = self._settings
        tokens = await self._token_sources()
        gate = await self._cleanup.enter_async_context(open_gate(settings, self.metrics))
        self.metrics.collect(QuotaSeries(PREFIX, gate))
        self._usage = Usage(gate, self._committer)
        observer = LoggingObserver(self.metrics) if settings.google_api_debug else self.metrics

        async def open_session(connection_id: str, job: JobState) -> DriveSession:
            return DriveSession(
                self._transport,
                await tokens(connection_id, job.config),
                limiter=self._usage.seat(job.account_id or connection_id, connection_id),
                base_url=settings.drive_root_url,
                observer=observer,
            )

        return open_session

    async def _token_sources(self) -> Callable[[str, Mapping[str, Any]], Awaitable[TokenSource]]:
        """Where the tokens of a connection come from: the control plane if there is one, else its own credential."""
        settings = self._settings
        credentials = Credentials(
            TokenEndpoint(self._transport),
            keys=settings.credentials_encryption_keys,
            client_id=settings.google_client_id,
            client_secret=settings.google_client_secret,
            token_uri=settings.google_token_uri,
            key_file=KeyFiles(settings.google_service_account_directory).read,
        )
        client = open_control_plane(settings)
        if client is not None:
            await self._cleanup.enter_async_context(client)

        async def token_source(connection_id: str, config: Mapping[str, Any]) -> TokenSource:
            if client is not None:
                return ControlPlaneTokenSource(client, connection_id, subject_of(config))
            return await credentials.token_source(config)

        return token_source

    def _make_ownership(self, shards: int) -> Ownership:
        settings = self._settings
        return Ownership(
            lambda: self._consumer,
            self._admin,
            self._committer,
            self._store,
            self._runner,
            Partitions(settings.kafka_topic_trigger, settings.kafka_topic_state, shards),
            self._read_to_end,
            deadline_seconds=settings.worker_restore_timeout_seconds,
            ready=self.ready,
        )

    def _read_to_end(self, ends: dict[Position, int]) -> AsyncIterator[list[InboundMessage]]:
        settings = self._settings
        states = read_to_end(
            settings.kafka_bootstrap_servers,
            ends,
            deadline_seconds=settings.worker_restore_timeout_seconds,
            config=settings.kafka_connection,
        )
        return observed_restore(states, self.metrics.restored)

    def _make_consumer(self) -> KafkaConsumer:
        settings = self._settings
        return KafkaConsumer(
            settings.kafka_bootstrap_servers,
            settings.kafka_consumer_group_id,
            ObservedAssignments(self._ownership, self.metrics.rebalance),
            group_instance_id=f"{settings.kafka_consumer_group_id}-{settings.replica_id}",
            session_timeout_ms=settings.kafka_session_timeout_ms,
            max_poll_interval_ms=settings.kafka_max_poll_interval_ms,
            config={
                "fetch.min.bytes": settings.kafka_fetch_min_bytes,
                "fetch.wait.max.ms": settings.kafka_fetch_max_wait_ms,
                **settings.kafka_connection,
            },
        )

    def _make_intake(self, shard_of: Callable[[str], int], found: Mapping[str, TopicInfo]) -> Intake:
        settings = self._settings
        routes = Routes(
            settings.kafka_topic_trigger,
            settings.kafka_topic_webhook,
            settings.worker_integration_id,
            shard_of,
            self._ownership.owns,
            {topic: info.topic_id for topic, info in found.items()},
        )
        return Intake(self._committer, self._store, self._runner, routes, now=now, processed=self.metrics.message)

    async def _is_new_group(self, found: Mapping[str, TopicInfo]) -> bool:
        """Whether `KAFKA_AUTO_OFFSET_RESET=latest` applies: only to a group that has never committed anything."""
        settings = self._settings
        if settings.kafka_auto_offset_reset != "latest":
            return False
        places = [
            Position(topic, partition)
            for topic in (settings.kafka_topic_trigger, settings.kafka_topic_webhook)
            for partition in range(found[topic].partitions)
        ]
        committed = await self._consumer.committed(places, settings.worker_restore_timeout_seconds)
        return all(offset is None for offset in committed.values())

    async def _start_http(self) -> None:
        settings = self._settings
        probes = Probes(
            KafkaAdmin(
                settings.kafka_bootstrap_servers, timeout_seconds=KAFKA_SECONDS, config=settings.kafka_connection
            ),
            self._committer,
            self._ownership,
            self._runner,
            self._storage,
            self._transport,
            settings,
            stopping=self._stop.is_set,
        )
        probes.gauges(self.metrics)
        self.metrics.collect(ProgressSeries(PREFIX, self._store, REAL_TIMING.now))
        self.http = HealthServer(
            self.metrics, live=probes.live, ready=probes.ready, checks=probes.checks(), about=probes.about
        )
        await self.http.start(settings.worker_http_host, settings.worker_http_port)
        self._cleanup.push_async_callback(self.http.stop)
        log.info("health and metrics on port %d", self.http.port)


def announce(notice: Notice) -> None:
    """Log an event or an error as operators read it in the topics."""
    if isinstance(notice, ErrorRecord):
        log.warning(
            "error: %s: %s", notice.code, notice.message, extra={"connection_id": notice.integration_connection_id}
        )
        return
    if notice.event is EventName.USAGE:
        return  # every ten seconds of every connection: metrics have it
    facts = {"connection_id": notice.integration_connection_id, "corpus": notice.corpus}
    told = {name: value for name in ("files", "counts", "count") if (value := getattr(notice, name)) is not UNSET}
    log.info("event: %s", notice.event.value, extra={**facts, **told})


def _shard_of(connection_id: str, *, shards: int) -> int:
    return partition_of(connection_id.encode(), shards)
