"""Settings of the control plane, from the environment.

In: environment variables. Out: `ControlPlaneSettings`; whoever loads them is told of all that is missing or wrong at
once. Values that are secrets never show in a representation.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from clustera_toolkit.kafka_settings import KafkaConnectionSettings

SIGNING_BYTES = 32
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class ControlPlaneSettings(KafkaConnectionSettings):
    """All settings; each is an environment variable in upper case."""

    model_config = SettingsConfigDict(extra="ignore", case_sensitive=False)

    database_url: SecretStr = Field(
        default=SecretStr("sqlite:///control-plane.sqlite"),
        description="postgresql://user:password@host/name, or sqlite:///path",
    )
    control_plane_public_url: str = Field(
        default="http://localhost:8090", description="where browsers and Google reach it"
    )
    control_plane_http_host: str = "127.0.0.1"
    control_plane_http_port: int = Field(default=8090, ge=0, le=65_535)
    control_plane_trusted_proxies: int = Field(
        default=0, ge=0, le=5, description="proxies in front of it whose X-Forwarded-For is believed"
    )
    control_plane_signing_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        description="32 random bytes each in URL-safe base64, newest first, comma separated (make one: keys generate)"
    )
    credentials_encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        description="Fernet keys, newest first, comma separated; the worker has the same"
    )
    worker_integration_id: str = "google-drive"

    google_client_id: str | None = None
    google_client_secret: SecretStr | None = None
    google_auth_uri: str = "https://accounts.google.com/o/oauth2/v2/auth"
    google_token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105 # an address
    google_revoke_uri: str = "https://oauth2.googleapis.com/revoke"
    gdrive_api_base_url: str = "https://www.googleapis.com/drive/v3"

    kafka_bootstrap_servers: str = Field(
        default="localhost:9092", min_length=1, description="host:port, comma separated"
    )
    kafka_client_config: dict[str, str | int | bool] = Field(
        default={}, description="further librdkafka settings as JSON; they go before the others"
    )
    kafka_consumer_group_id: str = "drive-control-plane"
    kafka_topic_trigger: str = "integrations-inbound-trigger"
    kafka_topic_webhook: str = "integrations-inbound-webhook"
    kafka_topic_errors: str = "integrations-errors"
    kafka_topic_events: str = "integrations-sync-events"
    kafka_topic_records: str = Field(
        default="integrations-incoming-records", description="read back from its end when somebody looks at a page"
    )

    schedule_interval_seconds: int = Field(default=300, ge=30, le=86_400, description="between polls while active")
    schedule_idle_interval_seconds: int = Field(
        default=3_600, ge=30, le=604_800, description="while nothing happens; never less than the other"
    )
    schedule_lookahead_rows: int = Field(default=200, ge=1, le=5_000, description="due connections claimed at once")
    webhooks_enabled: bool = Field(default=True, description="needs an https public address that Google can reach")
    gdrive_quota_units_per_day: int | None = Field(default=None, ge=1, description="of the project, as the worker's")

    redis_url: SecretStr | None = Field(default=None, description="where replicas share what they cache")
    redis_key_prefix: str = Field(
        default="drive-control-plane", pattern=r"^[^{}\s]+$", description="one an installation"
    )

    retention_minute_counts_days: int = Field(default=30, ge=1, le=3_650, description="what charts are made of")
    retention_errors_days: int = Field(default=30, ge=1, le=3_650)
    retention_jobs_days: int = Field(default=90, ge=1, le=3_650, description="after their end")
    retention_alerts_days: int = Field(default=90, ge=1, le=3_650, description="after their end")
    retention_channels_days: int = Field(default=1, ge=1, le=3_650, description="after their end")
    retention_sessions_days: int = Field(
        default=1, ge=1, le=3_650, description="sessions, consents, links and failed sign-ins, after their end"
    )

    oidc_client_id: str | None = None
    oidc_issuer: str | None = Field(default=None, description="the identity provider by which people sign in")
    oidc_client_secret: SecretStr | None = None
    oidc_name: str | None = Field(default=None, max_length=100, description="what the button calls it")
    oidc_only: bool = Field(default=False, description="nobody signs in by a password")
    oidc_allowed_domains: Annotated[tuple[str, ...], NoDecode] = Field(default=(), description="comma separated")
    oidc_default_role: Literal["viewer", "operator", "administrator"] | None = Field(
        default=None, description="of people of the allowed domains whom nobody has invited"
    )

    log_level: str = "INFO"
    log_format: Literal["json", "console"] = "json"

    @field_validator("control_plane_signing_keys", "credentials_encryption_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(each.strip() for each in value.split(",") if each.strip()) if isinstance(value, str) else value

    @field_validator("control_plane_signing_keys", "credentials_encryption_keys")
    @classmethod
    def _are_keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not value:
            raise ValueError("holds no key")
        for number, key in enumerate(value, 1):
            if not _is_key(key.get_secret_value()):
                raise ValueError(f"key {number} is not 32 bytes in URL-safe base64")
        return value

    @field_validator(
        "google_auth_uri", "google_token_uri", "google_revoke_uri", "gdrive_api_base_url", "control_plane_public_url"
    )
    @classmethod
    def _is_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be an address that starts with https:// (or http:// for an emulator)")
        return value.rstrip("/")

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _is_redis_url(value.get_secret_value()):
            raise ValueError("must be redis://host:port/0 (or rediss:// for TLS, unix:// for a socket)")
        return value

    @field_validator("control_plane_public_url")
    @classmethod
    def _is_https(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" and parts.hostname not in LOCAL_HOSTS:
            raise ValueError("must start with https:// unless it is on this machine")
        return value

    @field_validator("oidc_allowed_domains", mode="before")
    @classmethod
    def _split_domains(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(each.strip().lower().removeprefix("@") for each in value.split(",") if each.strip())

    @field_validator("oidc_issuer")
    @classmethod
    def _is_issuer(cls, value: str | None) -> str | None:
        if value is None or not value.strip():
            return None
        parts = urlsplit(value)
        if parts.query or parts.fragment or not parts.hostname:
            raise ValueError("must be the issuer's address, without ? and #")
        if parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in LOCAL_HOSTS):
            raise ValueError("must start with https:// unless it is on this machine")
        return value.rstrip("/")

    # A setting that needs another one stands behind it above, so that the error names the one to mend.

    @field_validator("oidc_issuer")
    @classmethod
    def _has_a_client(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and "oidc_client_id" in info.data and not info.data["oidc_client_id"]:
            raise ValueError("needs OIDC_CLIENT_ID, this control plane's client there")
        return value

    @field_validator("oidc_only")
    @classmethod
    def _has_a_provider(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("oidc_issuer", ...) is None:
            raise ValueError("needs OIDC_ISSUER: nobody could sign in")
        return value

    @field_validator("oidc_default_role")
    @classmethod
    def _has_domains(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and not info.data.get("oidc_allowed_domains", ...):
            raise ValueError("needs OIDC_ALLOWED_DOMAINS: else everybody could sign in")
        return value

    @field_validator("schedule_idle_interval_seconds")
    @classmethod
    def _is_longer(cls, value: int, info: ValidationInfo) -> int:
        if value < (least := info.data.get("schedule_interval_seconds", 0)):
            raise ValueError(f"must be at least SCHEDULE_INTERVAL_SECONDS, which is {least}")
        return value

    @property
    def identity_provider(self) -> str | None:
        """What people call the identity provider; None without one."""
        return self.oidc_issuer and (self.oidc_name or urlsplit(self.oidc_issuer).hostname)

    @property
    def kafka_connection(self) -> Mapping[str, str | int | bool]:
        """What every Kafka client needs to connect; what `KAFKA_CLIENT_CONFIG` says goes before all else."""
        return {**super().kafka_connection, **self.kafka_client_config}

    @property
    def is_https(self) -> bool:
        """Whether cookies may be marked secure."""
        return self.control_plane_public_url.startswith("https://")

    @property
    def redirect_uri(self) -> str:
        """Where Google sends people back to; it must stand in the OAuth client's list, letter by letter."""
        return f"{self.control_plane_public_url}/connect/callback"

    @property
    def webhook_uri(self) -> str:
        """Where Google sends notifications to."""
        return f"{self.control_plane_public_url}/webhooks/google-drive"

    @property
    def drive_root_url(self) -> str:
        """The API's root without the service path."""
        return self.gdrive_api_base_url.removesuffix("/drive/v3")


def _is_key(text: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(text.encode())) == SIGNING_BYTES
    except (binascii.Error, ValueError):
        return False


def _is_redis_url(text: str) -> bool:
    try:
        _ = urlsplit(text).port  # raises for what is no number
    except ValueError:
        return False
    return text.startswith(("redis://", "rediss://", "unix://"))
