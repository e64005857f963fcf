"""The worker as it is deployed: its process, Apache Kafka, an emulated Drive in a process of its own.

In: how many files, which settings. Out: workers that can be started, killed, stopped and continued, and everything
that a `read_committed` consumer was shown.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, IsolationLevel, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec
from cryptography.fernet import Fernet
from tests.support.emulator.watched import Watch

from clustera_toolkit.kafka import Position, TopicSpec, partition_of
from clustera_toolkit.testing.apache_kafka import ApacheKafka

SHARDS = 12
WAIT_SECONDS = 60.0
ROLES = ("trigger", "webhook", "records", "errors", "state", "events")
Json = dict[str, Any]


class Emulator:
    """An emulated Drive in its own process."""

    def __init__(self, files: int, seed: int, directory: Path) -> None:
        self._watch = Watch(directory / "violations")
        command = [*self._watch.command, "serve", "--port", "0", "--files", str(files), "--seed", str(seed)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=self._watch.environment)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().split()[-1]

    def control(self, method: str, path: str, body: object = None) -> Json:
        """Ask the control API."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/__emulator__/{path}", data, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            found: Json = json.loads(answer.read() or b"{}")
        return found

    def latency(self, milliseconds: int) -> None:
        """Answer later."""
        self.control("PUT", "latency", {"milliseconds": milliseconds})

    def ids(self) -> set[str]:
        """Ids of all items but the root folder."""
        found: set[str] = set()
        items = self.control("GET", "world/items?limit=1000")["items"]
        while items:
            found |= {item["id"] for item in items}
            items = self.control("GET", f"world/items?limit=1000&after={items[-1]['id']}")["items"]
        return found - {self.control("GET", "world")["root_id"]}

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._watch.check()


