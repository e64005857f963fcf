"""Messages to Kafka: acknowledged, or refused within seconds; and whether that goes well is known."""

from collections.abc import Callable

import pytest

from clustera_toolkit.kafka import EmbeddedBroker
from drive_control_plane.context import PublishError
from drive_control_plane.kafka.publisher import KafkaPublisher
from drive_control_plane.kafka_contact import KafkaContact


async def test_it_is_known_whether_messages_are_taken(topic_names: Callable[[str], str]) -> None:
    """Of the last one: a cluster that is away is told of until the next message is acknowledged."""
    contact, topic = KafkaContact(), topic_names("trigger")
    with EmbeddedBroker() as broker:
        broker.create_topics([topic])
        publisher = KafkaPublisher(broker.bootstrap_servers, contact=contact)
        await publisher.start()
        try:
            contact.publishes = False
            await publisher.publish(topic, "conn_1", b"{}")
            assert contact.publishes
            broker.stop()
            with pytest.raises(PublishError):
                await publisher.publish(topic, "conn_1", b"{}")
            assert not contact.publishes
        finally:
            await publisher.close()
