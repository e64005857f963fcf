"""What every broker of the toolkit promises a test, and what Apache Kafka alone promises."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType

from clustera_toolkit.kafka import TopicSpec
from clustera_toolkit.testing.apache_kafka import ApacheKafka, BrokerStartError, main
from clustera_toolkit.testing.brokers import Broker, unique_name
from clustera_toolkit.testing.ports import free_port, is_free

DEADLINE_SECONDS = 30.0


def produce(broker: Broker, topic: str, values: list[bytes]) -> None:
    """Write values to partition 0, acknowledged."""
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers})
    for value in values:
        producer.produce(topic, value, partition=0)
    assert producer.flush(DEADLINE_SECONDS) == 0
    producer.close()


def transactional_producer(broker: Broker) -> Producer:
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "transactional.id": unique_name("tx")})
    producer.init_transactions(DEADLINE_SECONDS)
    return producer


@contextmanager
def reader(broker: Broker, topic: str, isolation: str = "read_committed") -> Iterator[Consumer]:
    """Provide a consumer at the start of partition 0 that reports the partition's end."""
    consumer = Consumer(
        {
            "bootstrap.servers": broker.bootstrap_servers,
            "group.id": unique_name("group"),
            "isolation.level": isolation,
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    try:
        yield consumer
    finally:
        consumer.close()


def read_to_end(broker: Broker, topic: str, isolation: str = "read_committed") -> list[bytes | None]:
    with reader(broker, topic, isolation) as consumer:
        return list(values_until_end(consumer))


def values_until_end(consumer: Consumer) -> Iterator[bytes | None]:
    while True:
        message = polled(consumer)
        error = message.error()
        if error is None:
            yield message.value()
        elif error.code() == KafkaError._PARTITION_EOF:
            return
        else:
            raise KafkaException(error)


def polled(consumer: Consumer) -> Message:
    message = consumer.poll(DEADLINE_SECONDS)
    assert message is not None, "the broker sent nothing"
    return message


def test_what_is_produced_is_consumed_in_order(any_broker: Broker, topic_names: Callable[[str], str]) -> None:
    """A reader of a partition gets every acknowledged record, in the order of production."""
    topic = topic_names("roundtrip")
    any_broker.create_topics({topic: TopicSpec(partitions=2)})
    values = [str(number).encode() for number in range(100)]
    produce(any_broker, topic, values)
    assert read_to_end(any_broker, topic) == values


def test_a_committed_transaction_is_read_committed(any_broker: Broker, topic_names: Callable[[str], str]) -> None:
    """Records of a committed transaction reach a `read_committed` reader."""
    topic = topic_names("committed")
    any_broker.create_topics({topic: TopicSpec(1)})
    producer = transactional_producer(any_broker)
    producer.begin_transaction()
    producer.produce(topic, b"kept", partition=0)
    producer.commit_transaction(DEADLINE_SECONDS)
    producer.close()
    assert read_to_end(any_broker, topic) == [b"kept"]


def test_a_group_resumes_at_its_committed_offset(any_broker: Broker, topic_names: Callable[[str], str]) -> None:
    """A second member of a group starts where the first one committed."""
    topic = topic_names("offsets")
    any_broker.create_topics({topic: TopicSpec(1)})
    with reader(any_broker, topic) as consumer:
        committed = [TopicPartition(topic, 0, 7)]
        consumer.commit(offsets=committed, asynchronous=False)
        assert [p.offset for p in consumer.committed(committed, timeout=DEADLINE_SECONDS)] == [7]


def test_names_are_unique(topic_names: Callable[[str], str]) -> None:
    """Two topics of one prefix never share a name."""
    assert len({topic_names("records") for _ in range(100)}) == 100


def test_an_aborted_transaction_is_invisible(apache_kafka: ApacheKafka, topic_names: Callable[[str], str]) -> None:
    """Records of an aborted transaction reach `read_uncommitted` readers only."""
    topic = topic_names("aborted")
    apache_kafka.create_topics({topic: TopicSpec(1)})
    producer = transactional_producer(apache_kafka)
    producer.begin_transaction()
    producer.produce(topic, b"dropped", partition=0)
    assert producer.flush(DEADLINE_SECONDS) == 0
    producer.abort_transaction(DEADLINE_SECONDS)
    producer.begin_transaction()
    producer.produce(topic, b"kept", partition=0)
    producer.commit_transaction(DEADLINE_SECONDS)
    producer.close()
    assert read_to_end(apache_kafka, topic) == [b"kept"]
    assert read_to_end(apache_kafka, topic, "read_uncommitted") == [b"dropped", b"kept"]


def test_topics_are_made_as_specified(apache_kafka: ApacheKafka, topic_names: Callable[[str], str]) -> None:
    """A topic has the partitions and settings that its specification names."""
    topic = topic_names("state")
    apache_kafka.create_topics({topic: TopicSpec(partitions=48, config={"cleanup.policy": "compact"})})
    admin = AdminClient({"bootstrap.servers": apache_kafka.bootstrap_servers})
    assert len(admin.list_topics(topic, timeout=DEADLINE_SECONDS).topics[topic].partitions) == 48
    resource = ConfigResource(ResourceType.TOPIC, topic)
    settings = admin.describe_configs([resource])[resource].result(timeout=DEADLINE_SECONDS)
    assert settings["cleanup.policy"].value == "compact"


def test_a_refused_topic_is_an_error(apache_kafka: ApacheKafka, topic_names: Callable[[str], str]) -> None:
    """A topic that the broker refuses raises what the broker said."""
    with pytest.raises(KafkaException, match=r"no\.such\.setting"):
        apache_kafka.create_topics({topic_names("bad"): TopicSpec(1, {"no.such.setting": "1"})})


def test_acknowledged_records_survive_a_kill(apache_kafka: ApacheKafka, topic_names: Callable[[str], str]) -> None:
    """A broker killed with SIGKILL comes back at the same address with what it acknowledged."""
    topic = topic_names("durable")
    apache_kafka.create_topics({topic: TopicSpec(1)})
    produce(apache_kafka, topic, [b"written"])
    address = apache_kafka.bootstrap_servers
    apache_kafka.kill()
    apache_kafka.restart()
    assert apache_kafka.bootstrap_servers == address
    assert read_to_end(apache_kafka, topic) == [b"written"]


@pytest.mark.usefixtures("apache_kafka")  # skips where it cannot run, and has the jars fetched
def test_the_broker_ends_with_its_owner(tmp_path: Path) -> None:
    """An owner that gets SIGKILL leaves neither a broker nor its data behind."""
    port = free_port()
    command = [sys.executable, "-m", "clustera_toolkit.testing.apache_kafka", "--port", str(port)]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as owner:
        assert owner.stdout is not None
        assert f"127.0.0.1:{port}" in owner.stdout.readline()
        assert not is_free(port)
        assert list(tmp_path.iterdir()) != []
        owner.send_signal(signal.SIGKILL)
    eventually(lambda: is_free(port))
    eventually(lambda: list(tmp_path.iterdir()) == [])


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "still not so"
        time.sleep(0.05)


def test_a_port_in_use_is_named(apache_kafka: ApacheKafka, capsys: pytest.CaptureFixture[str]) -> None:
    """Asked for a port that somebody has, the command says so in one line and exits 1."""
    port = apache_kafka.bootstrap_servers.partition(":")[2]
    assert main(["--port", port]) == 1
    assert capsys.readouterr().err == f"port {port} of 127.0.0.1 is in use or not allowed: choose another one\n"


@pytest.mark.usefixtures("apache_kafka")  # skips where there is no Java
def test_a_broker_that_does_not_come_up_shows_its_log(tmp_path: Path) -> None:
    """The error of a failed start ends with what the program wrote, and nothing is left running."""
    broken = ApacheKafka(tmp_path)  # a directory without jars
    with pytest.raises(BrokerStartError, match=r"format failed:[\s\S]*ClassNotFoundException"):
        broken.start()
    with pytest.raises(RuntimeError, match="not been started"):
        _ = broken.log


@pytest.mark.parametrize("port", ["0", "65536", "-1", "kafka"])
def test_a_bad_port_is_a_usage_error(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A port that is none is refused before anything starts."""
    with pytest.raises(SystemExit):
        main([f"--port={port}"])
    assert "is not a port" in capsys.readouterr().err
