"""Inbound messages to commits: what is written with a message's offset, on a real committer and a real protocol."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from confluent_kafka import Consumer

from clustera_toolkit.kafka import (
    EmbeddedBroker,
    InboundMessage,
    KafkaAdmin,
    KafkaProducer,
    OutboundMessage,
    Position,
    partition_of,
    read_to_end,
)
from clustera_toolkit.message import SizeGuard
from clustera_toolkit.storage import S3Client
from google_drive_worker.handlers.intake import HOPS, MAX_HOPS, ORIGIN, Intake, Routes
from google_drive_worker.schemas.event import ErrorRecord, EventName, SyncEvent
from google_drive_worker.schemas.state import JobState
from google_drive_worker.sinks.kafka.claim_check import ClaimCheck
from google_drive_worker.sinks.kafka.committer import CommitObserver, Committer, CommitterSettings
from google_drive_worker.sinks.kafka.messages import Topics
from google_drive_worker.sinks.kafka.state_store import StateStore
from google_drive_worker.sinks.kafka.work import Work
from google_drive_worker.sync.outlet import OutletClosedError

SHARDS = 4
DEADLINE_SECONDS = 20.0
NOW = "2026-01-01T00:00:00.000Z"
CONN = "conn_abc123"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
CONFIG = {"refresh_token": "gAAAA", "page_size": 100}
PUBLISHED = {"integration_connection_id": CONN, "trigger_type": "incremental", "connection_config": CONFIG}


@dataclass
class Calls:
    """Jobs that only take note of who was woken and who interrupted."""

    woken: list[str] = field(default_factory=list)
    interrupted: list[str] = field(default_factory=list)

    def wake(self, connection_id: str) -> None:
        self.woken.append(connection_id)

    async def interrupt(self, connection_id: str) -> None:
        self.interrupted.append(connection_id)


@dataclass
class Desk:
    """An intake with all that it hands over to, and what was committed."""

    broker: EmbeddedBroker
    names: Topics
    trigger: str
    webhook: str
    store: StateStore
    committer: Committer
    intake: Intake
    calls: Calls
    owned: set[int]
    committed: list[Work]
    kinds: list[str]
    offset: int = 0

    def arriving(
        self, value: Any, *, topic: str | None = None, headers: Sequence[tuple[str, bytes]] = ()
    ) -> InboundMessage:
        """The next message of a topic's first partition."""
        self.offset += 1
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return InboundMessage(topic or self.trigger, 0, self.offset - 1, CONN.encode(), body, tuple(headers))

    async def handle(self, *messages: InboundMessage) -> list[Work]:
        """Handle messages that were polled together; what was committed for them, in order."""
        before = len(self.committed)
        async with asyncio.timeout(DEADLINE_SECONDS):
            await asyncio.gather(*[self.intake.handle(message) for message in messages])
            await asyncio.sleep(0)  # who follows a commit runs
        return self.committed[before:]

    def next_offset(self) -> int:
        return self.committer.offsets[Position(self.trigger, 0)]

    def job(self, connection: str = CONN) -> JobState:
        state = self.store.get(connection)
        assert state is not None
        assert state.job is not None
        return state.job

    def errors(self, works: Sequence[Work]) -> list[ErrorRecord]:
        return [notice for work in works for notice in work.notices if isinstance(notice, ErrorRecord)]

    async def read(self, topic: str) -> list[InboundMessage]:
        """All of a topic."""
        admin = KafkaAdmin(self.broker.bootstrap_servers)
        ends = await admin.ends([Position(topic, number) for number in range(SHARDS)])
        chunks = read_to_end(self.broker.bootstrap_servers, ends, deadline_seconds=DEADLINE_SECONDS)
        return [message async for chunk in chunks for message in chunk]


