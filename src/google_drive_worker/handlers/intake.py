"""Inbound messages, each to its decision, each committed with its offset.

In: messages of the trigger and webhook topics. Out: work for the committer: a patch, a message forwarded to the shard
it belongs to, a dead letter, or the offset alone. Nothing here waits for Drive.

The *shard* of a connection is its state partition; the owner of the trigger partition of that number owns the
connection. A message that arrived elsewhere (another partitioner, a topic that has grown) goes on to that trigger
partition, in the transaction of its own offset, with a header that counts its hops.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from clustera_toolkit.dead_letters import attempts_of
from clustera_toolkit.kafka import InboundMessage, OutboundMessage
from clustera_toolkit.message import DeadLetter
from google_drive_worker.config import dead_letter_topic
from google_drive_worker.handlers import trigger as triggers
from google_drive_worker.handlers import webhook as webhooks
from google_drive_worker.handlers.decision import Apply, Decision, Ignore
from google_drive_worker.handlers.names import names_of, traceparent_of
from google_drive_worker.schemas.event import ErrorRecord
from google_drive_worker.schemas.state import Applied, ConnectionState
from google_drive_worker.schemas.trigger import (
    CREDENTIALS,
    InvalidMessageError,
    Trigger,
    connection_of,
    is_sealed,
    names_key_file,
    parse_trigger,
)
from google_drive_worker.schemas.webhook import parse_webhook
from google_drive_worker.sinks.kafka.committer import Committer
from google_drive_worker.sinks.kafka.state_store import StateStore
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.patch import All, Patch
from google_drive_worker.sync.wishes import Forget, MarkApplied

log = logging.getLogger(__name__)

HOPS = "clustera-hops"
ORIGIN = "clustera-origin-topic"
MAX_HOPS = 3
OTHERWISE = {"service_account": "not a Fernet token, nor the name of a key file"}
"""What is wrong with a credential in clear, where it might be something else than a Fernet token."""


class Jobs(Protocol):
    """Who runs the jobs that are accepted here."""

    def wake(self, connection_id: str) -> None:
        """There may be work."""
        ...

    def interrupt(self, connection_id: str) -> Awaitable[None]:
        """What runs must stop first."""
        ...


@dataclass(frozen=True, slots=True)
class Routes:
    """Topics, and which shard is whose."""

    trigger_topic: str
    webhook_topic: str
    integration_id: str
    shard_of: Callable[[str], int]
    owns: Callable[[int], bool]
    topic_ids: Mapping[str, str] = field(default_factory=dict)


class Intake:
    """Handles inbound messages one by one, in order within each partition."""

    def __init__(
        self,
        committer: Committer,
        store: StateStore,
        jobs: Jobs,
        routes: Routes,
        *,
        now: Callable[[], str],
        processed: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._committer = committer
        self._store = store
        self._jobs = jobs
        self._routes = routes
        self._now = now
        self._processed = processed
        self._followers: set[asyncio.Task[None]] = set()
        self._ahead: dict[str, ConnectionState] = {}
        """States as they will be once what was decided is committed: the next message is judged by them."""

    def handle(self, message: InboundMessage) -> asyncio.Future[None]:
        """Decide and hand over; the future ends when the message's offset is committed, or fails with its partition."""
        kind = self._origin(message)
        try:
            connection = connection_of(message.value)
            if connection is not None and not self._routes.owns(self._routes.shard_of(connection)):
                return self._forward(message, connection, kind)
            decision = self._decide(message, kind, connection)
        except InvalidMessageError as error:
            return self._dead_letter(message, kind, error)
        except Exception:
            log.exception("a message could not be handled")  # a defect here must not stop the partition
            defect = InvalidMessageError("internal_error", "this worker failed on the message; its log has more")
            return self._dead_letter(message, kind, defect)
        self._processed(self._type_of(kind))
        if isinstance(decision, Apply):
            return self._apply(message, kind, decision)
        log.info("message ignored: %s", decision.why, extra={"connection_id": connection})
        return self._committer.handle(message.position, message.offset + 1)

    def _origin(self, message: InboundMessage) -> str:
        """The inbound topic that the message was first sent to; a header that names none of them is not believed."""
        origin = (message.header(ORIGIN) or b"").decode(errors="replace")
        return origin if origin in {self._routes.trigger_topic, self._routes.webhook_topic} else message.topic

    def _type_of(self, kind: str) -> str:
        return "webhook" if kind == self._routes.webhook_topic else "trigger"

    def _decide(self, message: InboundMessage, kind: str, connection: str | None) -> Decision:
        state = self._usable_state(connection) if connection is not None else None
        traceparent = traceparent_of(message)
        if kind == self._routes.webhook_topic:
            return webhooks.decide(parse_webhook(message.value), state, now=self._now(), traceparent=traceparent)
        trigger = parse_trigger(message.value)
        _check_sealed(trigger)
        if state is not None and self._repeated(message, state):
            return Ignore("applied already")
        return triggers.decide(
            trigger,
            state,
            now=self._now(),
            traceparent=traceparent,
            integration_id=self._routes.integration_id,
        )

    def _usable_state(self, connection: str) -> ConnectionState | None:
        if (why := self._store.unreadable(connection)) is not None:
            raise InvalidMessageError(
                "unreadable_state",
                f"the connection's stored state cannot be used ({why}); run the version of the worker that wrote it",
                connection,
            )
        return self._ahead.get(connection) or self._store.get(connection)

    def _apply(self, message: InboundMessage, kind: str, decision: Apply) -> asyncio.Future[None]:
        connection = decision.connection_id
        applied = self._applied(message)
        marked = All([decision.patch, MarkApplied(*applied)]) if applied and not _forgets(decision) else decision.patch
        done = self._committer.handle(
            message.position,
            message.offset + 1,
            connection_id=connection,
            batch=Batch(marked, decision.records, decision.events, records_partition=decision.records_partition),
        )
        self._look_ahead(connection, marked, done)
        task = asyncio.create_task(self._follow(done, decision), name=f"accepted {kind}")
        self._followers.add(task)
        task.add_done_callback(self._followers.discard)
        return done

    def _look_ahead(self, connection: str, patch: Patch, done: asyncio.Future[None]) -> None:
        after = patch.apply(self._ahead.get(connection) or self._store.get(connection) or ConnectionState(connection))
        self._ahead[connection] = after

        def forget(_: asyncio.Future[None]) -> None:
            if self._ahead.get(connection) is after:
                del self._ahead[connection]

        done.add_done_callback(forget)

    async def _follow(self, done: asyncio.Future[None], decision: Apply) -> None:
        """Once it is committed, the job starts, or stops first."""
        try:
            await asyncio.shield(done)
        except Exception as error:  # noqa: BLE001 # whoever owns the partition next handles the message again
            log.info("a handled message was not committed: %s", error)
            return
        if decision.interrupts:
            await self._jobs.interrupt(decision.connection_id)
        else:
            self._jobs.wake(decision.connection_id)

    def _forward(self, message: InboundMessage, connection: str, kind: str) -> asyncio.Future[None]:
        hops = _hops(message) + 1
        if hops > MAX_HOPS:
            error = InvalidMessageError(
                "routing_loop", f"forwarded {MAX_HOPS} times without reaching its owner", connection
            )
            return self._dead_letter(message, kind, error)
        headers = [(name, value) for name, value in message.headers if name not in {HOPS, ORIGIN}]
        headers += [(HOPS, str(hops).encode()), (ORIGIN, kind.encode())]
        forwarded = OutboundMessage(
            self._routes.trigger_topic,
            connection.encode(),
            message.value,
            [*headers],
            partition=self._routes.shard_of(connection),
        )
        return self._committer.handle(message.position, message.offset + 1, messages=[forwarded])

    def _dead_letter(self, message: InboundMessage, kind: str, error: InvalidMessageError) -> asyncio.Future[None]:
        """Set the message aside with its bytes, key and headers as they were; tell operators."""
        log.warning("dead letter: %s: %s", error.reason, error.detail, extra={"connection_id": error.connection_id})
        self._processed("dead_letter")
        now = self._now()
        letter = DeadLetter(
            reason=error.reason,
            detail=error.detail,
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            attempts=attempts_of(message) + 1,
            first_failed_at=now,
        )
        named = names_of(message)
        record = ErrorRecord(
            message_id=named.message_id,
            integration_connection_id=error.connection_id,
            occurred_at=now,
            stage="intake",
            code=error.reason,
            retryable=False,
            message=error.detail,
            attempts=letter.attempts,
            trace_id=named.trace_id,
        )
        dead = OutboundMessage(
            dead_letter_topic(kind), message.key, message.value, [*message.headers, *letter.headers()]
        )
        return self._committer.handle(
            message.position, message.offset + 1, messages=[dead], notices=[record], traceparent=_trace_of(message)
        )

    def _applied(self, message: InboundMessage) -> tuple[str, Applied] | None:
        topic_id = self._routes.topic_ids.get(message.topic, "")
        if not topic_id:  # without it, offsets of a topic made anew could not be told from the old ones
            return None
        return f"{message.topic}/{message.partition}", Applied(topic_id, message.partition, message.offset)

    def _repeated(self, message: InboundMessage, state: ConnectionState) -> bool:
        """Whether the message was applied before the group's offsets were lost or reset."""
        applied = self._applied(message)
        if applied is None or state.job is None:
            return False
        place, now = applied
        before = state.job.applied.get(place)
        return before is not None and before.topic_id == now.topic_id and now.offset <= before.offset


def _check_sealed(trigger: Trigger) -> None:
    """Refuse a credential in clear, which the state would keep as it came. Raises `InvalidMessageError`."""
    for name in CREDENTIALS:
        value = (trigger.connection_config or {}).get(name)
        if isinstance(value, str) and not _is_safe(name, value):
            raise InvalidMessageError(
                "invalid_field",
                f"connection_config.{name} is {OTHERWISE.get(name, 'not a Fernet token')}: encrypt it with a key of "
                "CREDENTIALS_ENCRYPTION_KEYS",
                trigger.integration_connection_id,
            )


def _is_safe(name: str, value: str) -> bool:
    return is_sealed(value) or (name == "service_account" and names_key_file(value))


def _forgets(decision: Apply) -> bool:
    return isinstance(decision.patch, Forget)


def _trace_of(message: InboundMessage) -> str | None:
    """The sender's trace, gone on with; none is started for a message that is set aside."""
    return traceparent_of(message) if message.header("traceparent") else None


def _hops(message: InboundMessage) -> int:
    text = (message.header(HOPS) or b"0").decode(errors="replace")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else MAX_HOPS
