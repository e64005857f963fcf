"""Decides what an error answer means. In: status, headers, body. Out: a `DriveError`, never an exception.

A row of the table pairs Google's reasons with an error type and a stable code. Reasons are tried first, from
the most to the least specific that the body names; then the status alone (facts C1, C2). Errors of the token
endpoint have their own words, hence their own rows (facts C3).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from google_drive_worker.client.backoff import retry_after_seconds
from google_drive_worker.client.envelope import Envelope, read_envelope, read_oauth_envelope
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
    MalformedResponseError,
    NotFoundError,
    RateLimitedError,
    ReauthorizationRequiredError,
    RequestError,
    RetryableError,
)

TOKEN_ENDPOINT = "oauth.token"  # noqa: S105 - the endpoint's name in metrics and errors

HOUR_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; an empty set of statuses or reasons means any.

    `location` restricts to errors about that parameter ("" for errors that name none), `paged` to calls that
    carried a page token; `wait_seconds` is the least wait that makes sense before the next try.
    """

    statuses: frozenset[int]
    reasons: frozenset[str]
    error: type[DriveError]
    code: str
    location: str | None = None
    paged: bool = False
    wait_seconds: float | None = None

    def matches(self, status: int, name: str, location: str, paged: bool) -> bool:
        """Tell whether this row speaks of such an answer; `name` is one of the reasons the body gives."""
        return (
            (not self.statuses or status in self.statuses)
            and (not self.reasons or name in self.reasons)
            and (self.location is None or self.location == location)
            and (paged or not self.paged)
        )


def _row(
    statuses: Iterable[int],
    reasons: str,
    error: type[DriveError],
    code: str,
    *,
    location: str | None = None,
    paged: bool = False,
    wait_seconds: float | None = None,
) -> Row:
    return Row(frozenset(statuses), frozenset(reasons.split()), error, code, location, paged, wait_seconds)


REASON_ROWS: tuple[Row, ...] = (
    # Pages and cursors
    _row({400}, "invalid invalidParameter", CursorLostError, "page_token_invalid", location="pageToken"),
    _row({400}, "invalid", CursorLostError, "page_token_invalid", location="", paged=True),
    _row({400, 403, 410}, "pageTokenExpired", CursorLostError, "page_token_expired"),
    # Quota
    _row(
        {403, 429},
        "userRateLimitExceeded rateLimitExceeded RATE_LIMIT_EXCEEDED RESOURCE_EXHAUSTED",
        RateLimitedError,
        "rate_limited",
    ),
    _row({403, 429}, "quotaExceeded", RateLimitedError, "quota_exceeded", wait_seconds=30.0),
    _row({403, 429}, "sharingRateLimitExceeded", RetryableError, "sharing_limited", wait_seconds=HOUR_SECONDS),
    _row({403, 429}, "dailyLimitExceeded", DailyLimitError, "daily_limit", wait_seconds=HOUR_SECONDS),
    _row(
        {403},
        "backendError badGateway gatewayTimeout internalError transientError",
        RetryableError,
        "backend_error",
    ),
    # The connection as a whole
    _row({403}, "dailyLimitExceededUnreg", ReauthorizationRequiredError, "credentials_rejected"),
    _row(
        {401, 403},
        "insufficientPermissions ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        ReauthorizationRequiredError,
        "insufficient_scopes",
    ),
    _row({403}, "domainPolicy", DomainPolicyError, "domain_policy"),
    _row({403}, "accessNotConfigured SERVICE_DISABLED", ApiDisabledError, "api_disabled"),
    # Our own mistakes
    _row({403}, "forbidden", RequestError, "invalid_request", location="orderBy"),
    _row(
        {400, 403},
        "orderByContainsDuplicateSortKeys supportsTeamDrivesRequired teamDriveIncludeItemsRequired"
        " invalidAbuseAcknowledgment",
        RequestError,
        "invalid_request",
    ),
    # One item
    _row(
        {403},
        "insufficientFilePermissions insufficientParentPermissions insufficientAdministratorPrivileges",
        AccessDeniedError,
        "insufficient_file_permissions",
    ),
    _row({403}, "appNotAuthorizedToFile", AccessDeniedError, "app_not_authorized_to_file"),
    _row({403}, "teamDriveMembershipRequired", AccessDeniedError, "drive_membership_required"),
    _row({403}, "cannotDownloadFile", AccessDeniedError, "download_forbidden"),
    _row({403}, "cannotDownloadAbusiveFile", ItemError, "abusive_file"),
    _row({403}, "downloadQuotaExceeded", ItemError, "download_quota_exceeded"),
    _row({403}, "download_restricted_for_revision", ItemError, "revision_not_downloadable"),
    _row({403}, "fileNotDownloadable", ItemError, "not_downloadable"),
    _row({403}, "fileNotExportable cannotExportFile", ItemError, "not_exportable"),
    _row({403}, "exportSizeLimitExceeded", ItemError, "export_too_large"),
    _row({400, 403}, "revisionsNotSupported", ItemError, "revisions_not_supported"),
    _row({400, 403}, "revisionNotFound", NotFoundError, "not_found"),
)

