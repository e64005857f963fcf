"""One node of Apache Kafka, as a test or a person at a terminal wants it.

In: Java 17 and Apache Kafka's jars (kafka_jars.py). Out: a broker on 127.0.0.1 with its own data
directory, which ends with the process that started it. `python -m clustera_toolkit.testing.apache_kafka
--port 9092` runs one in the foreground.
"""

import argparse
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from clustera_toolkit.kafka import TopicSpec
from clustera_toolkit.testing.kafka_jars import (
    JarsError,
    ToolsMissingError,
    cache_directory,
    check_java,
    kafka_jars,
)
from clustera_toolkit.testing.node_settings import LOG4J_PROPERTIES, server_properties
from clustera_toolkit.testing.ports import free_port, is_free
from clustera_toolkit.testing.supervise import Supervised

__all__ = ["ApacheKafka", "BrokerStartError", "main"]

_HOST = "127.0.0.1"
_ADMIN_SECONDS = 15.0
_START_SECONDS = 60.0
_PROBE_SECONDS = 0.05
_START_ATTEMPTS = 3
_LOG_LINES = 40

# The JIT would compile much start-up code that never runs again: C1 alone starts quickest.
_JVM = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")


class BrokerStartError(Exception):
    """Apache Kafka did not come up; the text ends with the last lines of its log."""


class _AddressInUseError(BrokerStartError):
    """Somebody took the port between its choice and its use."""


