"""Kafka brokers as pytest fixtures.

In: a test that asks for `apache_kafka`, `embedded_broker`, `any_broker` or `topic_names`. Out: a broker
shared by the session, and topic names of the test's own.

Without Java 17 or Maven, tests on Apache Kafka are skipped with a line that says how to get them.
`REQUIRE_SERVICES=1` makes that a failure, so that a build machine cannot pass by skipping.
"""

import os
from collections.abc import Callable, Iterator

import pytest

from clustera_toolkit.kafka.embedded import EmbeddedBroker
from clustera_toolkit.testing.apache_kafka import ApacheKafka
from clustera_toolkit.testing.brokers import Broker, unique_name
from clustera_toolkit.testing.kafka_jars import ToolsMissingError, cache_directory, check_java, kafka_jars

__all__ = ["any_broker", "apache_kafka", "embedded_broker", "topic_names"]

_MARKER = "apache_kafka"


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, for projects that check markers strictly."""
    config.addinivalue_line("markers", f"{_MARKER}: needs Apache Kafka (Java 17 and Maven); starts one itself")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for Apache Kafka, so that `-m 'not apache_kafka'` leaves out all of it."""
    for item in items:
        if _MARKER in getattr(item, "fixturenames", ()):
            item.add_marker(_MARKER)


@pytest.fixture(scope="session")
def apache_kafka(request: pytest.FixtureRequest) -> Iterator[ApacheKafka]:
    """Apache Kafka, one node for the session; skips where it cannot run."""
    try:
        java = check_java()
        jars = kafka_jars(cache_directory(os.environ, request.config.rootpath), _announcer(request.config))
    except ToolsMissingError as missing:
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail(f"REQUIRE_SERVICES=1, but {missing}", pytrace=False)
        pytest.skip(str(missing))
    with ApacheKafka(jars, java=java) as broker:
        yield broker


@pytest.fixture(scope="session")
def embedded_broker() -> Iterator[EmbeddedBroker]:
    """Provide the embedded broker, one for the session."""
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture(
    scope="session",
    params=["embedded_broker", pytest.param("apache_kafka", marks=pytest.mark.apache_kafka)],
)
def any_broker(request: pytest.FixtureRequest) -> Broker:
    """Each broker in turn: what a contract test asserts must hold on both."""
    broker: Broker = request.getfixturevalue(request.param)
    return broker


@pytest.fixture
def topic_names() -> Callable[[str], str]:
    """Return a function that makes topic names nobody else has: `topic_names("records")`."""
    return unique_name


def _announcer(config: pytest.Config) -> Callable[[str], None]:
    """Say it on the terminal even while pytest captures output: a silent first minute looks like a hang."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    return terminal.write_line if terminal is not None else lambda _text: None
