import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from google_drive_worker.client.classify import (
    REASON_ROWS,
    STATUS_ROWS,
    TOKEN_ROWS,
    classify,
    classify_token_error,
)
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


def classic(code: int, reason: str, message: str = "Message.", **more: str) -> bytes:
    """A body as Drive's own backend sends it."""
    error = {"message": message, "domain": "global", "reason": reason, **more}
    return json.dumps({"error": {"code": code, "message": message, "errors": [error]}}).encode()


def gateway(code: int, status: str, reason: str, *, old_reason: str | None = None) -> bytes:
    """A body as Google's gateway sends it, with or without the old list of errors."""
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}
    error: dict[str, object] = {"code": code, "message": "From the gateway.", "status": status, "details": [info]}
    if old_reason:
        error["errors"] = [{"message": "From the gateway.", "domain": "global", "reason": old_reason}]
    return json.dumps({"error": error}).encode()


ANSWERS: list[tuple[int, bytes, type[DriveError], str]] = [
    (400, classic(400, "invalid", location="q"), RequestError, "invalid_request"),
    (400, classic(400, "invalidParameter", location="fields"), RequestError, "invalid_request"),
    (400, classic(400, "required", location="fields"), RequestError, "invalid_request"),
    (400, classic(400, "badRequest", location="convertTo"), RequestError, "invalid_request"),
    (400, classic(400, "invalid", location="pageToken"), CursorLostError, "page_token_invalid"),
    (403, classic(403, "pageTokenExpired"), CursorLostError, "page_token_expired"),
    (401, classic(401, "authError", location="Authorization"), ReauthorizationRequiredError, "credentials_rejected"),
    (401, b"", ReauthorizationRequiredError, "credentials_rejected"),
    (403, classic(403, "userRateLimitExceeded"), RateLimitedError, "rate_limited"),
    (403, classic(403, "rateLimitExceeded"), RateLimitedError, "rate_limited"),
    (429, classic(429, "rateLimitExceeded"), RateLimitedError, "rate_limited"),
    (403, gateway(403, "PERMISSION_DENIED", "RATE_LIMIT_EXCEEDED"), RateLimitedError, "rate_limited"),
    (
        429,
        gateway(429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED", old_reason="rateLimitExceeded"),
        RateLimitedError,
        "rate_limited",
    ),
    (429, b"", RateLimitedError, "rate_limited"),
    (403, classic(403, "quotaExceeded"), RateLimitedError, "quota_exceeded"),
    (403, classic(403, "sharingRateLimitExceeded"), RetryableError, "sharing_limited"),
    (403, classic(403, "dailyLimitExceeded"), DailyLimitError, "daily_limit"),
    (403, classic(403, "dailyLimitExceededUnreg"), ReauthorizationRequiredError, "credentials_rejected"),
    (403, classic(403, "accessNotConfigured"), ApiDisabledError, "api_disabled"),
    (
        403,
        gateway(403, "PERMISSION_DENIED", "SERVICE_DISABLED", old_reason="forbidden"),
        ApiDisabledError,
        "api_disabled",
    ),
    (403, classic(403, "insufficientPermissions"), ReauthorizationRequiredError, "insufficient_scopes"),
    (
        403,
        gateway(403, "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
        ReauthorizationRequiredError,
        "insufficient_scopes",
    ),
    (403, classic(403, "domainPolicy"), DomainPolicyError, "domain_policy"),
    (403, classic(403, "insufficientFilePermissions"), AccessDeniedError, "insufficient_file_permissions"),
    (403, classic(403, "appNotAuthorizedToFile"), AccessDeniedError, "app_not_authorized_to_file"),
    (403, classic(403, "teamDriveMembershipRequired"), AccessDeniedError, "drive_membership_required"),
    (403, classic(403, "cannotDownloadFile"), AccessDeniedError, "download_forbidden"),
    (403, classic(403, "cannotDownloadAbusiveFile"), ItemError, "abusive_file"),
    (403, classic(403, "downloadQuotaExceeded"), ItemError, "download_quota_exceeded"),
    (403, classic(403, "download_restricted_for_revision"), ItemError, "revision_not_downloadable"),
    (403, classic(403, "fileNotDownloadable", location="alt"), ItemError, "not_downloadable"),
    (403, classic(403, "fileNotExportable"), ItemError, "not_exportable"),
    (403, classic(403, "exportSizeLimitExceeded"), ItemError, "export_too_large"),
    (403, classic(403, "supportsTeamDrivesRequired"), RequestError, "invalid_request"),
    (403, classic(403, "orderByContainsDuplicateSortKeys"), RequestError, "invalid_request"),
    (403, classic(403, "forbidden", location="orderBy"), RequestError, "invalid_request"),
    (403, classic(403, "forbidden"), ItemError, "forbidden"),
    (403, classic(403, "somethingNobodyHasSeen"), ItemError, "forbidden"),
    (403, b"<html>Sorry</html>", ItemError, "forbidden"),
    (404, classic(404, "notFound", location="fileId"), NotFoundError, "not_found"),
    (409, classic(409, "duplicate"), ItemError, "item_refused"),
    (412, classic(412, "conditionNotMet"), ItemError, "item_refused"),
    (416, classic(416, "requestedRangeNotSatisfiable"), ItemError, "item_refused"),
    (500, classic(500, "internalError"), RetryableError, "backend_error"),
    (500, classic(500, "backendError"), RetryableError, "backend_error"),
    (502, b"<!DOCTYPE html><title>Error 502</title>", RetryableError, "backend_error"),
    (503, b"", RetryableError, "backend_error"),
    (504, classic(504, "gatewayTimeout"), RetryableError, "backend_error"),
    (302, b"", MalformedResponseError, "unexpected_status"),
]


@pytest.mark.parametrize(("status", "body", "kind", "code"), ANSWERS)
def test_an_answer_means_one_error(status: int, body: bytes, kind: type[DriveError], code: str) -> None:
    """Each answer in the catalogue becomes the error type and code that its handler expects."""
    error = classify(status, {}, body, endpoint="files.list")
    assert (type(error), error.code, error.http_status, error.endpoint) == (kind, code, status, "files.list")


@pytest.mark.parametrize(
    ("status", "body"), [(410, b""), (400, classic(400, "invalid")), (410, classic(410, "updatedMinTooOld"))]
)
def test_a_call_with_a_page_token_loses_its_cursor(status: int, body: bytes) -> None:
    """A 410, or an `invalid` that names no parameter, is about the cursor only if the call carried one."""
    assert isinstance(classify(status, {}, body, endpoint="changes.list", paged=True), CursorLostError)
    assert not isinstance(classify(status, {}, body, endpoint="files.get"), CursorLostError)


def test_a_bad_query_is_not_blamed_on_the_cursor() -> None:
    """An `invalid` that names another parameter than the page token is our request's fault, paged or not."""
    body = classic(400, "invalid", location="q")
    assert isinstance(classify(400, {}, body, endpoint="files.list", paged=True), RequestError)


def test_the_most_specific_reason_decides() -> None:
    """The reason of errors[0] is believed before those of details, and these before the status."""
    body = gateway(403, "PERMISSION_DENIED", "SERVICE_DISABLED", old_reason="userRateLimitExceeded")
    assert isinstance(classify(403, {}, body, endpoint="files.list"), RateLimitedError)


def test_the_longer_wait_is_kept() -> None:
    """A retryable error asks for the longer of `Retry-After` and the wait that its reason advises."""
    asked = classify(503, {"Retry-After": "7"}, b"", endpoint="files.list")
    advised = classify(403, {"Retry-After": "7"}, classic(403, "quotaExceeded"), endpoint="files.list")
    assert isinstance(asked, RetryableError)
    assert asked.retry_after_seconds == 7.0
    assert isinstance(advised, RetryableError)
    assert advised.retry_after_seconds == 30.0


def oauth(error: str, description: str = "Said so.", **more: str) -> bytes:
    return json.dumps({"error": error, "error_description": description, **more}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (400, oauth("invalid_grant"), ReauthorizationRequiredError, "reauthorization_required"),
        (401, oauth("unauthorized_client"), DomainPolicyError, "delegation_not_granted"),
        (401, oauth("invalid_client"), InvalidClientError, "invalid_client"),
        (401, oauth("deleted_client"), InvalidClientError, "invalid_client"),
        (400, oauth("admin_policy_enforced"), DomainPolicyError, "domain_policy"),
        (403, oauth("org_internal"), DomainPolicyError, "domain_policy"),
        (400, oauth("invalid_scope"), RequestError, "token_request_invalid"),
        (400, oauth("invalid_request"), RequestError, "token_request_invalid"),
        (400, oauth("internal_failure"), RetryableError, "token_backend_error"),
        (400, oauth("temporarily_unavailable"), RetryableError, "token_backend_error"),
        (500, b"", RetryableError, "token_backend_error"),
        (429, b"<html>", RetryableError, "token_backend_error"),
        (408, b"", RetryableError, "token_backend_error"),
        (400, oauth("never_heard_of"), ConnectionBrokenError, "token_refused"),
        (403, b"<html>proxy</html>", MalformedResponseError, "malformed_response"),
    ],
)
def test_a_token_endpoint_answer_means_one_error(status: int, body: bytes, kind: type[DriveError], code: str) -> None:
    """Each answer of the token endpoint becomes the error that says who must act."""
    error = classify_token_error(status, body)
    assert (type(error), error.code) == (kind, code)


def test_the_subtype_of_a_refused_grant_is_kept() -> None:
    """An `error_subtype` is the reason in the error record, since it says more than `invalid_grant`."""
    error = classify_token_error(400, oauth("invalid_grant", error_subtype="invalid_rapt"))
    assert error.reason == "invalid_rapt"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "errors", "details", "reason", "status", "message", "location"]), inner
        )
    ),
    max_leaves=12,
)
BODIES = st.binary() | JSON.map(lambda value: json.dumps(value).encode())
HEADERS = st.dictionaries(st.sampled_from(["Retry-After", "date", "DATE", "retry-after"]), st.text())


@given(st.integers(0, 999), HEADERS, BODIES, st.booleans())
def test_no_answer_breaks_classification(status: int, headers: dict[str, str], body: bytes, paged: bool) -> None:
    """Any status, headers and bytes give an error with a code and a bounded text."""
    error = classify(status, headers, body, endpoint="files.list", paged=paged)
    assert isinstance(error, DriveError)
    assert error.code
    assert len(str(error)) < 800


@given(st.integers(0, 999), BODIES)
def test_no_answer_breaks_the_classification_of_token_errors(status: int, body: bytes) -> None:
    """Any status and bytes of the token endpoint give an error with a code."""
    assert classify_token_error(status, body).code


def test_a_body_nested_beyond_reason_is_unreadable() -> None:
    """A body that nests deeper than the decoder goes is like one without JSON."""
    assert classify(503, {}, b'{"error":' + b"[" * 100_000, endpoint="files.list").code == "backend_error"


def test_codes_are_snake_case() -> None:
    """Every code of the tables can stand in an error record and a metric's label."""
    codes = {row.code for row in (*REASON_ROWS, *STATUS_ROWS, *TOKEN_ROWS)}
    assert all(code.isidentifier() and code.islower() for code in codes)
