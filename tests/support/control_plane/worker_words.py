"""The worker's words, by the worker's own encoder, and connections that they are about.

In: fields of events. Out: bytes as they come from Kafka, messages with a place, rows of connections.
"""

import itertools
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import select
from tests.support.control_plane.context import EPOCH

from clustera_toolkit.kafka import InboundMessage
from clustera_toolkit.message.timestamps import rfc3339
from drive_control_plane.database import Base, Database
from drive_control_plane.database.tables import AppliedOffset, Connection, ConnectionStatus, Tenant
from google_drive_worker.schemas.event import ErrorRecord, EventName, SyncEvent

CONN, TENANT, CORPUS = "conn_1", "tenant_1", "user:me"
EVENTS, ERRORS = "events", "errors"
ONE, TWO = "000000000001", "000000000002"
TOPIC_IDS: Mapping[str, str] = {EVENTS: "id-of-events", ERRORS: "id-of-errors"}
_OFFSETS = itertools.count()


def at(seconds: float) -> datetime:
    """So long after the beginning."""
    return EPOCH + timedelta(seconds=seconds)


def said(event: EventName, seconds: float, connection: str = CONN, **fields: Any) -> bytes:
    """An event as the worker encodes it; those of corpora are of `CORPUS`."""
    return msgspec.json.encode(SyncEvent(event, connection, rfc3339(at(seconds).timestamp()), **fields))


def of_corpus(event: EventName, seconds: float, snapshot: str | None = ONE, **fields: Any) -> bytes:
    """An event of a corpus as the worker encodes it."""
    return said(event, seconds, **{"corpus": CORPUS, "snapshot_id": snapshot, **fields})


def error(seconds: float, code: str = "network", connection: str | None = CONN, **fields: Any) -> bytes:
    """An error record as the worker encodes it."""
    words = {"stage": "sync", "retryable": True, "message": "no answer", **fields}
    return msgspec.json.encode(ErrorRecord("msg", connection, rfc3339(at(seconds).timestamp()), code=code, **words))


def message(value: bytes | None, topic: str = EVENTS, offset: int | None = None) -> InboundMessage:
    """A message at a place of its own, or at a given one."""
    return InboundMessage(topic, 0, next(_OFFSETS) if offset is None else offset, None, value)


def connection(id_: str = CONN, tenant: str = TENANT, **fields: Any) -> Connection:
    """A connection that is active and runs every five minutes."""
    return Connection(
        **{
            "id": id_,
            "tenant_id": tenant,
            "name": id_,
            "account_id": id_,
            "account_email": f"{id_}@example.com",
            "status": ConnectionStatus.ACTIVE,
            "settings": {},
            "schedule": {"kind": "adaptive"},
            "created_at": EPOCH,
            "updated_at": EPOCH,
            "next_run_at": at(300),
            "last_run_at": at(0),
            "consecutive_failures": 0,
            "push_failures": 0,
            **fields,
        }
    )


async def populate(database: Database, *connections: Connection) -> None:
    """Put connections (one, when none is given) into a database, with their tenants and both topics begun."""
    known = connections or (connection(),)
    async with database.transaction() as session:
        for tenant in sorted({each.tenant_id for each in known}):
            session.add(Tenant(id=tenant, name=tenant, created_at=EPOCH))
        for topic, topic_id in TOPIC_IDS.items():
            session.add(AppliedOffset(topic=topic, partition=0, topic_id=topic_id, following=0))
        await session.flush()
        session.add_all(known)


async def all_of(database: Database, table: type[Base]) -> list[Any]:
    """All rows of a table."""
    async with database.transaction() as session:
        return list(await session.scalars(select(table)))
