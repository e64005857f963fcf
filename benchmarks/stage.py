"""What a benchmark is given.

In: the command line's wishes. Out: a terminal, a directory for the run, and Apache Kafka where one is needed.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cluster import Cluster
from benchmarks.figures import Figure
from benchmarks.screen import Screen
from clustera_toolkit.testing.apache_kafka import ApacheKafka
from clustera_toolkit.testing.kafka_jars import cache_directory, check_java, kafka_jars


@dataclass(frozen=True, slots=True)
class Stage:
    """`files` and `runs` are None where the command line leaves them to the benchmark."""

    screen: Screen
    directory: Path
    files: int | None = None
    runs: int | None = None


Benchmark = Callable[[Stage], Sequence[Figure]]
"""Raises `BenchmarkError` when a run fails."""


def find_jars(screen: Screen) -> Path:
    """Find or fetch Apache Kafka; raises `ToolsMissingError` without Java and Maven, `JarsError`."""
    check_java()
    return kafka_jars(cache_directory(os.environ, Path.cwd()), screen.say)


@contextlib.contextmanager
def kafka(stage: Stage) -> Iterator[Cluster]:
    """A new Apache Kafka; raises `BrokerStartError` and what `find_jars` raises."""
    stage.screen.say("starting Apache Kafka")
    with ApacheKafka(find_jars(stage.screen), java=check_java()) as broker:
        yield Cluster(broker)
