"""How a single Apache Kafka node for tests is set up.

In: its ports and data directory. Out: the text of `server.properties` and of log4j's settings.
"""

from pathlib import Path

__all__ = ["LOG4J_PROPERTIES", "server_properties"]

LOG4J_PROPERTIES = """\
rootLogger.level = INFO
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %m (%c)%n
"""

_SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    # One node: every internal topic has one replica, and few partitions to open.
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "8",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "8",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # Tests of rebalances and of zombies should not wait for defaults meant for a fleet.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
    # After a crash the controller refuses the broker until its former session is over (by default 9 s).
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "3000",
    # A misspelt topic is a mistake to be seen.
    "auto.create.topics.enable": "false",
    "log.cleaner.enable": "true",
    "log.cleaner.threads": "1",
    "log.cleaner.dedupe.buffer.size": "8388608",
    "log.cleaner.io.buffer.size": "65536",
}


def server_properties(data: Path, *, host: str, port: int, controller_port: int) -> str:
    """Return the node's settings; it listens on `host` only."""
    broker = f"PLAINTEXT://{host}:{port}"
    places = {
        "log.dirs": str(data),
        "listeners": f"{broker},CONTROLLER://{host}:{controller_port}",
        "advertised.listeners": broker,
        "controller.quorum.bootstrap.servers": f"{host}:{controller_port}",
    }
    return "".join(f"{key}={value}\n" for key, value in (_SETTINGS | places).items())
