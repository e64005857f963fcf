"""A program: the baseline of notifications, what Kafka alone takes.

In: an order. Out: each message of one topic written to another, in a transaction that holds its offset too; nothing is
asked of Drive, and nothing waits for company.
"""

import sys
from typing import Any

import msgspec
from confluent_kafka import Consumer, Producer, TopicPartition

_TRANSACTION_SECONDS = 30.0
_POLL_SECONDS = 1.0


class Order(msgspec.Struct, frozen=True):
    """What the program is told, as JSON in its only argument."""

    bootstrap_servers: str
    source: str
    target: str
    partitions: int
    target_partition: int


def relay(order: Order) -> None:
    """Pass messages on until the process is ended."""
    consumer, producer = _consumer(order), _producer(order)
    print("ready", flush=True)
    while True:
        message = consumer.poll(_POLL_SECONDS)
        if message is None or message.error() is not None:
            continue
        producer.begin_transaction()
        producer.produce(order.target, message.value(), message.key(), partition=order.target_partition)
        producer.send_offsets_to_transaction(_next(message), consumer.consumer_group_metadata(), _TRANSACTION_SECONDS)
        producer.commit_transaction(_TRANSACTION_SECONDS)


def _next(message: Any) -> list[TopicPartition]:
    return [TopicPartition(message.topic(), message.partition(), message.offset() + 1)]


def _consumer(order: Order) -> Consumer:
    """Reads as the worker's consumer does; its partitions are given, since a group's start is not what is measured."""
    settings = {
        "bootstrap.servers": order.bootstrap_servers,
        "group.id": order.source,
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
        "fetch.wait.max.ms": 100,
    }
    consumer = Consumer(settings)
    consumer.assign([TopicPartition(order.source, number, 0) for number in range(order.partitions)])
    return consumer


def _producer(order: Order) -> Producer:
    settings = {
        "bootstrap.servers": order.bootstrap_servers,
        "transactional.id": order.source,
        "retry.backoff.ms": 10,
        "linger.ms": 0,
    }
    producer = Producer(settings)
    producer.init_transactions(_TRANSACTION_SECONDS)
    return producer


if __name__ == "__main__":
    relay(msgspec.json.decode(sys.argv[1], type=Order))
