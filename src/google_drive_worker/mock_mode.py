"""The whole worker on embedded parts: an emulated Drive, and a broker inside this process if none is configured.

In: the environment, in which nothing needs to be set. Out: running parts and the settings that point a worker at them.
This is the only module that knows the emulator, which is an extra.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec
from cryptography.fernet import Fernet
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from clustera_toolkit.bootstrap import load_settings
from clustera_toolkit.kafka import EmbeddedBroker, KafkaClientError, follow
from clustera_toolkit.kafka.embedded import EmbeddedBrokerError
from google_drive_worker import topics
from google_drive_worker.config import WorkerSettings
from google_drive_worker.credentials import seal
from google_drive_worker.schemas.event import EventName, SyncEvent
from google_drive_worker.schemas.trigger import TriggerType
from google_drive_worker.trigger_sender import send_trigger
from google_drive_worker.worker import Worker

if TYPE_CHECKING:
    from google_drive_emulator import Emulator, Running

log = logging.getLogger(__name__)

CONNECTION = "mock"
MOCK_GROUP = "google-drive-worker-mock"
DEFAULT_FILES = 1000
DRIVE_PART = 50
"""A shared drive has so small a part of the items of My Drive."""
READY_SECONDS = 60.0
READ_SECONDS = 0.2
_EVENT = msgspec.json.Decoder(SyncEvent)


class MockModeError(Exception):
    """Mock mode cannot start; the text says what to do."""


class MockSwitch(BaseSettings):
    """Whether mock mode is wanted."""

    model_config = SettingsConfigDict(extra="ignore", case_sensitive=False)

    google_drive_mock_mode: bool = False


class MockSettings(WorkerSettings):
    """The worker's settings, where nothing needs to be set."""

    kafka_bootstrap_servers: str = ""
    kafka_consumer_group_id: str = MOCK_GROUP
    google_drive_mock_files: int = Field(default=DEFAULT_FILES, ge=0, le=10_000_000)
    google_drive_mock_seed: int = 0


@dataclass(frozen=True, slots=True)
class EmbeddedParts:
    """What runs, and the settings of a worker that uses it."""

    settings: WorkerSettings
    emulator: "Running"
    broker_is_embedded: bool
    token: str = field(repr=False)
    """A refresh token, encrypted with the worker's key as a trigger carries it; the emulator takes any."""

    @property
    def emulator_url(self) -> str:
        """Where the emulator answers as Google does."""
        return self.emulator.base_url

    @property
    def bootstrap_servers(self) -> str:
        """Where Kafka clients of any process connect."""
        return self.settings.kafka_bootstrap_servers

    @property
    def control_url(self) -> str:
        """Where the emulated world is looked at and changed."""
        return f"{self.emulator_url}/__emulator__"

    @property
    def connection_config(self) -> Mapping[str, str | int]:
        """What a connection's first trigger carries."""
        return {"refresh_token": self.token}


@asynccontextmanager
async def embedded_parts(
    *,
    files: int = DEFAULT_FILES,
    seed: int = 0,
    drives: int = 0,
    root: Path | None = None,
    settings: MockSettings | None = None,
) -> AsyncIterator[EmbeddedParts]:
    """Run an emulated Drive, and a broker if `KAFKA_BOOTSTRAP_SERVERS` is not set, until the block is left.

    The drive has `files` items that follow from `seed`, and `drives` shared drives beside it; or it is the directory
    `root` (only read). Raises `MockModeError`, and the toolkit's `SettingsError` when settings are not given and the
    environment is wrong.
    """
    settings = settings or load_settings(MockSettings)
    emulator = _emulator(files, seed, drives, root)
    with TemporaryDirectory(prefix="google-drive-worker-") as objects:
        async with emulator.serve() as running, _broker(settings) as servers:
            configured = _configured(settings, running.base_url, servers, Path(objects))
            token = seal(configured.credentials_encryption_keys, "1//mock")
            yield EmbeddedParts(
                configured, running, broker_is_embedded=not settings.kafka_bootstrap_servers, token=token
            )


async def run_mock_mode(settings: MockSettings, run: Callable[[Worker], Awaitable[None]]) -> None:
    """Run a worker on embedded parts, and send it one trigger so that one sees it work.

    `run` runs a worker until it is told to stop. Raises `MockModeError` and what `run` raises.
    """
    files, seed = settings.google_drive_mock_files, settings.google_drive_mock_seed
    async with embedded_parts(files=files, seed=seed, settings=settings) as parts:
        worker = Worker(parts.settings)
        _introduce(parts)
        guide = asyncio.create_task(_show_a_sync(parts, worker), name="first sync")
        try:
            await run(worker)
        finally:
            guide.cancel()
            await asyncio.gather(guide, return_exceptions=True)


