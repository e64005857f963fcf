"""What a worker needs, looked at piece by piece: settings in, findings with what to do out. Nothing is changed.

Apart from an empty object `.health` in the object store, which is how one learns whether it takes a write.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from clustera_toolkit.kafka import KafkaAdmin, KafkaClientError, TopicError
from clustera_toolkit.storage import StorageError
from google_drive_worker import topics
from google_drive_worker.client import about, changes
from google_drive_worker.client.backoff import Backoff
from google_drive_worker.client.errors import DriveError
from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.token_sources import TokenEndpoint
from google_drive_worker.client.transport import HttpTransport
from google_drive_worker.config import WorkerSettings
from google_drive_worker.environment_credentials import (
    CredentialSettings,
    EnvironmentCredentialError,
    has_credential,
    token_source,
)
from google_drive_worker.object_store import open_object_store
from google_drive_worker.quota.shared_books import SharedBooksError

PATIENCE = Backoff(base_seconds=0.5, max_attempts=2, max_elapsed_seconds=20.0)
"""Somebody sits there and waits for the answer."""

REMEDIES: Mapping[str, str] = {
    "reauthorization_required": "Google does not take the refresh token any more: consent again and set the new "
    "GOOGLE_REFRESH_TOKEN (with a consent screen in testing, tokens end after 7 days)",
    "insufficient_scopes": "consent again, to the scope https://www.googleapis.com/auth/drive.readonly",
    "invalid_client": "check GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET: they are not those of an OAuth client",
    "delegation_not_granted": "let a Workspace administrator grant the service account domain-wide delegation of "
    "https://www.googleapis.com/auth/drive.readonly",
    "api_disabled": "enable the Google Drive API in the Google Cloud project of the credential",
    "network": "check the network, GDRIVE_API_BASE_URL and GOOGLE_TOKEN_URI",
}
"""What to do about the errors that a person at a terminal meets."""


class Verdict(Enum):
    """How a check ended."""

    GOOD = auto()
    DOUBTFUL = auto()
    BAD = auto()
    SKIPPED = auto()


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, and what to do about it."""

    verdict: Verdict
    what: str
    advice: str | None = None


async def check_kafka(settings: WorkerSettings) -> Sequence[Finding]:
    """Whether the cluster answers, and the topics are as the worker needs them."""
    admin = KafkaAdmin(settings.kafka_bootstrap_servers, config=settings.kafka_connection)
    try:
        found = await topics.check(admin, settings)
    except TopicError as error:
        reached = Finding(Verdict.GOOD, f"Kafka answers at {settings.kafka_bootstrap_servers}")
        return [reached, *(_topic_problem(line) for line in str(error).splitlines())]
    except KafkaClientError as error:
        advice = "check KAFKA_BOOTSTRAP_SERVERS, KAFKA_SECURITY_PROTOCOL and the KAFKA_SASL_ settings"
        return [Finding(Verdict.BAD, str(error), advice)]
    return [Finding(Verdict.GOOD, f"Kafka at {settings.kafka_bootstrap_servers}: {len(found)} topics as they must be")]


def _topic_problem(line: str) -> Finding:
    what, _, advice = line.partition(": ")
    return Finding(Verdict.BAD, what, advice or None)


async def check_keys(settings: WorkerSettings) -> Sequence[Finding]:
    """Whether credentials in triggers can be opened; that the keys are keys was checked with the settings."""
    if settings.credentials_encryption_keys is None:
        advice = "set CREDENTIALS_ENCRYPTION_KEYS to the Fernet keys that credentials are encrypted with, newest first"
        return [Finding(Verdict.BAD, "no keys: no connection's credential could be opened", advice)]
    number = len([key for key in settings.credentials_encryption_keys.get_secret_value().split(",") if key.strip()])
    return [Finding(Verdict.GOOD, f"credentials: {number} encryption key{'s' if number > 1 else ''}")]


async def check_storage(settings: WorkerSettings) -> Sequence[Finding]:
    """Whether the object store takes a write."""
    try:
        await open_object_store(settings).check()
    except StorageError as error:
        advice = "check OBJECT_STORE_URL, or S3_BUCKET_NAME, its region, endpoint and keys, and the right to write"
        return [Finding(Verdict.BAD, f"object store: {error}", advice)]
    where = settings.object_store
    if not settings.has_object_store:
        advice = "set OBJECT_STORE_URL: what is written here, no consumer on another machine can read"
        return [Finding(Verdict.DOUBTFUL, f"object store: none is configured, {where} is used", advice)]
    return [Finding(Verdict.GOOD, f"object store: {where} takes writes")]


async def check_redis(settings: WorkerSettings) -> Sequence[Finding]:
    """Whether replicas can share the quota, if they are to."""
    if settings.redis_url is None:
        return []
    from google_drive_worker.quota.redis_books import RedisBooks  # only where it is used: it is slow to import

    try:
        books = RedisBooks(settings.redis_url.get_secret_value(), settings.redis_key_prefix, "doctor")
    except ValueError:
        return [Finding(Verdict.BAD, "REDIS_URL is none that Redis's client takes", "check its options and its port")]
    try:
        await books.check()
    except SharedBooksError as error:
        advice = "check REDIS_URL, its password and the network; it must answer within a quarter of a second"
        return [Finding(Verdict.BAD, f"{books!r}: {error}", advice)]
    finally:
        await books.close()
    return [Finding(Verdict.GOOD, f"{books!r} answers and runs scripts")]


async def check_drive(settings: CredentialSettings, subject: str | None) -> Sequence[Finding]:
    """Whether the credential of the environment opens a Drive, and may read its change log."""
    if subject is None and not has_credential(settings):
        advice = "to check it too, set GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET and GOOGLE_REFRESH_TOKEN, or "
        return [
            Finding(
                Verdict.SKIPPED,
                "Google Drive: there is no credential in the environment",
                advice + "GOOGLE_APPLICATION_CREDENTIALS",
            )
        ]
    try:
        async with HttpTransport() as transport:
            tokens = token_source(settings, TokenEndpoint(transport), subject)
            session = DriveSession(transport, tokens, backoff=PATIENCE, base_url=settings.drive_root_url)
            account = (await about.get(session)).user
            await changes.start_page_token(session)
    except EnvironmentCredentialError as error:
        return [Finding(Verdict.BAD, f"Google Drive: {error}")]
    except DriveError as error:
        return [Finding(Verdict.BAD, f"Google Drive: {error.message} [{error.code}]", REMEDIES.get(error.code))]
    who = account.email or account.display_name or account.permission_id
    return [Finding(Verdict.GOOD, f"Google Drive at {settings.drive_root_url} answers for {who}")]
