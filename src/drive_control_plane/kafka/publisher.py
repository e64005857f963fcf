"""Triggers and notifications to Kafka.

In: a topic, a key, bytes. Out: a message that the cluster has acknowledged, or an error within a bounded time. One
connection of it serves all; messages that are sent at the same moment share a request.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from clustera_toolkit.kafka import KafkaClientError, KafkaProducer, OutboundMessage
from drive_control_plane.context import PublishError
from drive_control_plane.kafka_contact import KafkaContact

PUBLISH_SECONDS = 5.0
MAX_WAITING = 10_000
"""Messages that wait for an acknowledgement; whoever comes then is told to come again."""

SEE = "see KAFKA_CLIENT_CONFIG, KAFKA_SECURITY_PROTOCOL, KAFKA_SSL_CA_LOCATION and the KAFKA_SASL_ settings"


class KafkaPublisher:
    """Collects what is published while the last request is under way, and sends it as one."""

    def __init__(
        self, bootstrap_servers: str, config: Mapping[str, Any] | None = None, contact: KafkaContact | None = None
    ) -> None:
        self._producer = KafkaProducer(
            bootstrap_servers, deadline_seconds=PUBLISH_SECONDS, config={"linger.ms": 1, **(config or {})}
        )
        self._waiting: list[tuple[OutboundMessage, asyncio.Future[None]]] = []
        self._sending: asyncio.Task[None] | None = None
        self._contact = contact or KafkaContact()

    async def start(self) -> None:
        """Connect. Raises `KafkaClientError` for settings that cannot be used; brokers that are away are waited for."""
        try:
            await self._producer.start()
        except KafkaClientError as error:
            raise KafkaClientError(f"{error}: {SEE}") from error

    async def close(self) -> None:
        """Give up what waits and close."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
        self._fail(self._waiting, "the control plane is stopping")
        await self._producer.close()

    async def publish(self, topic: str, key: str, value: bytes, traceparent: str | None = None) -> None:
        """Send one message and wait until the cluster has it. Raises `PublishError`."""
        if len(self._waiting) >= MAX_WAITING:
            raise PublishError("too many messages wait for Kafka")
        headers: list[tuple[str, str | bytes | None]] = [("traceparent", traceparent)] if traceparent else []
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((OutboundMessage(topic, key.encode(), value, headers), done))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())
        await done

    async def _send(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await self._producer.send([message for message, _ in batch])
            except KafkaClientError as error:
                self._contact.publishes = False
                self._fail(batch, str(error))
            except BaseException:
                self._fail(batch, "the control plane is stopping")
                raise
            else:
                self._contact.publishes = True
                for _, done in batch:
                    if not done.done():
                        done.set_result(None)

    @staticmethod
    def _fail(batch: list[tuple[OutboundMessage, asyncio.Future[None]]], why: str) -> None:
        for _, done in batch:
            if not done.done():
                done.set_exception(PublishError(why))
