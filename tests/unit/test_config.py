"""Settings from the environment: their names, their defaults, and what is said of mistakes."""

import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from clustera_toolkit.settings import SettingsError, load_settings
from google_drive_worker.config import WorkerSettings, dead_letter_topic

SERVERS = {"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092"}
SECRET = "very-secret-value"
DOCUMENTED = {
    "KAFKA_CONSUMER_GROUP_ID": "google-drive-worker",
    "KAFKA_AUTO_OFFSET_RESET": "latest",
    "KAFKA_MAX_POLL_RECORDS": 500,
    "KAFKA_MAX_POLL_INTERVAL_MS": 300_000,
    "KAFKA_SESSION_TIMEOUT_MS": 10_000,
    "KAFKA_FETCH_MIN_BYTES": 1,
    "KAFKA_FETCH_MAX_WAIT_MS": 100,
    "WORKER_INTEGRATION_ID": "google-drive",
    "WORKER_MAX_CONCURRENT_CONNECTIONS": 10,
    "WORKER_S3_PAYLOAD_THRESHOLD_BYTES": 262_144,
    "GDRIVE_API_BASE_URL": "https://www.googleapis.com/drive/v3",
    "GDRIVE_PAGE_SIZE": 1000,
    "GDRIVE_API_RATE_LIMIT": None,
    "GDRIVE_INCLUDE_SHARED_DRIVES": True,
    "S3_BUCKET_NAME": None,
    "S3_REGION": "us-west-2",
    "AWS_ACCESS_KEY_ID": None,
    "AWS_SECRET_ACCESS_KEY": None,
    "LOG_LEVEL": "INFO",
    "KAFKA_TOPIC_TRIGGER": "integrations-inbound-trigger",
    "KAFKA_TOPIC_WEBHOOK": "integrations-inbound-webhook",
    "KAFKA_TOPIC_RECORDS": "integrations-incoming-records",
    "KAFKA_TOPIC_ERRORS": "integrations-errors",
    "KAFKA_TOPIC_STATE": "integrations-sync-state",
    "KAFKA_TOPIC_EVENTS": "integrations-sync-events",
}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of this machine's takes part."""
    for name in WorkerSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def loaded(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> WorkerSettings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return load_settings(WorkerSettings)


def problems(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> str:
    with pytest.raises(SettingsError) as raised:
        loaded(monkeypatch, environment)
    return str(raised.value)


def test_only_the_brokers_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing but the brokers set, every documented variable has its documented default."""
    settings = loaded(monkeypatch, SERVERS)
    assert {name: getattr(settings, name.lower()) for name in DOCUMENTED} == DOCUMENTED


def test_all_mistakes_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One start shows every variable that is missing or wrong, by name, with what to do."""
    wrong = {
        "KAFKA_AUTO_OFFSET_RESET": "middle",
        "WORKER_MAX_CONCURRENT_CONNECTIONS": "0",
        "GDRIVE_PAGE_SIZE": "5000",
        "GDRIVE_API_BASE_URL": "ftp://drive",
        "WORKER_HTTP_PORT": "http",
        "LOG_LEVEL": "loud",
        "KAFKA_TOPIC_STATE": "integrations-errors",
    }
    text = problems(monkeypatch, wrong)
    assert len(text.splitlines()) == len(wrong) + 1
    assert all(name in text for name in ("KAFKA_BOOTSTRAP_SERVERS", *wrong))


@pytest.mark.parametrize(
    "name",
    [
        "GDRIVE_PAGE_SIZE",
        "KAFKA_SECURITY_PROTOCOL",
        "GDRIVE_INCLUDE_SHARED_DRIVES",
        "GDRIVE_API_BASE_URL",
        "GOOGLE_TOKEN_URI",
        "GOOGLE_SERVICE_ACCOUNT_DIRECTORY",
        "LOG_LEVEL",
    ],
)
def test_no_value_is_repeated(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A secret that was put into the wrong variable does not end in a log."""
    text = problems(monkeypatch, SERVERS | {name: SECRET, "AWS_SECRET_ACCESS_KEY": SECRET})
    assert name in text
    assert SECRET not in text


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the text nor the representation of the settings holds a secret."""
    secrets = dict.fromkeys(
        ("KAFKA_SASL_PASSWORD", "GOOGLE_CLIENT_SECRET", "CREDENTIALS_ENCRYPTION_KEYS", "AWS_SECRET_ACCESS_KEY"), SECRET
    )
    settings = loaded(monkeypatch, SERVERS | secrets)
    assert SECRET not in f"{settings} {settings!r}"
    assert settings.kafka_connection["sasl.password"] == SECRET


@pytest.mark.parametrize("name", ["CREDENTIALS_ENCRYPTION_KEYS", "CREDENTIALS_ENCRYPTION_KEY"])
def test_one_key_or_several(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Both spellings of the encryption keys' variable are read."""
    keys = loaded(monkeypatch, SERVERS | {name: SECRET}).credentials_encryption_keys
    assert keys is not None
    assert keys.get_secret_value() == SECRET


def test_a_directory_of_keys_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One that is missing would park every connection that names a key; an empty setting is none."""
    name = "GOOGLE_SERVICE_ACCOUNT_DIRECTORY"
    assert "does not point to a directory" in problems(monkeypatch, SERVERS | {name: str(tmp_path / "missing")})
    assert loaded(monkeypatch, SERVERS | {name: str(tmp_path)}).google_service_account_directory == tmp_path
    assert loaded(monkeypatch, SERVERS | {name: " "}).google_service_account_directory is None


def test_two_topics_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each role needs a topic of its own."""
    text = problems(monkeypatch, SERVERS | {"KAFKA_TOPIC_TRIGGER": "same", "KAFKA_TOPIC_EVENTS": "same"})
    assert text.startswith("KAFKA_TOPIC_EVENTS: value error, names the same topic as KAFKA_TOPIC_TRIGGER")


def test_topics_of_older_deployments_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every topic can be renamed; its dead letter topic follows."""
    old = {
        "KAFKA_TOPIC_TRIGGER": "integration.trigger",
        "KAFKA_TOPIC_WEBHOOK": "webhook.raw",
        "KAFKA_TOPIC_ERRORS": "integration.errors",
    }
    settings = loaded(monkeypatch, SERVERS | old)
    assert set(old.values()) <= set(settings.topics.values())
    assert dead_letter_topic(settings.kafka_topic_trigger) == "integration.trigger.dlq"


def test_a_replica_is_named_by_host_and_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default name is stable over restarts and differs between replicas of one machine."""
    assert loaded(monkeypatch, SERVERS).replica_id == f"{socket.gethostname()}-8080"
    assert loaded(monkeypatch, {"WORKER_HTTP_PORT": "8081"}).replica_id == f"{socket.gethostname()}-8081"
    assert loaded(monkeypatch, {"WORKER_REPLICA_ID": "worker-0"}).replica_id == "worker-0"


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, Path("data/objects").absolute().as_uri()),
        ({"S3_BUCKET_NAME": "payloads"}, "s3://payloads"),
        ({"S3_BUCKET_NAME": "payloads", "OBJECT_STORE_URL": "gs://other/prefix"}, "gs://other/prefix"),
    ],
)
def test_where_large_payloads_go(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str) -> None:
    """The general address wins over the bucket's name; without either a local directory is used."""
    assert loaded(monkeypatch, SERVERS | environment).object_store == url


def test_an_emulators_address_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drive's address may be of plain HTTP and with a slash at its end; calls bring their service path along."""
    settings = loaded(monkeypatch, SERVERS | {"GDRIVE_API_BASE_URL": "http://localhost:9000/drive/v3/"})
    assert settings.drive_root_url == "http://localhost:9000"


def test_clients_are_told_only_what_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without SASL and TLS settings, librdkafka keeps its own defaults for them."""
    assert loaded(monkeypatch, SERVERS).kafka_connection == {"security.protocol": "PLAINTEXT"}
