"""How Kafka is connected to: the same names in every program."""

import pytest
from tests.support.control_plane.context import make_settings

from clustera_toolkit.kafka_settings import KafkaConnectionSettings
from drive_control_plane.config import ControlPlaneSettings
from google_drive_worker.config import WorkerSettings

ENVIRONMENT = {
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "KAFKA_SASL_MECHANISM": "PLAIN",
    "KAFKA_SASL_USERNAME": "ada",
    "KAFKA_SASL_PASSWORD": "secret-of-ada",
    "KAFKA_SSL_CA_LOCATION": "/etc/ca.pem",
}
CONNECTION = {
    "security.protocol": "SASL_SSL",
    "sasl.mechanisms": "PLAIN",
    "sasl.username": "ada",
    "sasl.password": "secret-of-ada",
    "ssl.ca.location": "/etc/ca.pem",
}


@pytest.fixture
def _secured(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a cluster that wants TLS and a password."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("_secured")
def test_the_worker_and_the_control_plane_read_one_environment() -> None:
    """Both connect by the same variables, and neither shows the password."""
    worker, control_plane = WorkerSettings(kafka_bootstrap_servers="kafka:9093"), make_settings()
    assert worker.kafka_connection == control_plane.kafka_connection == CONNECTION
    assert "secret-of-ada" not in f"{worker!r} {control_plane!r}"


@pytest.mark.usefixtures("_secured")
def test_further_settings_of_the_control_plane_go_before_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """What only librdkafka has a name for can be said, too, and what was said there before still counts."""
    monkeypatch.setenv(
        "KAFKA_CLIENT_CONFIG", '{"sasl.mechanisms": "SCRAM-SHA-512", "ssl.key.location": "/etc/key.pem"}'
    )
    further = {"sasl.mechanisms": "SCRAM-SHA-512", "ssl.key.location": "/etc/key.pem"}
    assert make_settings().kafka_connection == CONNECTION | further


@pytest.mark.parametrize("settings_class", [WorkerSettings, ControlPlaneSettings])
def test_no_program_has_words_of_its_own(settings_class: type[KafkaConnectionSettings]) -> None:
    """Neither repeats what is shared."""
    own = set(settings_class.model_fields) & set(KafkaConnectionSettings.model_fields)
    assert own == set(KafkaConnectionSettings.model_fields)
    assert not own & set(vars(settings_class).get("__annotations__", {}))