def _emulator(files: int, seed: int, drives: int, root: Path | None) -> "Emulator":
    try:
        from google_drive_emulator import DirectoryError, Emulator, directory_world, synthetic_world
    except ImportError as error:
        raise MockModeError(
            "mock mode needs the Drive emulator: pip install 'google-drive-worker[emulator]'"
        ) from error
    try:
        if root is not None:
            return Emulator(directory_world(root))
        return Emulator(synthetic_world(files=files, seed=seed, drives=drives, drive_files=files // DRIVE_PART))
    except (DirectoryError, ValueError) as error:
        raise MockModeError(f"the emulated drive cannot be made: {error}") from error


@asynccontextmanager
async def _broker(settings: MockSettings) -> AsyncIterator[str]:
    """The configured cluster, or a broker in this process with the worker's topics."""
    if settings.kafka_bootstrap_servers:
        yield settings.kafka_bootstrap_servers
        return
    broker = EmbeddedBroker()
    try:
        await asyncio.to_thread(broker.start)
        await asyncio.to_thread(broker.create_topics, topics.specifications(settings))
    except EmbeddedBrokerError as error:
        broker.stop()
        raise MockModeError(str(error)) from error
    try:
        yield broker.bootstrap_servers
    finally:
        await asyncio.to_thread(broker.stop)


def _configured(settings: MockSettings, emulator_url: str, servers: str, objects: Path) -> WorkerSettings:
    """Point the worker at the parts; what stands for itself in the environment stays."""
    key = SecretStr(Fernet.generate_key().decode())
    return settings.model_copy(
        update={
            "kafka_bootstrap_servers": servers,
            "gdrive_api_base_url": emulator_url,
            "google_token_uri": f"{emulator_url}/token",
            "google_client_id": "mock",
            "google_client_secret": SecretStr("mock"),
            "credentials_encryption_keys": settings.credentials_encryption_keys or key,
            "object_store_url": settings.object_store_url or objects.as_uri(),
        }
    )


def _introduce(parts: EmbeddedParts) -> None:
    log.warning("mock mode: Google Drive is emulated, nothing here reaches Google")
    log.info("the emulated Drive is at %s", parts.emulator_url)
    log.info("see it: curl %s/world/items?limit=5", parts.control_url)
    log.info("change it: curl -d '{\"count\": 10}' %s/world/random", parts.control_url)
    kind = "embedded, in memory" if parts.broker_is_embedded else "yours"
    log.info("the Kafka broker (%s) is at %s", kind, parts.bootstrap_servers)
    log.info(
        "sync what changed: KAFKA_BOOTSTRAP_SERVERS=%s google-drive-worker trigger %s",
        parts.bootstrap_servers,
        CONNECTION,
    )


async def _show_a_sync(parts: EmbeddedParts, worker: Worker) -> None:
    """Send a trigger once the worker takes them, and say when its snapshot is complete."""
    try:
        await asyncio.wait_for(worker.ready.wait(), READY_SECONDS)
        sent = await send_trigger(parts.settings, CONNECTION, TriggerType.FULL, parts.connection_config)
        log.info("sent a full trigger for connection %r to %s[%d]", CONNECTION, sent.topic, sent.partition)
        if parts.broker_is_embedded:
            completed = await _completed(parts.settings)
            log.info("the snapshot is complete: %s; records are in %s", completed, parts.settings.kafka_topic_records)
    except (TimeoutError, KafkaClientError) as error:
        log.warning("the first sync was not followed to its end: %s", str(error) or "no answer in time")


async def _completed(settings: WorkerSettings) -> str:
    """Wait for the event that ends the connection's snapshot, and give its counts."""
    async with follow(settings.kafka_bootstrap_servers, [settings.kafka_topic_events]) as follower:
        while True:
            for message in await follower.read(READ_SECONDS):
                event = _EVENT.decode(message.value or b"")
                if event.event is EventName.SNAPSHOT_COMPLETED and event.integration_connection_id == CONNECTION:
                    counts = event.counts if isinstance(event.counts, dict) else {}
                    return ", ".join(f"{count:,} {kind}s" for kind, count in counts.items())