@pytest.fixture
async def desk(embedded_broker: EmbeddedBroker, topic_names: Callable[[str], str]) -> AsyncIterator[Desk]:
    names = Topics(*[topic_names(kind) for kind in ("records", "errors", "events", "state")])
    trigger, webhook = topic_names("trigger"), topic_names("webhook")
    inbound = [trigger, webhook]
    embedded_broker.create_topics(
        [names.records, names.errors, names.events, names.state, *inbound, *[f"{topic}.dlq" for topic in inbound]]
    )
    store = StateStore(names.state, _shard_of)
    producer = KafkaProducer(embedded_broker.bootstrap_servers, transactional_id=topic_names("tx"))
    group = Consumer({"bootstrap.servers": embedded_broker.bootstrap_servers, "group.id": topic_names("group")})
    committed: list[Work] = []
    calls, owned, kinds = Calls(), set(range(SHARDS)), list[str]()
    committer = Committer(
        producer,
        store,
        names,
        ClaimCheck(S3Client.from_url("memory://"), SizeGuard()),
        settings=CommitterSettings(linger_seconds=0.0),
        observer=CommitObserver(committed=committed.extend),
        now=lambda: NOW,
    )
    routes = Routes(trigger, webhook, "google-drive", _shard_of, owned.__contains__, {trigger: "topic-id-1"})
    intake = Intake(committer, store, calls, routes, now=lambda: NOW, processed=kinds.append)
    await producer.start()
    committer.open({Position(topic, 0): 0 for topic in inbound}, group.consumer_group_metadata())
    running = asyncio.create_task(committer.run())
    yield Desk(embedded_broker, names, trigger, webhook, store, committer, intake, calls, owned, committed, kinds)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await producer.close()
    group.close()


def _shard_of(connection: str) -> int:
    return partition_of(connection.encode(), SHARDS)


def only(works: Sequence[Work]) -> Work:
    (work,) = works
    return work


def sent(work: Work) -> OutboundMessage:
    """The one message beside records and notices."""
    (message,) = work.messages
    return message


def headers_of(message: OutboundMessage) -> dict[str, str | bytes | None]:
    return dict(message.headers)


# Accepted.


async def test_the_published_trigger_is_accepted(desk: Desk) -> None:
    """State, event and offset are one commit; the job starts after it."""
    work = only(await desk.handle(desk.arriving(PUBLISHED)))
    assert work.batch is not None
    assert [notice.event for notice in work.batch.notices if isinstance(notice, SyncEvent)] == [EventName.JOB_ACCEPTED]
    assert (desk.job().config, desk.job().incremental_wanted) == (CONFIG, 1)
    assert desk.next_offset() == 1
    assert (desk.calls.woken, desk.kinds) == ([CONN], ["trigger"])


async def test_the_state_goes_to_its_shard(desk: Desk) -> None:
    """The job part stands in the state topic, in the connection's shard, with the ciphertext as it came."""
    await desk.handle(desk.arriving(PUBLISHED))
    (stored,) = await desk.read(desk.names.state)
    assert (stored.partition, stored.key) == (_shard_of(CONN), f"{CONN}/job".encode())
    assert json.loads(stored.value or b"")["config"] == CONFIG


async def test_a_senders_trace_goes_on(desk: Desk) -> None:
    """The job's trace is a child of the message's; without one it starts."""
    parent = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await desk.handle(desk.arriving(PUBLISHED, headers=[("traceparent", parent)]))
    assert (desk.job().traceparent or "").startswith("00-0af7651916cd43dd8448eb211c80319c-")
    assert (desk.job().traceparent or "").encode() != parent
    await desk.handle(desk.arriving(PUBLISHED, headers=[("traceparent", b"\xff nonsense")]))
    assert (desk.job().traceparent or "").startswith("00-")


async def test_what_must_stop_is_interrupted(desk: Desk) -> None:
    """After the commit of a full trigger or a pause, the job is interrupted rather than woken."""
    await desk.handle(desk.arriving(PUBLISHED))
    await desk.handle(desk.arriving(PUBLISHED | {"trigger_type": "pause"}))
    assert (desk.calls.woken, desk.calls.interrupted) == ([CONN], [CONN])


async def test_a_notification_is_accepted_under_its_own_name(desk: Desk) -> None:
    """It wishes for a replay of a connection that is known, and is counted as what it is."""
    await desk.handle(desk.arriving(PUBLISHED))
    await desk.handle(desk.arriving({"integration_connection_id": CONN}, topic=desk.webhook))
    assert desk.job().incremental_wanted == 2
    assert desk.kinds == ["trigger", "webhook"]


