"""Talks to Google Drive for one connection. In: credentials and wishes. Out: raw JSON, or a typed error.

It knows HTTP and Google, and nothing of Kafka, records or the engine. The way of a call::

    files, changes, drives, permissions, revisions,
    comments, about                                what to ask, one resource a module
      -> session                                   quota, token, send, classify, repeat
        -> quota                                   prices, lanes, whose turn it is
        -> token_sources, service_account, auth    who asks
        -> transport, body                         one bounded HTTP exchange
        -> classify, envelope, errors              what an answer means
        -> retry, backoff, timing                  when to try again

Resources are modules: ``files.list_page(session, query)``, ``changes.start_page_token(session)``.
"""

from clustera_toolkit.timing import Timing
from google_drive_worker.client import about, changes, comments, drives, files, permissions, revisions
from google_drive_worker.client.auth import AccessToken, TokenSource
from google_drive_worker.client.backoff import Backoff
from google_drive_worker.client.changes import ChangesQuery
from google_drive_worker.client.errors import (
    AccessDeniedError,
    ApiDisabledError,
    ConnectionBrokenError,
    CursorLostError,
    DailyLimitError,
    DomainPolicyError,
    DriveError,
    InvalidClientError,
    ItemError,
    Kind,
    MalformedResponseError,
    NetworkError,
    NotFoundError,
    RateLimitedError,
    ReauthorizationRequiredError,
    RequestError,
    ResponseTooLargeError,
    RetryableError,
)
from google_drive_worker.client.files import FilesQuery
from google_drive_worker.client.observer import CallObserver
from google_drive_worker.client.quota import Lane, RateLimiter, UnlimitedRate
from google_drive_worker.client.service_account import ServiceAccountKey
from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.token_sources import (
    RefreshTokenSource,
    ServiceAccountSource,
    StaticTokenSource,
    TokenEndpoint,
)
from google_drive_worker.client.transport import HttpTransport, TransportLimits

__all__ = [
    "AccessDeniedError",
    "AccessToken",
    "ApiDisabledError",
    "Backoff",
    "CallObserver",
    "ChangesQuery",
    "ConnectionBrokenError",
    "CursorLostError",
    "DailyLimitError",
    "DomainPolicyError",
    "DriveError",
    "DriveSession",
    "FilesQuery",
    "HttpTransport",
    "InvalidClientError",
    "ItemError",
    "Kind",
    "Lane",
    "MalformedResponseError",
    "NetworkError",
    "NotFoundError",
    "RateLimitedError",
    "RateLimiter",
    "ReauthorizationRequiredError",
    "RefreshTokenSource",
    "RequestError",
    "ResponseTooLargeError",
    "RetryableError",
    "ServiceAccountKey",
    "ServiceAccountSource",
    "StaticTokenSource",
    "Timing",
    "TokenEndpoint",
    "TokenSource",
    "TransportLimits",
    "UnlimitedRate",
    "about",
    "changes",
    "comments",
    "drives",
    "files",
    "permissions",
    "revisions",
]
