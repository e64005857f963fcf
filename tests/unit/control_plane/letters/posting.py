"""Dead letters as the worker writes them, a control plane that shows them, and what it sent again."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.control_plane.context import EPOCH
from tests.support.control_plane.worker_words import connection
from tests.unit.control_plane.operators.office import Desk, Office, office_over

from clustera_toolkit.kafka import (
    EmbeddedBroker,
    InboundMessage,
    KafkaAdmin,
    KafkaProducer,
    OutboundMessage,
    Position,
    read_to_end,
)
from clustera_toolkit.message import DeadLetter
from drive_control_plane.audit.log import Actor
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Tenant
from drive_control_plane.machines import clients
from drive_control_plane.security.tokens import tokens_of

MINE, OTHERS, FOREIGN = "conn_mine", "conn_other", "conn_foreign"
FAILED_AT = "2025-12-31T23:00:00.000Z"
SECONDS = 20.0


@dataclass
class Post:
    """The topics, and the office that looks at them."""

    office: Office
    broker: EmbeddedBroker
    trigger: str
    webhook: str

    async def write(self, *messages: OutboundMessage) -> None:
        """Put messages into topics."""
        producer = KafkaProducer(self.broker.bootstrap_servers, deadline_seconds=SECONDS)
        await producer.start()
        await producer.send(messages)
        await producer.close()

    def letter(
        self, reason: str = "not_json", connection_id: str = MINE, value: bytes | None = b"{}", **headers: str
    ) -> OutboundMessage:
        """A letter as the worker writes one."""
        why = DeadLetter(reason, "what is wrong", self.trigger, 3, 17, 1, FAILED_AT)
        more: dict[str, str | bytes | None] = {"traceparent": b"00-1", **dict(why.headers())}
        more |= {name: text.encode() for name, text in headers.items()}
        return OutboundMessage(f"{self.trigger}.dlq", connection_id.encode(), value, list(more.items()))

    async def read(self, topic: str) -> list[InboundMessage]:
        """All that a topic has."""
        admin = KafkaAdmin(self.broker.bootstrap_servers)
        ends = await admin.ends(Position(topic, partition) for partition in range(await admin.partitions(topic)))
        chunks = read_to_end(self.broker.bootstrap_servers, ends, deadline_seconds=SECONDS)
        return [message async for chunk in chunks for message in chunk]

    async def shown(self, desk: Desk, **query: str) -> Any:
        """What the API shows."""
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        status, text = await desk.get(f"/v1/connections/{MINE}/dead-letters?{asked}")
        assert status == 200, text
        return json.loads(text)

    async def program(self, *scopes: str) -> dict[str, str]:
        """Headers of a program of the first tenant."""
        context, now = self.office.context, self.office.time.now
        async with context.database.transaction() as session:
            made = await clients.create(session, now, Actor("system", "test"), "program", list(scopes), "default")
        return {"authorization": f"Bearer {tokens_of(context.settings).sign(now, made.client_id, scopes, 'default')}"}


@asynccontextmanager
async def post_over(database: Database, broker: EmbeddedBroker, trigger: str, webhook: str) -> AsyncIterator[Post]:
    """Serve a control plane over topics of its own, with connections of two tenants."""
    broker.create_topics([trigger, webhook, f"{trigger}.dlq", f"{webhook}.dlq"])
    settings: dict[str, Any] = {
        "kafka_bootstrap_servers": broker.bootstrap_servers,
        "kafka_topic_trigger": trigger,
        "kafka_topic_webhook": webhook,
    }
    async with office_over(database, **settings) as office:
        async with database.transaction() as session:
            session.add_all(Tenant(id=each, name=each, created_at=EPOCH) for each in ("default", "elsewhere"))
            await session.flush()
            session.add_all([connection(MINE, "default"), connection(OTHERS, "default")])
            session.add(connection(FOREIGN, "elsewhere"))
        yield Post(office, broker, trigger, webhook)
