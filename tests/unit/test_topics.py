"""Topics: how they are made, and what is wrong with those there are."""

from collections.abc import Callable

import pytest

from clustera_toolkit.kafka import EmbeddedBroker, KafkaAdmin, TopicInfo
from google_drive_worker.config import WorkerSettings
from google_drive_worker.topics import SHARDS, check, problems_of, record_limit_bytes, specifications

SETTINGS = WorkerSettings(kafka_bootstrap_servers="localhost:9092")
TRIGGER, STATE, RECORDS = SETTINGS.kafka_topic_trigger, SETTINGS.kafka_topic_state, SETTINGS.kafka_topic_records
DELETE, COMPACT = {"cleanup.policy": "delete"}, {"cleanup.policy": "compact"}


def as_made() -> dict[str, TopicInfo]:
    """The topics as `topics create` makes them."""
    return {
        name: TopicInfo(spec.partitions, "id", {**DELETE, **spec.config})
        for name, spec in specifications(SETTINGS).items()
    }


def test_every_topic_is_made_as_documented() -> None:
    """Six topics and a dead letter topic for each inbound one; the state's is compacted, the records' is not."""
    made = specifications(SETTINGS)
    assert set(made) == {*SETTINGS.topics.values(), f"{TRIGGER}.dlq", f"{SETTINGS.kafka_topic_webhook}.dlq"}
    assert made[STATE].config["cleanup.policy"] == "compact"
    assert "cleanup.policy" not in made[RECORDS].config
    assert made[STATE].partitions == SHARDS <= made[TRIGGER].partitions
    week, month = str(7 * 24 * 60 * 60 * 1000), str(30 * 24 * 60 * 60 * 1000)
    assert made[TRIGGER].config["retention.ms"] == made[SETTINGS.kafka_topic_events].config["retention.ms"] == week
    assert made[f"{TRIGGER}.dlq"].config["retention.ms"] == month


def test_what_is_made_is_right() -> None:
    """The worker has no complaint about the topics that its own command makes."""
    assert problems_of(as_made(), SETTINGS) == []


@pytest.mark.parametrize(
    ("topic", "info", "said"),
    [
        (TRIGGER, TopicInfo(SHARDS - 1, "id", DELETE), "fewer than"),
        (STATE, TopicInfo(SHARDS, "id", DELETE), "cleanup.policy=compact"),
        (RECORDS, TopicInfo(12, "id", COMPACT), "cleanup.policy=delete"),
        (RECORDS, TopicInfo(12, "id", {"cleanup.policy": "compact,delete"}), "cleanup.policy=delete"),
        (RECORDS, TopicInfo(12, "id", DELETE | {"max.message.bytes": "1000"}), "max.message.bytes"),
    ],
)
def test_what_would_break_a_promise_is_told(topic: str, info: TopicInfo, said: str) -> None:
    """The problem names its topic and what to set."""
    (problem,) = problems_of(as_made() | {topic: info}, SETTINGS)
    assert topic in problem
    assert said in problem


def test_a_cluster_that_tells_no_configuration_is_believed() -> None:
    """Where a topic's configuration is not to be had, only its partitions are judged."""
    found = {name: TopicInfo(info.partitions, "", None) for name, info in as_made().items()}
    assert problems_of(found, SETTINGS) == []


async def test_a_cluster_with_the_topics_passes(
    embedded_broker: EmbeddedBroker, topic_names: Callable[[str], str]
) -> None:
    """The check gives what there is, for whoever needs partitions and ids."""
    names = {f"kafka_topic_{role}": topic_names(role) for role in SETTINGS.topics}
    settings = SETTINGS.model_copy(update=names)
    embedded_broker.create_topics(specifications(settings))
    found = await check(KafkaAdmin(embedded_broker.bootstrap_servers), settings)
    assert set(found) == set(specifications(settings))


@pytest.mark.parametrize(
    ("config", "limit"),
    [(None, 262_144), ({"max.message.bytes": "2000000"}, 262_144), ({"max.message.bytes": "100000"}, 91_808)],
    ids=str,
)
def test_records_stay_below_what_the_topic_takes(config: dict[str, str] | None, limit: int) -> None:
    """The threshold, or less where the topic takes less, with room for key and headers."""
    assert record_limit_bytes(TopicInfo(12, "id", config), 262_144) == limit
