"""From an address to a store.

In: `s3://bucket/prefix`, `gs://...`, `az://...`, `file:///dir`, a directory, or `memory://`. Out: obstore's store for
it and the URL below which its objects are.

Credentials that are not given are found by the store's own client, as its provider documents (instance roles,
workload identity).
"""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import obstore.store
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

from clustera_toolkit.storage.errors import StorageConfigurationError, translate

if TYPE_CHECKING:
    # They exist for type checkers only.
    from obstore.store import ClientConfig, RetryConfig, S3Config

__all__ = ["S3Options", "Timeouts", "open_store"]

_SCHEMES = "s3://bucket/prefix, gs://bucket/prefix, az://container/prefix, file:///directory or a directory"


@dataclass(frozen=True, slots=True)
class S3Options:
    """How to reach an S3 bucket. `endpoint` is for other stores that speak S3; secrets stay out of the repr."""

    region: str | None = None
    endpoint: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Bounds of what the store's client does by itself, in seconds.

    One request takes at most `request_seconds`; after `retry_seconds` or `max_retries` no request is repeated.
    """

    connect_seconds: float = 5.0
    request_seconds: float = 30.0
    retry_seconds: float = 45.0
    max_retries: int = 5


def open_store(url: str, options: S3Options, timeouts: Timeouts) -> tuple[ObjectStore, str]:
    """Return the store and the URL of its root, without a slash at the end.

    Raises `StorageConfigurationError`.
    """
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query:
        raise StorageConfigurationError(
            "the object store's URL holds credentials or a query: pass credentials as settings of their own"
        )
    if not url or (parts.scheme == "file" and parts.netloc):
        raise StorageConfigurationError(f"{url!r} is not an object store's address: use {_SCHEMES}")
    if parts.scheme == "memory":
        return MemoryStore(), "memory://"
    if "://" not in url:
        return _directory(Path(url))
    if parts.scheme == "file":
        return _directory(Path(unquote(parts.path)))
    return _remote(url, options, timeouts), url.rstrip("/")


def _directory(path: Path) -> tuple[ObjectStore, str]:
    root = path.absolute()
    try:
        return LocalStore(root, mkdir=True), root.as_uri()
    except (BaseError, OSError, ValueError) as error:
        raise StorageConfigurationError(
            f"the directory {root} cannot hold objects ({type(error).__name__}): "
            "make it and let this process write to it"
        ) from None


def _remote(url: str, options: S3Options, timeouts: Timeouts) -> ObjectStore:
    client: ClientConfig = {
        "connect_timeout": timedelta(seconds=timeouts.connect_seconds),
        "timeout": timedelta(seconds=timeouts.request_seconds),
        "allow_http": bool(options.endpoint and options.endpoint.startswith("http://")),
    }
    retry: RetryConfig = {
        "max_retries": timeouts.max_retries,
        "retry_timeout": timedelta(seconds=timeouts.retry_seconds),
    }
    try:
        if urlsplit(url).scheme == "s3":
            return S3Store.from_url(url, config=_s3_config(options), client_options=client, retry_config=retry)
        return obstore.store.from_url(url, client_options=client, retry_config=retry)
    except (BaseError, OSError, ValueError) as error:
        reason = translate(error, f"opening {url!r}")
        raise StorageConfigurationError(f"{reason}; use {_SCHEMES}") from None


def _s3_config(options: S3Options) -> "S3Config":
    config: S3Config = {}
    if options.region is not None:
        config["region"] = options.region
    if options.endpoint is not None:
        config["endpoint"] = options.endpoint
    if options.access_key_id is not None:
        config["access_key_id"] = options.access_key_id
    if options.secret_access_key is not None:
        config["secret_access_key"] = options.secret_access_key
    if options.session_token is not None:
        config["session_token"] = options.session_token
    return config
