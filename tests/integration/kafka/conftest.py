"""A stack of its own for each test: topics on the shared broker, an emulated drive, and what is committed there."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.kafka.stack import Reader, Stack, running_stack

from clustera_toolkit.testing.apache_kafka import ApacheKafka


@pytest.fixture
def stack(
    request: pytest.FixtureRequest, apache_kafka: ApacheKafka, tmp_path: Path, topic_names: Callable[[str], str]
) -> Iterator[Stack]:
    """A stack with a drive of as many items as the test's module says in `FILES`."""
    with running_stack(apache_kafka, tmp_path, topic_names, files=request.module.FILES, seed=6) as running:
        yield running


@pytest.fixture
def reader(stack: Stack) -> Iterator[Reader]:
    """Everything that is committed."""
    reading = stack.reader()
    yield reading
    reading.close()
