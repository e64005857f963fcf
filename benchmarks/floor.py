"""A program: the floor, what moving the bytes alone costs.

In: an order (baselines.py). Out: as many messages and bytes in Kafka as the worker writes, in transactions of the same
size, with the same compression; and what that took. Pages are fetched and produced by the libraries that the worker
uses, but nothing is decoded except ids and page tokens, and nothing is encoded: messages are stretches of the page,
with headers as the worker's.

Counting begins before the first page is asked for and ends when the last transaction is committed.
"""

import asyncio
import sys
from collections.abc import Iterator

import msgspec
import uvloop
from confluent_kafka import Producer

from benchmarks.baselines import Order
from benchmarks.listing import RawPage, pages
from benchmarks.usage import Meter, Spent
from clustera_toolkit.kafka.producer import LINGER_MILLISECONDS, REQUEST_BYTES, SURROUNDINGS_BYTES
from google_drive_worker.config import WorkerSettings
from google_drive_worker.schemas.record import SCHEMA

TRANSACTION_SECONDS = 60.0
TRANSACTION_BYTES: int = WorkerSettings.model_fields["worker_transaction_bytes"].default
COMPRESSION: str = WorkerSettings.model_fields["kafka_compression_type"].default

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HEADERS: list[tuple[str, str | bytes | None]] = [
    ("traceparent", TRACEPARENT),
    ("schema", SCHEMA),
    ("resource_type", "file"),
    ("op", "upsert"),
]
"""Every record carries these by contract, so they belong to the bytes that have to be moved."""


async def copy(order: Order) -> Spent:
    """Copy the drive's bytes."""
    producer = await asyncio.to_thread(_producer, order)
    meter = Meter()
    files = held_bytes = 0
    held: list[RawPage] = []
    async for page in pages(order.drive_url, order.pages):
        size = len(page.ids) * order.value_bytes
        if held and held_bytes + size > TRANSACTION_BYTES:
            await asyncio.to_thread(_commit, producer, held, order)
            held, held_bytes = [], 0
        held.append(page)
        held_bytes += size
        files += len(page.ids)
    await asyncio.to_thread(_commit, producer, held, order)
    return meter.spent(files)


def _producer(order: Order) -> Producer:
    """A producer with the settings of the worker's (clustera_toolkit.kafka.producer)."""
    producer = Producer(
        {
            "bootstrap.servers": order.bootstrap_servers,
            "transactional.id": order.topic,
            "enable.idempotence": True,
            "acks": "all",
            "retry.backoff.ms": 10,
            "linger.ms": LINGER_MILLISECONDS,
            "delivery.report.only.error": True,
            "queue.buffering.max.kbytes": 65536,
            "compression.type": COMPRESSION,
        }
    )
    producer.init_transactions(TRANSACTION_SECONDS)
    return producer


def _commit(producer: Producer, held: list[RawPage], order: Order) -> None:
    producer.begin_transaction()
    waiting = 0
    for page in held:
        for file_id, value in zip(page.ids, _stretches(page, order.value_bytes), strict=True):
            waiting += len(value) + SURROUNDINGS_BYTES
            if waiting > REQUEST_BYTES:  # as the worker's producer does; without it the floor costs a third more
                producer.flush()
                waiting = 0
            producer.produce(order.topic, value, file_id, 0, headers=HEADERS)
    producer.commit_transaction(TRANSACTION_SECONDS)


def _stretches(page: RawPage, size: int) -> Iterator[bytes]:
    """As many stretches of the page as it has files; they overlap where the worker writes more than it reads."""
    step = max(0, len(page.body) - size) // max(1, len(page.ids) - 1)
    return (page.body[start : start + size] for start in range(0, step * len(page.ids), step))


if __name__ == "__main__":
    order = msgspec.json.decode(sys.argv[1], type=Order)
    print(msgspec.json.encode(uvloop.run(copy(order))).decode())
