"""Triggers, sent.

In: what somebody wants of a connection. Out: a message on the trigger topic, in the partition that Java's partitioner
would choose, so that the worker that owns the connection gets it without a detour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import msgspec

from clustera_toolkit.kafka import KafkaAdmin, KafkaProducer, OutboundMessage, TopicError, partition_of
from clustera_toolkit.timing import REAL_TIMING
from google_drive_worker.config import WorkerSettings
from google_drive_worker.schemas.times import rfc3339
from google_drive_worker.schemas.trigger import TriggerType, parse_trigger

SEND_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Sent:
    """Where a trigger is."""

    message_id: str
    topic: str
    partition: int


def encode_trigger(
    connection_id: str,
    kind: TriggerType,
    *,
    message_id: str,
    requested_at: str,
    config: Mapping[str, Any] | None = None,
    folders: Sequence[str] = (),
) -> bytes:
    """A trigger's JSON (docs/contracts.md, "Trigger"). Raises `InvalidMessageError` for what no worker would take."""
    trigger: dict[str, object] = {
        "message_id": message_id,
        "integration_connection_id": connection_id,
        "trigger_type": kind.value,
        "requested_at": requested_at,
    }
    if config is not None:
        trigger["connection_config"] = dict(config)
    if folders:
        trigger["folders"] = list(folders)
    value = msgspec.json.encode(trigger)
    parse_trigger(value)
    return value


async def send_trigger(
    settings: WorkerSettings,
    connection_id: str,
    kind: TriggerType,
    config: Mapping[str, Any] | None = None,
    folders: Sequence[str] = (),
) -> Sent:
    """Send a trigger and wait until it is stored. Raises `InvalidMessageError`, `KafkaClientError`."""
    message_id, topic = f"msg_{uuid4().hex}", settings.kafka_topic_trigger
    value = encode_trigger(
        connection_id,
        kind,
        message_id=message_id,
        requested_at=rfc3339(REAL_TIMING.now()),
        config=config,
        folders=folders,
    )
    client = settings.kafka_connection
    partitions = await KafkaAdmin(settings.kafka_bootstrap_servers, config=client).partitions(topic)
    if partitions == 0:
        raise TopicError(f"{topic} does not exist: run `google-drive-worker topics create`")
    key = connection_id.encode()
    partition = partition_of(key, partitions)
    producer = KafkaProducer(settings.kafka_bootstrap_servers, deadline_seconds=SEND_SECONDS, config=client)
    await producer.start()
    try:
        await producer.send([OutboundMessage(topic, key, value, partition=partition)])
    finally:
        await producer.close()
    return Sent(message_id, topic, partition)
