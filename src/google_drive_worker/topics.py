"""The topics: how they should be, and what is wrong with those there are.

In: the settings, a cluster. Out: specifications to make them by, or a list of problems, each with what to do.
"""

from collections.abc import Mapping

from clustera_toolkit.kafka import KafkaAdmin, TopicError, TopicInfo, TopicSpec
from google_drive_worker.config import WorkerSettings, dead_letter_topic

SHARDS = 48
DAY_MS = 24 * 60 * 60 * 1000
LARGEST_BATCH_BYTES = 1_000_000
"""What librdkafka puts into one batch at most by default; a topic must take that."""


def specifications(settings: WorkerSettings) -> dict[str, TopicSpec]:
    """Every topic of the worker, as `topics create` makes it (docs/contracts.md, "Topics")."""
    inbound = {settings.kafka_topic_trigger, settings.kafka_topic_webhook}
    week, month = {"retention.ms": str(7 * DAY_MS)}, {"retention.ms": str(30 * DAY_MS)}
    state = {
        "cleanup.policy": "compact",
        "segment.bytes": str(16 * 1024 * 1024),
        "segment.ms": "600000",
        "max.compaction.lag.ms": "600000",
        "min.cleanable.dirty.ratio": "0.1",
    }
    return {
        **{topic: TopicSpec(SHARDS, week) for topic in sorted(inbound)},
        settings.kafka_topic_records: TopicSpec(12),
        settings.kafka_topic_errors: TopicSpec(3, month),
        settings.kafka_topic_state: TopicSpec(SHARDS, state),
        settings.kafka_topic_events: TopicSpec(3, week),
        **{dead_letter_topic(topic): TopicSpec(3, month) for topic in sorted(inbound)},
    }


async def check(admin: KafkaAdmin, settings: WorkerSettings) -> dict[str, TopicInfo]:
    """Look at every topic. Raises `TopicError` with all that is wrong; gives what there is."""
    found: dict[str, TopicInfo] = {}
    problems: list[str] = []
    for topic in specifications(settings):
        info = await admin.describe(topic)
        if info is None:
            problems.append(f"{topic} does not exist: run `google-drive-worker topics create`")
        else:
            found[topic] = info
    problems += problems_of(found, settings)
    if problems:
        raise TopicError("\n".join(problems))
    return found


def problems_of(found: Mapping[str, TopicInfo], settings: WorkerSettings) -> list[str]:
    """What is wrong with the topics there are, each with what to do."""
    trigger, state = found.get(settings.kafka_topic_trigger), found.get(settings.kafka_topic_state)
    problems = []
    if trigger and state and trigger.partitions < state.partitions:
        problems.append(
            f"{settings.kafka_topic_trigger} has {trigger.partitions} partitions, fewer than the {state.partitions} of "
            f"{settings.kafka_topic_state}: some connections would have no owner; add partitions to it"
        )
    for topic, info in found.items():
        problems += _config_problems(topic, info, compacted=topic == settings.kafka_topic_state)
    return problems


def _config_problems(topic: str, info: TopicInfo, *, compacted: bool) -> list[str]:
    """Judge a topic's configuration, where the cluster tells it."""
    if info.config is None:
        return []
    problems = []
    is_compacted = "compact" in info.config.get("cleanup.policy", "delete")
    if compacted and not is_compacted:
        problems.append(f"{topic} is not compacted: its states would be deleted; set cleanup.policy=compact")
    if is_compacted and not compacted:
        problems.append(f"{topic} is compacted: messages of one connection would be lost; set cleanup.policy=delete")
    limit = int(info.config.get("max.message.bytes", LARGEST_BATCH_BYTES))
    if limit < LARGEST_BATCH_BYTES:
        problems.append(
            f"{topic} takes batches of {limit} bytes at most, the worker sends up to {LARGEST_BATCH_BYTES}: raise "
            "its max.message.bytes"
        )
    return problems


def record_limit_bytes(info: TopicInfo, threshold_bytes: int) -> int:
    """The largest record to send inline: the threshold, or what the topic takes if that is less."""
    limit = int((info.config or {}).get("max.message.bytes", 1_048_588))
    return min(threshold_bytes, limit - 8 * 1024)
