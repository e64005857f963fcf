"""A producer whose cluster is gone: librdkafka's own broker is stopped under it, or never was there."""

import asyncio

import pytest

from clustera_toolkit.kafka import (
    DeadlineError,
    EmbeddedBroker,
    KafkaClientError,
    KafkaProducer,
    OutboundMessage,
    TopicSpec,
    TransactionUncertainError,
)


async def test_a_close_ends_a_transaction_that_nobody_will_answer() -> None:
    """It is given up within a step, as one whose outcome is not known, and not waited for to its deadline."""
    message = OutboundMessage("topic", b"key", b"value")
    with EmbeddedBroker() as broker:
        broker.create_topics({"topic": TopicSpec(1)})
        producer = KafkaProducer(broker.bootstrap_servers, transactional_id="closing", transaction_timeout_seconds=60.0)
        await producer.start()
        assert await producer.probe([message])
    waiting = asyncio.ensure_future(producer.probe([message]))
    await asyncio.sleep(0)
    await producer.close()
    with pytest.raises(TransactionUncertainError, match="being closed"):
        await waiting


async def test_messages_that_nobody_acknowledges_are_not_taken_for_sent() -> None:
    """What librdkafka could not deliver in time it drops; whoever sent it is told."""
    producer = KafkaProducer("127.0.0.1:1", config={"message.timeout.ms": 200, "linger.ms": 0})
    await producer.start()
    with pytest.raises(KafkaClientError, match="not all messages were acknowledged"):
        await producer.send([OutboundMessage("topic", b"key", b"value")])
    await producer.close()


async def test_a_close_ends_a_start_that_nobody_answers() -> None:
    """A process that is told to stop while it looks for Kafka does not wait for the start's own deadline."""
    producer = KafkaProducer("127.0.0.1:1", transactional_id="starting")
    starting = asyncio.ensure_future(producer.start())
    await asyncio.sleep(0)
    await producer.close()
    with pytest.raises(DeadlineError, match="being closed"):
        await starting