async def test_an_ignored_message_moves_its_offset_only(desk: Desk) -> None:
    """Nothing is written for it, and it is not read again."""
    work = only(await desk.handle(desk.arriving(PUBLISHED | {"trigger_type": "cancel"})))
    assert (work.batch, work.messages, work.notices) == (None, (), ())
    assert desk.next_offset() == 1


async def test_messages_polled_together_are_judged_one_after_the_other(desk: Desk) -> None:
    """A control message right behind the connection's first trigger meets a connection that is known."""
    await desk.handle(desk.arriving(PUBLISHED), desk.arriving(PUBLISHED | {"trigger_type": "pause"}))
    assert desk.job().paused
    await desk.handle(
        desk.arriving(PUBLISHED | {"trigger_type": "forget"}),
        desk.arriving({"integration_connection_id": CONN, "trigger_type": "incremental"}),
    )
    assert desk.store.get(CONN) is None
    assert [error.code for error in desk.errors(desk.committed)] == ["missing_config"]


async def test_forget_leaves_tombstones(desk: Desk) -> None:
    """A reader of the compacted topic finds nothing of the connection."""
    await desk.handle(desk.arriving(PUBLISHED), desk.arriving(PUBLISHED | {"trigger_type": "forget"}))
    await desk.handle(desk.arriving(PUBLISHED))
    await desk.handle(desk.arriving(PUBLISHED | {"trigger_type": "forget"}))
    assert desk.store.get(CONN) is None
    assert (await desk.read(desk.names.state))[-1].value is None


# Repeated.


async def test_a_message_applied_before_is_ignored(desk: Desk) -> None:
    """After the group's offsets were reset, a message of the same topic at or before the last applied is not redone."""
    first, second = desk.arriving(PUBLISHED), desk.arriving(PUBLISHED)
    await desk.handle(first, second)
    await desk.handle(first)
    await desk.handle(second)
    assert desk.job().incremental_wanted == 2


async def test_a_topic_made_anew_is_not_taken_for_the_old_one(desk: Desk) -> None:
    """Offsets begin again in a topic with another id: its messages are new."""
    await desk.handle(desk.arriving(PUBLISHED), desk.arriving(PUBLISHED))
    routes = Routes(desk.trigger, desk.webhook, "google-drive", _shard_of, desk.owned.__contains__, {desk.trigger: "2"})
    desk.intake = Intake(desk.committer, desk.store, desk.calls, routes, now=lambda: NOW)
    desk.offset = 0
    await desk.handle(desk.arriving(PUBLISHED))
    assert desk.job().incremental_wanted == 3


# Forwarded.


async def test_a_message_of_anothers_shard_is_forwarded(desk: Desk) -> None:
    """It goes on as it came, key included, to the trigger partition of its shard, with its hop and origin, once."""
    desk.owned.clear()
    value = json.dumps(PUBLISHED).encode()
    work = only(await desk.handle(desk.arriving(value, headers=[("traceparent", b"00-a"), ("x", b"1"), ("x", b"2")])))
    message = sent(work)
    assert (message.topic, message.partition) == (desk.trigger, _shard_of(CONN))
    assert (message.key, message.value) == (CONN.encode(), value)
    assert message.headers[:3] == [("traceparent", b"00-a"), ("x", b"1"), ("x", b"2")]
    assert headers_of(message)[HOPS] == b"1"
    assert headers_of(message)[ORIGIN] == desk.trigger.encode()
    assert desk.next_offset() == 1
    assert desk.store.get(CONN) is None


async def test_a_notification_keeps_its_kind_on_the_way(desk: Desk) -> None:
    """Forwarded to a trigger partition, it is still handled as a notification there."""
    await desk.handle(desk.arriving(PUBLISHED))
    desk.owned.clear()
    notification = desk.arriving({"integration_connection_id": CONN}, topic=desk.webhook)
    forwarded = sent(only(await desk.handle(notification)))
    assert forwarded.topic == desk.trigger
    desk.owned.update(range(SHARDS))
    headers = [(name, value) for name, value in forwarded.headers if isinstance(value, bytes)]
    await desk.handle(desk.arriving(forwarded.value, headers=headers))
    assert desk.kinds[-1] == "webhook"
    assert desk.job().incremental_wanted == 2