class ApacheKafka:
    """A single Apache Kafka node in KRaft mode.

    `port` None takes a free one. `jars` is what `kafka_jars` returns. The data directory is new for each
    object and is removed by `stop()`, or by the supervisor when this process dies.
    """

    name = "apache-kafka"
    transactional = True

    def __init__(self, jars: Path, *, java: str = "java", port: int | None = None) -> None:
        self._jars = jars
        self._java = java
        self._wanted_port = port
        self._port = 0
        self._controller_port = 0
        self._directory: Path | None = None
        self._broker: Supervised | None = None

    @property
    def bootstrap_servers(self) -> str:
        """Where clients connect, from `start()` on."""
        return f"{_HOST}:{self._port}"

    @property
    def log(self) -> Path:
        """The broker's own log file, which goes with `stop()`."""
        return self._home / "server.log"

    def start(self, timeout_seconds: float = _START_SECONDS) -> None:
        """Start on an empty data directory; returns when metadata is served. Raises `BrokerStartError`."""
        for _ in range(_START_ATTEMPTS):
            self._choose_ports()
            try:
                self._lay_out()
                self._run(timeout_seconds)
            except _AddressInUseError:
                self.stop()
            except BaseException:
                self.stop()
                raise
            else:
                return
        raise BrokerStartError(f"other processes took the ports of Apache Kafka {_START_ATTEMPTS} times: try again")

    def kill(self) -> None:
        """Kill the broker with SIGKILL; its data stays for `restart()`."""
        if self._broker is not None:
            self._broker.kill()
            self._broker = None

    def restart(self, timeout_seconds: float = _START_SECONDS) -> None:
        """Start again on the same port and data; a running broker is killed first, as in a crash."""
        self.kill()
        self._run(timeout_seconds)

    def wait(self) -> None:
        """Return never, but raise `BrokerStartError` should the broker end by itself."""
        while self._broker is not None and self._broker.running:
            time.sleep(0.2)
        raise _start_error("Apache Kafka ended", self.log)

    def stop(self) -> None:
        """Kill the broker and remove its data."""
        if self._broker is not None:
            self._broker.release()
            self._broker = None
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None

    def create_topics(self, topics: Mapping[str, TopicSpec], /) -> None:
        """Make these topics; raises `KafkaException` when the broker refuses one."""
        admin = self._admin()
        wanted = [
            NewTopic(name, num_partitions=spec.partitions, replication_factor=1, config=dict(spec.config))
            for name, spec in topics.items()
        ]
        for made in admin.create_topics(wanted, request_timeout=_ADMIN_SECONDS).values():
            made.result(timeout=_ADMIN_SECONDS)
        # The controller answers before the broker's own metadata has the topic.
        self._until(lambda: topics.keys() <= admin.list_topics(timeout=_ADMIN_SECONDS).topics.keys(), _ADMIN_SECONDS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _home(self) -> Path:
        if self._directory is None:
            raise RuntimeError("Apache Kafka has not been started")
        return self._directory

    def _choose_ports(self) -> None:
        if self._wanted_port is not None and not is_free(self._wanted_port, _HOST):
            raise BrokerStartError(f"port {self._wanted_port} of {_HOST} is in use or not allowed: choose another one")
        self._port = self._wanted_port or free_port(_HOST)
        self._controller_port = free_port(_HOST)

    def _lay_out(self) -> None:
        """Write the settings into a new directory and format its data."""
        self._directory = Path(tempfile.mkdtemp(prefix="apache-kafka-"))
        (self._home / "log4j2.properties").write_text(LOG4J_PROPERTIES)
        settings = server_properties(
            self._home / "data", host=_HOST, port=self._port, controller_port=self._controller_port
        )
        (self._home / "server.properties").write_text(settings)
        self._format()

    def _format(self) -> None:
        cluster = f"k{secrets.token_urlsafe(16)[1:]}"  # never a leading dash, which would read as a flag
        arguments = ["format", "-t", cluster, "-c", self._settings_file, "--standalone"]
        format_step = self._java_process("128m", "kafka.tools.StorageTool", arguments)
        try:
            if format_step.wait(_START_SECONDS) != 0:
                raise BrokerStartError(f"the storage format failed:\n{_tail(self.log)}")
        except subprocess.TimeoutExpired as error:
            raise BrokerStartError(f"the storage format did not end:\n{_tail(self.log)}") from error
        finally:
            format_step.kill()

    def _run(self, timeout_seconds: float) -> None:
        self._broker = self._java_process("512m", "kafka.Kafka", [self._settings_file])
        self._until(self._answers, timeout_seconds)

    def _java_process(self, heap: str, program: str, arguments: Sequence[str]) -> Supervised:
        logging = f"-Dlog4j2.configurationFile={self._home / 'log4j2.properties'}"
        java = [self._java, f"-Xmx{heap}", *_JVM, logging, "-cp", str(self._jars / "*")]
        return Supervised([*java, program, *arguments], log=self.log, remove=self._home)

    @property
    def _settings_file(self) -> str:
        return str(self._home / "server.properties")

    def _answers(self) -> bool:
        """Whether the node serves metadata that names a broker."""
        try:
            # librdkafka would log each refused connection: knock first.
            socket.create_connection((_HOST, self._port), timeout=1.0).close()
            return bool(self._admin().list_topics(timeout=2.0).brokers)
        except (OSError, KafkaException):
            return False

    def _until(self, condition: Callable[[], bool], timeout_seconds: float) -> None:
        deadline = time.monotonic() + timeout_seconds
        while not condition():
            if self._broker is None or not self._broker.running:
                raise _start_error("Apache Kafka ended", self.log)
            if time.monotonic() > deadline:
                raise _start_error(f"Apache Kafka did not answer within {timeout_seconds:.0f} s", self.log)
            time.sleep(_PROBE_SECONDS)

    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 2})


def _start_error(what: str, log: Path) -> BrokerStartError:
    kind = _AddressInUseError if "Address already in use" in log.read_text(errors="replace") else BrokerStartError
    return kind(f"{what}; the end of its log:\n{_tail(log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_LINES:])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a node in the foreground until Ctrl-C; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m clustera_toolkit.testing.apache_kafka",
        description="Run one Apache Kafka node, with an empty data directory, until Ctrl-C.",
    )
    parser.add_argument("--port", type=_port, default=9092, help="where clients connect (default: 9092)")
    port = parser.parse_args(arguments).port
    try:
        jars = kafka_jars(cache_directory(os.environ, Path.cwd()), _say)
        with ApacheKafka(jars, java=check_java(), port=port) as broker:
            sys.stdout.write(f"bootstrap servers: {broker.bootstrap_servers} (Ctrl-C stops it and removes its data)\n")
            sys.stdout.flush()
            broker.wait()
    except (ToolsMissingError, JarsError, BrokerStartError) as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        return 0
    return 1


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: use a number from 1 to 65535")
    return int(text)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
