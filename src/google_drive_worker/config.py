"""Settings of the worker, from the environment.

In: environment variables (docs/configuration.md lists them). Out: `WorkerSettings`, or the part of them that a command
without Kafka needs; whoever loads them is told of all that is missing or wrong at once. Values that are secrets never
show in a representation.
"""

import socket
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import AliasChoices, DirectoryPath, Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from clustera_toolkit.kafka_settings import KafkaConnectionSettings

QuotaModel: TypeAlias = Literal["units", "queries"]

DRIVE_API = "https://www.googleapis.com/drive/v3"
UNITS_PER_MINUTE_USER = 325_000
UNITS_PER_MINUTE_PROJECT = 1_000_000
QUERIES_PER_MINUTE = 12_000
"""What Google gives (facts D), where no setting says otherwise."""


class DriveSettings(BaseSettings):
    """How Drive is reached and how fast it is asked; what the worker and the commands without Kafka share."""

    model_config = SettingsConfigDict(extra="ignore", case_sensitive=False)

    gdrive_api_base_url: str = DRIVE_API
    gdrive_page_size: int = Field(default=1000, ge=1, le=1000)
    gdrive_api_rate_limit: int | None = Field(default=None, ge=100, description="quota units a minute")
    gdrive_include_shared_drives: bool = True
    gdrive_label_ids: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="ids of labels to ask for, comma separated"
    )
    gdrive_scan_parallelism: int = Field(default=16, ge=1, le=64, description="ranges of a corpus listed at once")
    gdrive_settle_seconds: float = Field(default=300.0, ge=0, description="0 switches the settle pass off")
    gdrive_comment_sweep_seconds: float = Field(default=604_800.0, ge=0, description="0 switches the sweep off")
    gdrive_calls_at_once: int = Field(default=8, ge=1, le=64, description="of one connection, for lists below items")
    gdrive_quota_model: QuotaModel = "units"
    gdrive_quota_units_per_minute_user: int | None = Field(default=None, ge=1)
    gdrive_quota_units_per_minute_project: int | None = Field(default=None, ge=1)
    gdrive_quota_units_per_day: int | None = Field(default=None, ge=1, description="of the project")
    redis_url: SecretStr | None = Field(default=None, description="where replicas share the quota")
    redis_key_prefix: str = Field(default="google-drive-worker", pattern=r"^[^{}\s]+$", description="one a project")
    google_token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105 # an address
    google_client_id: str | None = None
    google_client_secret: SecretStr | None = None

    @field_validator("gdrive_api_base_url", "google_token_uri")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("must start with https:// (or http:// for an emulator)")
        return value.rstrip("/")

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must start with redis:// (or rediss:// for TLS, unix:// for a socket)")
        if value is not None:
            _check_port(value.get_secret_value())
        return value

    @field_validator("gdrive_label_ids", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(each.strip() for each in value.split(",") if each.strip()) if isinstance(value, str) else value

    @property
    def drive_root_url(self) -> str:
        """The API's root without the service path, which each call brings along."""
        return self.gdrive_api_base_url.removesuffix("/drive/v3")

    @property
    def quota_per_minute_user(self) -> int:
        """What one user may spend a minute, in the units or queries of the model (facts D)."""
        return self.gdrive_quota_units_per_minute_user or (
            UNITS_PER_MINUTE_USER if self.gdrive_quota_model == "units" else QUERIES_PER_MINUTE
        )

    @property
    def quota_per_minute_project(self) -> int:
        """What the project may spend a minute, in the units or queries of the model (facts D)."""
        return self.gdrive_quota_units_per_minute_project or (
            UNITS_PER_MINUTE_PROJECT if self.gdrive_quota_model == "units" else QUERIES_PER_MINUTE
        )


class WorkerSettings(DriveSettings, KafkaConnectionSettings):
    """All settings; each is the environment variable of the same name in capitals."""

    kafka_bootstrap_servers: str = Field(min_length=1, description="host:port, comma separated")
    kafka_consumer_group_id: str = "google-drive-worker"
    kafka_auto_offset_reset: Literal["latest", "earliest"] = "latest"
    kafka_max_poll_records: int = Field(default=500, ge=1, le=10_000)
    kafka_max_poll_interval_ms: int = Field(default=300_000, ge=10_000)
    kafka_session_timeout_ms: int = Field(default=10_000, ge=1_000, le=1_800_000)
    kafka_fetch_min_bytes: int = Field(default=1, ge=1)
    kafka_fetch_max_wait_ms: int = Field(default=100, ge=0)
    kafka_compression_type: Literal["none", "lz4", "zstd", "snappy", "gzip"] = "lz4"

    kafka_topic_trigger: str = "integrations-inbound-trigger"
    kafka_topic_webhook: str = "integrations-inbound-webhook"
    kafka_topic_records: str = "integrations-incoming-records"
    kafka_topic_errors: str = "integrations-errors"
    kafka_topic_state: str = "integrations-sync-state"
    kafka_topic_events: str = "integrations-sync-events"

    worker_integration_id: str = "google-drive"
    worker_replica_id: str = Field(default="", description="default: host name and health port")
    worker_max_concurrent_connections: int = Field(default=10, ge=1, le=1_000)
    worker_s3_payload_threshold_bytes: int = Field(default=262_144, ge=1_024)
    worker_transaction_bytes: int = Field(default=4 * 1024 * 1024, ge=64 * 1024)
    worker_transaction_linger_ms: int = Field(default=20, ge=0, le=1_000)
    worker_transaction_timeout_ms: int = Field(default=10_000, ge=1_000, le=900_000)
    worker_queue_bytes: int = Field(default=4 * 1024 * 1024, ge=1024 * 1024)
    worker_restore_timeout_seconds: float = Field(default=60.0, gt=0)
    worker_shutdown_timeout_seconds: float = Field(default=25.0, gt=0)
    worker_http_host: str = "0.0.0.0"  # noqa: S104 # probes and scrapers come from outside the container
    worker_http_port: int = Field(default=8080, ge=0, le=65_535, description="0 takes any free port")

    google_api_debug: bool = False
    google_drive_mock_mode: bool = False
    credentials_encryption_keys: SecretStr | None = Field(
        default=None,
        description="Fernet keys, newest first, comma separated",
        validation_alias=AliasChoices("credentials_encryption_keys", "credentials_encryption_key"),
    )
    google_service_account_directory: DirectoryPath | None = Field(
        default=None, description="where the key files are that triggers name"
    )

    control_plane_base_url: str | None = Field(
        default=None, description="a control plane that gives access tokens; triggers then need no credentials"
    )
    control_plane_client_id: str | None = Field(default=None, description="made by `clients create` there")
    control_plane_client_secret: SecretStr | None = None

    object_store_url: str | None = None
    s3_bucket_name: str | None = None
    s3_region: str = "us-west-2"
    s3_endpoint_url: str | None = None
    aws_access_key_id: str | None = None
    aws_secret_access_key: SecretStr | None = None

    log_format: Literal["json", "console"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("google_service_account_directory", mode="before")
    @classmethod
    def _is_no_empty_path(cls, value: object) -> object:
        """An empty path would be the directory that the worker was started in, with whatever lies there."""
        return (value.strip() or None) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _control_plane_knows_it(self) -> Self:
        if self.control_plane_base_url and not (self.control_plane_client_id and self.control_plane_client_secret):
            raise ValueError("CONTROL_PLANE_BASE_URL needs CONTROL_PLANE_CLIENT_ID and CONTROL_PLANE_CLIENT_SECRET")
        return self

    @field_validator("control_plane_base_url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("https://", "http://")):
            raise ValueError("must start with https:// (or http:// within a private network)")
        return value.rstrip("/") if value else None

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator(
        "kafka_topic_webhook", "kafka_topic_records", "kafka_topic_errors", "kafka_topic_state", "kafka_topic_events"
    )
    @classmethod
    def _is_a_topic_of_its_own(cls, value: str, info: ValidationInfo) -> str:
        """Compare it with those before it; a field at a time, so that it is told together with all else."""
        before = (name for name, topic in info.data.items() if name.startswith("kafka_topic_") and topic == value)
        if (twin := next(before, None)) is not None:
            raise ValueError(f"names the same topic as {twin.upper()}, and each needs its own")
        return value

    @property
    def topics(self) -> dict[str, str]:
        """Topic names by role."""
        return {
            "trigger": self.kafka_topic_trigger,
            "webhook": self.kafka_topic_webhook,
            "records": self.kafka_topic_records,
            "errors": self.kafka_topic_errors,
            "state": self.kafka_topic_state,
            "events": self.kafka_topic_events,
        }

    @property
    def replica_id(self) -> str:
        """The replica's name, stable over restarts: it is what fences a twin."""
        return self.worker_replica_id or f"{socket.gethostname()}-{self.worker_http_port}"

    @property
    def has_object_store(self) -> bool:
        """Whether an object store is configured; else a directory here is used, which nobody else can read."""
        return bool(self.object_store_url or self.s3_bucket_name)

    @property
    def object_store(self) -> str:
        """The object store's URL; without any, a directory here, which the worker says at start."""
        if self.object_store_url:
            return self.object_store_url
        return f"s3://{self.s3_bucket_name}" if self.s3_bucket_name else Path("data/objects").absolute().as_uri()


def _check_port(url: str) -> None:
    """Raises `ValueError`, without the URL, which may hold a password."""
    try:
        _ = urlsplit(url).port
    except ValueError:
        raise ValueError("has a port that is no number from 0 to 65535") from None


def dead_letter_topic(topic: str) -> str:
    """The dead letter topic of an inbound topic."""
    return f"{topic}.dlq"
