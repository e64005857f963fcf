"""The scheduler's triggers through Kafka's own client, to a broker and without one."""

from tests.support.control_plane.context import EPOCH, ManualTime, context_over
from tests.unit.control_plane.scheduler.rows import a_connection, store, stored

from clustera_toolkit.kafka import EmbeddedBroker, KafkaAdmin, Position, read_to_end
from drive_control_plane.database import Database
from drive_control_plane.kafka.publisher import KafkaPublisher
from drive_control_plane.scheduler.claims import Claims
from drive_control_plane.scheduler.messages import due_id

TOPIC = "integrations-inbound-trigger"
PARTITIONS = 4
CONNECTIONS = 50


async def test_due_triggers_are_on_the_topic_when_their_rows_have_moved_on(database: Database) -> None:
    """Each under its connection's key; once the broker is gone, nothing that was not stored is taken for sent."""
    await store(database, [a_connection(f"conn_{number}", EPOCH) for number in range(CONNECTIONS)])
    time = ManualTime()
    with EmbeddedBroker() as broker:
        broker.create_topics([TOPIC])
        publisher = KafkaPublisher(broker.bootstrap_servers)
        await publisher.start()
        try:
            async with context_over(database, clock=time.clock, publisher=publisher) as context:
                claims = Claims(context)
                assert (await claims.take()).published == CONNECTIONS
                found = await on_topic(broker.bootstrap_servers)
                broker.stop()
                time.advance(hours=2)
                lost = await claims.take()
        finally:
            await publisher.close()
    expected = {f"conn_{number}".encode(): due_id(f"conn_{number}", EPOCH).encode() for number in range(CONNECTIONS)}
    assert found.keys() == expected.keys()
    assert all(expected[key] in value for key, value in found.items())
    assert (lost.published, lost.failed) == (0, CONNECTIONS)
    moments = [row.next_run_at for row in (await stored(database)).values()]
    assert all(moment is not None and moment < time.now for moment in moments)


async def on_topic(bootstrap_servers: str) -> dict[bytes, bytes]:
    """Keys and values of all triggers on the topic."""
    places = [Position(TOPIC, partition) for partition in range(PARTITIONS)]
    ends = await KafkaAdmin(bootstrap_servers).ends(places)
    found: dict[bytes, bytes] = {}
    async for chunk in read_to_end(bootstrap_servers, ends, deadline_seconds=20.0):
        found.update({message.key or b"": message.value or b"" for message in chunk})
    return found