STATUS_ROWS: tuple[Row, ...] = (
    _row({400, 405, 411, 413, 414, 431}, "", RequestError, "invalid_request"),
    _row({401}, "", ReauthorizationRequiredError, "credentials_rejected"),
    _row({403}, "", ItemError, "forbidden"),
    _row({404}, "", NotFoundError, "not_found"),
    _row({407, 408, 425}, "", RetryableError, "backend_error"),
    _row({410}, "", CursorLostError, "page_token_expired", paged=True),
    _row({410}, "", NotFoundError, "not_found"),
    _row({429}, "", RateLimitedError, "rate_limited"),
    _row(range(402, 500), "", ItemError, "item_refused"),
    _row(range(500, 600), "", RetryableError, "backend_error"),
    _row((), "", MalformedResponseError, "unexpected_status"),
)

TOKEN_ROWS: tuple[Row, ...] = (
    _row((), "internal_failure server_error temporarily_unavailable", RetryableError, "token_backend_error"),
    _row({408, 429, *range(500, 600)}, "", RetryableError, "token_backend_error"),
    _row({403}, "userRateLimitExceeded rateLimitExceeded quotaExceeded", RetryableError, "token_backend_error"),
    _row((), "invalid_grant", ReauthorizationRequiredError, "reauthorization_required"),
    _row((), "access_denied", ReauthorizationRequiredError, "reauthorization_required"),
    _row((), "unauthorized_client", DomainPolicyError, "delegation_not_granted"),
    _row((), "admin_policy_enforced org_internal disallowed_useragent", DomainPolicyError, "domain_policy"),
    _row((), "invalid_client deleted_client", InvalidClientError, "invalid_client"),
    _row(
        (),
        "invalid_scope invalid_request unsupported_grant_type redirect_uri_mismatch",
        RequestError,
        "token_request_invalid",
    ),
)

_UNKNOWN_TOKEN_ERROR = _row((), "", ConnectionBrokenError, "token_refused")
_NOT_A_TOKEN_ANSWER = _row((), "", MalformedResponseError, "malformed_response")


def classify(status: int, headers: Mapping[str, str], body: bytes, *, endpoint: str, paged: bool = False) -> DriveError:
    """Say which error an answer of a Google API means; `paged` tells that the call carried a page token.

    Any status and any bytes are accepted. A 403 is decided by its reason; an unknown 403 costs the item only.
    """
    said = read_envelope(body)
    return _error(
        _decide(status, said, paged),
        said.message or f"HTTP {status} without a readable error body",
        reason=said.names[0] if said.names else None,
        http_status=status,
        endpoint=endpoint,
        asked_wait=retry_after_seconds(headers),
    )


def classify_token_error(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> DriveError:
    """Say which error an answer of the token endpoint means (facts C3), for any status and any bytes."""
    said = read_oauth_envelope(body)
    rows = (row for row in TOKEN_ROWS if row.matches(status, said.error, "", paged=False))
    return _error(
        next(rows, _UNKNOWN_TOKEN_ERROR if said.error else _NOT_A_TOKEN_ANSWER),
        said.description or said.error or f"HTTP {status} without a readable error body",
        reason=said.subtype or said.error or None,
        http_status=status,
        endpoint=TOKEN_ENDPOINT,
        asked_wait=retry_after_seconds(headers or {}),
    )


def _decide(status: int, said: Envelope, paged: bool) -> Row:
    for name in said.names:
        for row in REASON_ROWS:
            if row.matches(status, name, said.location, paged):
                return row
    return next(row for row in STATUS_ROWS if row.matches(status, "", said.location, paged))


def _error(
    row: Row, message: str, *, reason: str | None, http_status: int, endpoint: str, asked_wait: float | None
) -> DriveError:
    error = row.error(message, code=row.code, reason=reason, http_status=http_status, endpoint=endpoint)
    if isinstance(error, RetryableError):
        waits = [wait for wait in (asked_wait, row.wait_seconds) if wait is not None]
        error.retry_after_seconds = max(waits, default=None)
    return error