@pytest.mark.parametrize(
    "hops", [str(MAX_HOPS).encode(), b"99", b"12345", b"-1", b"x", "²".encode(), b"\xff"], ids=repr
)
async def test_a_message_that_finds_no_owner_ends(desk: Desk, hops: bytes) -> None:
    """After so many hops, or with a count that is none, it is set aside instead of going round for ever."""
    desk.owned.clear()
    work = only(await desk.handle(desk.arriving(PUBLISHED, headers=[(HOPS, hops)])))
    assert sent(work).topic == f"{desk.trigger}.dlq"
    assert headers_of(sent(work))["dlq.reason"] == b"routing_loop"


async def test_an_origin_that_is_no_inbound_topic_is_not_believed(desk: Desk) -> None:
    """A header cannot send dead letters to a topic of its choice."""
    work = only(await desk.handle(desk.arriving(b"{", headers=[(ORIGIN, b"somewhere-else")])))
    assert sent(work).topic == f"{desk.trigger}.dlq"


# Dead letters.


@pytest.mark.parametrize(
    "value", [b"", b"{", b"\xff\x00", b"{}", b"[" * 100_000], ids=["empty", "cut", "bytes", "{}", "deep"]
)
async def test_a_poison_message_is_set_aside_whole(desk: Desk, value: bytes) -> None:
    """Bytes, key and headers are as they were, `dlq.*` say why and where; operators are told; the partition goes on."""
    message = desk.arriving(value, headers=[("traceparent", b"00-a"), ("x", b"\xff")])
    work = only(await desk.handle(message))
    (letter,) = await desk.read(f"{desk.trigger}.dlq")
    assert (letter.key, letter.value or b"", letter.headers[:2]) == (message.key, value, message.headers)
    headers = dict(letter.headers[2:])
    assert headers.keys() == {
        f"dlq.{name}" for name in ("reason", "detail", "topic", "partition", "offset", "attempts", "first_failed_at")
    }
    assert headers["dlq.topic"] == desk.trigger.encode()
    assert (headers["dlq.partition"], headers["dlq.offset"], headers["dlq.attempts"]) == (b"0", b"0", b"1")
    (error,) = desk.errors([work])
    assert (error.code.encode(), error.stage, error.retryable) == (headers["dlq.reason"], "intake", False)
    assert desk.next_offset() == 1
    assert desk.kinds == ["dead_letter"]


async def test_a_notification_has_its_own_dead_letter_topic(desk: Desk) -> None:
    """Dead letters stay apart by inbound topic."""
    work = only(await desk.handle(desk.arriving(b"{", topic=desk.webhook)))
    assert sent(work).topic == f"{desk.webhook}.dlq"


async def test_an_error_record_names_the_connection(desk: Desk) -> None:
    """What can be told of a bad message's connection is told."""
    works = await desk.handle(desk.arriving(PUBLISHED | {"trigger_type": "everything"}))
    assert [error.integration_connection_id for error in desk.errors(works)] == [CONN]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"message_id": "msg_1", "trace_id": "trace_xyz"}, ("msg_1", "trace_xyz")),
        ({"message_id": "msg_1"}, ("msg_1", TRACE_ID)),
        ({"message_id": 7, "trace_id": "trace_xyz"}, (None, TRACE_ID)),
        (b"{", (None, TRACE_ID)),
    ],
    ids=["by its fields", "by its header", "a field of another type", "no JSON"],
)
async def test_an_error_record_belongs_to_the_message_and_its_trace(
    desk: Desk, body: Any, names: tuple[str | None, str]
) -> None:
    """A dead letter's record names message and trace by the fields, else the trace by the header."""
    header = ("traceparent", f"00-{TRACE_ID}-b7ad6b7169203331-01".encode())
    works = await desk.handle(desk.arriving(body, headers=[header]))
    assert [(error.message_id, error.trace_id) for error in desk.errors(works)] == [names]
    (told,) = await desk.read(desk.names.errors)
    assert (told.header("traceparent") or b"").split(b"-")[1] == TRACE_ID.encode()