class Reader:
    """A `read_committed` consumer in a thread, reading everything from the start, once.

    Of no group: one that is taken up again after an outage would begin anew where nothing was committed.
    """

    def __init__(self, bootstrap_servers: str, topics: Mapping[str, str]) -> None:
        self._names = {topic: role for role, topic in topics.items()}
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap_servers,
                "group.id": f"reader-{topics['records']}",
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 20,
                "log_level": 2,  # a broker that a test kills is no news
            }
        )
        self._changed = threading.Condition()
        self.records: list[Json] = []
        self.others: dict[str, list[Json]] = {"errors": [], "events": []}
        self.dead: list[tuple[bytes | None, dict[str, bytes]]] = []
        self._stop = False
        wanted = [topics["records"], topics["errors"], topics["events"], f"{topics['trigger']}.dlq"]
        self._consumer.assign([place for topic in wanted for place in _starts(self._consumer, topic)])
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def files(self) -> list[Json]:
        """Records of files and folders."""
        return [record for record in self.records if record["resource_type"] in {"file", "folder"}]

    def events(self, name: str) -> list[Json]:
        """Sync events of a name."""
        return [event for event in list(self.others["events"]) if event["event"] == name]

    def completed(self) -> set[str]:
        """Connections whose snapshot is complete."""
        return {event["integration_connection_id"] for event in self.events("snapshot_completed")}

    def wait(self, condition: Callable[[], bool], what: str, seconds: float = WAIT_SECONDS) -> None:
        """Wait for something to be read."""
        with self._changed:
            met = self._changed.wait_for(condition, seconds)
        newest = self.others["events"][-5:] + self.others["errors"][-1:]
        assert met, f"did not happen within {seconds:.0f} s: {what}; {len(self.records)} records, last told: {newest}"

    def reaches(self, number: int, seconds: float) -> bool:
        """Wait until so many records were read, but not for long."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.records) >= number, seconds)

    def close(self) -> None:
        """End the thread."""
        self._stop = True
        self._thread.join(10)
        self._consumer.close()

    def _read(self) -> None:
        while not self._stop:
            messages = self._consumer.consume(1000, 0.1)
            with self._changed:
                for message in messages:
                    if message.error() is None:
                        self._take(self._names.get(message.topic() or "", "dead"), message)
                self._changed.notify_all()

    def _take(self, role: str, message: Any) -> None:
        if role == "records":
            self.records.append(json.loads(message.value()))
        elif role == "dead":
            self.dead.append((message.value(), dict(message.headers() or [])))
        else:
            self.others[role].append(json.loads(message.value()))


@dataclass
class Stack:
    """One test's topics on the shared broker, its emulator, its workers."""

    broker: ApacheKafka
    emulator: Emulator
    directory: Path
    settings: dict[str, str] = field(default_factory=dict)
    topics: dict[str, str] = field(default_factory=dict)
    workers: list["Process"] = field(default_factory=list)
    key: bytes = field(default_factory=Fernet.generate_key)

    def create_topics(self, unique: Callable[[str], str], *, trigger_partitions: int = SHARDS) -> None:
        """Make topics that only this test knows; few partitions, so that assignments are quick."""
        self.topics = {role: unique(role) for role in ROLES}
        compacted = TopicSpec(SHARDS, {"cleanup.policy": "compact"})
        specs = {self.topics[role]: TopicSpec(4) for role in ("records", "errors", "events")}
        specs[self.topics["state"]] = compacted
        for role in ("trigger", "webhook"):
            specs[self.topics[role]] = TopicSpec(trigger_partitions if role == "trigger" else SHARDS)
            specs[f"{self.topics[role]}.dlq"] = TopicSpec(1)
        self.broker.create_topics(specs)

    def environment(self, replica: str) -> dict[str, str]:
        """What a worker process is told."""
        names = {f"KAFKA_TOPIC_{role.upper()}": topic for role, topic in self.topics.items()}
        return {
            **os.environ,
            **names,
            "KAFKA_BOOTSTRAP_SERVERS": self.broker.bootstrap_servers,
            "KAFKA_CONSUMER_GROUP_ID": f"group-{self.topics['trigger']}",
            "KAFKA_AUTO_OFFSET_RESET": "earliest",
            "KAFKA_SESSION_TIMEOUT_MS": "2000",
            "WORKER_TRANSACTION_TIMEOUT_MS": "4000",
            "WORKER_REPLICA_ID": replica,
            "WORKER_HTTP_HOST": "127.0.0.1",
            "WORKER_HTTP_PORT": "0",
            "GDRIVE_API_BASE_URL": f"{self.emulator.url}/drive/v3",
            "GOOGLE_TOKEN_URI": f"{self.emulator.url}/token",
            "GOOGLE_CLIENT_ID": "client",
            "GOOGLE_CLIENT_SECRET": "made-up",
            "CREDENTIALS_ENCRYPTION_KEYS": self.key.decode(),
            "OBJECT_STORE_URL": (self.directory / "objects").as_uri(),
            **self.settings,
        }

    def start(self, replica: str, *program: str, **settings: str) -> "Process":
        """Start a worker; `program` replaces the ordinary one."""
        log = self.directory / f"{replica}-{len(self.workers)}.log"
        command = [sys.executable, *(program or ("-m", "google_drive_worker"))]
        process = Process(command, {**self.environment(replica), **settings}, log)
        self.workers.append(process)
        return process

    def trigger(self, connection: str, kind: str = "incremental", *, partition: int | None = None, **more: Any) -> None:
        """Send a trigger as the control plane does."""
        self.send(connection, self.trigger_bytes(connection, kind, **more), partition=partition)

    def trigger_bytes(self, connection: str, kind: str = "incremental", **more: Any) -> bytes:
        """The published trigger: an id, a type, a refresh token, a page size."""
        token = Fernet(self.key).encrypt(b"a refresh token").decode()
        config = {"refresh_token": token, **more}
        body = {"integration_connection_id": connection, "trigger_type": kind, "connection_config": config}
        return json.dumps(body).encode()

    def send(
        self,
        connection: str,
        value: bytes,
        *,
        partition: int | None = None,
        partitioner: str = "murmur2",
        topic: str = "",
    ) -> None:
        """Send any bytes, to the trigger topic unless another one is named."""
        client = {"bootstrap.servers": self.broker.bootstrap_servers, "message.max.bytes": 2_000_000}
        producer = Producer({**client, "partitioner": partitioner})
        producer.produce(
            topic or self.topics["trigger"], value, connection.encode(), -1 if partition is None else partition
        )
        assert producer.flush(10) == 0

    def reader(self) -> Reader:
        """Read all that is committed."""
        return Reader(self.broker.bootstrap_servers, self.topics)

    def states(self) -> dict[str, Json]:
        """The committed sync state by key, the newest value of each; tombstones removed."""
        states: dict[str, Json] = {}
        for message in self.messages(self.topics["state"], "read_committed"):
            key, value = (message.key() or b"").decode(), message.value()
            if value is None:
                states.pop(key, None)
            else:
                states[key] = json.loads(value)
        return states

    def in_flight(self) -> list[str]:
        """Partitions whose end a `read_committed` reader cannot reach: an open transaction."""
        admin = AdminClient({"bootstrap.servers": self.broker.bootstrap_servers})
        places = [
            TopicPartition(topic, partition)
            for topic in self.topics.values()
            for partition in range(len(admin.list_topics(topic, timeout=10).topics[topic].partitions))
        ]
        ends = [self._ends(admin, places, level) for level in IsolationLevel]
        return [f"{place.topic}[{place.partition}]" for place in ends[0] if ends[0][place] != ends[1][place]]

    @staticmethod
    def _ends(admin: AdminClient, places: list[TopicPartition], level: IsolationLevel) -> dict[Position, int]:
        asked = {place: OffsetSpec.latest() for place in places}  # type: ignore[no-untyped-call] # unannotated there
        answers = admin.list_offsets(asked, isolation_level=level)
        return {Position(place.topic, place.partition): answer.result(10).offset for place, answer in answers.items()}

    def messages(self, topic: str, isolation: str = "read_uncommitted") -> Iterator[Message]:
        """Every message of a topic up to its end, of one partition in order."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.broker.bootstrap_servers,
                "group.id": "looking-on",
                "isolation.level": isolation,
                "enable.partition.eof": True,
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 20,
            }
        )
        starts = _starts(consumer, topic)
        consumer.assign(starts)
        waiting, deadline = len(starts), time.monotonic() + WAIT_SECONDS
        while waiting and time.monotonic() < deadline:
            message = consumer.poll(1.0)
            if message is None:
                continue
            if message.error() is not None:
                waiting -= 1
                continue
            yield message
        consumer.close()
        assert not waiting, f"{topic} was not read to its end"

    def close(self) -> None:
        """End what still runs."""
        for worker in self.workers:
            worker.kill()
        self.emulator.stop()


def _starts(consumer: Consumer, topic: str) -> list[TopicPartition]:
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    return [TopicPartition(topic, partition, 0) for partition in partitions]


class Process:
    """A worker process and its log."""

    def __init__(self, command: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as sink:
            self.process = subprocess.Popen(command, env=dict(environment), stderr=sink, stdout=sink)

    @property
    def url(self) -> str:
        """Where its health and metrics are, once it has said so."""
        found = re.search(r"health and metrics on port (\d+)", self.log.read_text(errors="replace"))
        assert found is not None, self.tail()
        return f"http://127.0.0.1:{found[1]}"

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """Kill at once; a stopped process too."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)

    def stop(self, seconds: float = 30.0) -> int:
        """End in order."""
        self.process.terminate()
        return self.process.wait(seconds)

    def said(self, pattern: str) -> bool:
        """Whether the log has a line like it."""
        return re.search(pattern, self.log.read_text(errors="replace")) is not None

    def wait_said(self, pattern: str, seconds: float = WAIT_SECONDS) -> None:
        """Wait for a line in the log."""
        self.wait_for(lambda: self.said(pattern), f"the log says {pattern!r}", seconds)

    def wait_stopped(self, seconds: float = WAIT_SECONDS) -> None:
        """Wait until it has stopped by SIGSTOP."""
        self.wait_for(self._is_stopped, "it has stopped", seconds)

    def _is_stopped(self) -> bool:
        return os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None

    def wait_dead(self, seconds: float = WAIT_SECONDS) -> None:
        """Wait for its end."""
        self.process.wait(seconds)

    def wait_for(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        """Wait while it runs."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}\n{self.tail()}"
            assert self.process.poll() is None, f"the worker ended ({self.process.returncode})\n{self.tail()}"
            time.sleep(0.02)

    def tail(self) -> str:
        """The end of the log."""
        return self.log.read_text(errors="replace")[-3000:]


@contextmanager
def running_stack(
    broker: ApacheKafka,
    directory: Path,
    unique: Callable[[str], str],
    *,
    files: int,
    seed: int,
    trigger_partitions: int = SHARDS,
) -> Iterator[Stack]:
    """A stack, ended for certain."""
    stack = Stack(broker, Emulator(files, seed, directory), directory)
    try:
        stack.create_topics(unique, trigger_partitions=trigger_partitions)
        yield stack
    finally:
        stack.close()


def connection_of_shard(shard: int, partitions: int = SHARDS) -> str:
    """A connection id that belongs to a shard."""
    return next(name for n in range(10_000) if partition_of((name := f"conn_{n}").encode(), partitions) == shard)