@pytest.mark.parametrize("name", ["refresh_token", "access_token", "service_account"])
async def test_a_credential_in_clear_is_not_taken_into_the_state(desk: Desk, name: str) -> None:
    """A sender who forgot to encrypt it is told so; the text itself is repeated nowhere."""
    body = PUBLISHED | {"connection_config": {name: "1//0in-clear"}}
    works = await desk.handle(desk.arriving(body))
    (error,) = desk.errors(works)
    assert (error.code, f"connection_config.{name} is not a Fernet token" in error.message) == ("invalid_field", True)
    assert "in-clear" not in error.message
    assert desk.store.get(CONN) is None


KEY_IN_CLEAR = json.dumps({"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----in-clear"})


@pytest.mark.parametrize(
    "account",
    [
        json.loads(KEY_IN_CLEAR),
        KEY_IN_CLEAR,
        base64.b64encode(KEY_IN_CLEAR.encode() * 20).decode(),
        "-----BEGIN PRIVATE KEY-----\nin-clear",
        "ya29.in-clear",
        "GOCSPX-in-clear",
        "eyJhbGciOiJSUzI1NiJ9.in-clear.in-clear",
        "",
        "in-clear/" * 40,
    ],
    ids=["object", "json", "base64", "pem", "access token", "client secret", "jwt", "empty", "too long"],
)
async def test_a_key_in_clear_is_not_taken_for_the_name_of_one(desk: Desk, account: object) -> None:
    """Whatever form a sender's mistake has, the state does not keep it and the error does not repeat it."""
    works = await desk.handle(desk.arriving(PUBLISHED | {"connection_config": {"service_account": account}}))
    (error,) = desk.errors(works)
    assert (error.code, "service_account" in error.message) == ("invalid_field", True)
    assert "in-clear" not in f"{error.message} {headers_of(sent(only(works)))}"
    assert desk.store.get(CONN) is None


@pytest.mark.parametrize(
    "account", ["gAAAAABm", "key.json", "team/my key.json", "/run/secrets/keys/robot@project.json", "../key.json"]
)
async def test_a_service_account_is_kept_as_it_came(desk: Desk, account: str) -> None:
    """Ciphertext, or a name: where the name leads is seen when the file is read, and not before."""
    config = {"service_account": account, "subject": "ada@example.com"}
    await desk.handle(desk.arriving(PUBLISHED | {"connection_config": config}))
    assert desk.job().config == config


async def test_messages_of_an_unreadable_state_are_set_aside(desk: Desk) -> None:
    """What a newer worker wrote is not written over: the message waits in the dead letters for that worker."""
    newer = InboundMessage(desk.names.state, _shard_of(CONN), 0, f"{CONN}/job".encode(), b'{"part":"job","v":99}')
    desk.store.restore(newer)
    work = only(await desk.handle(desk.arriving(PUBLISHED)))
    assert headers_of(sent(work))["dlq.reason"] == b"unreadable_state"
    assert b"newer worker" in str(headers_of(sent(work))["dlq.detail"]).encode()
    assert desk.store.get(CONN) is None
    assert await desk.read(desk.names.state) == []


async def test_no_credential_leaves_with_an_error(desk: Desk) -> None:
    """A dead letter keeps its bytes; neither its headers nor the error record repeat a value of them."""
    secret = "1//0very-secret"
    bad = PUBLISHED | {"connection_config": {"refresh_token": [secret]}, "trigger_type": secret}
    work = only(await desk.handle(desk.arriving(bad)))
    (error,) = desk.errors([work])
    assert secret not in f"{error}"
    assert all(secret.encode() not in (value or b"") for _, value in sent(work).headers if not isinstance(value, str))


# Refused.


async def test_without_partitions_nothing_is_handled(desk: Desk) -> None:
    """What arrives after the partitions are gone fails, and is left to their next owner."""
    await desk.committer.shut(1.0)
    with pytest.raises(OutletClosedError):
        await desk.intake.handle(desk.arriving(PUBLISHED))
    assert desk.calls.woken == []
