"""What can go wrong with a call, as types. In: nothing. Out: the error tree, which says who must act.

DriveError
├── RetryableError                     the same call may succeed later
│   ├── RateLimitedError               Drive asks to be called less often
│   ├── DailyLimitError                the project's own cap for the day is reached
│   ├── NetworkError                   no whole answer arrived
│   └── MalformedResponseError         an answer arrived that is not what Drive sends
├── ItemError                          final for this item; the sync goes on
│   ├── NotFoundError                  gone, or not visible
│   ├── AccessDeniedError              visible, but this call is not allowed on it
│   └── ResponseTooLargeError          more bytes than the caller will hold
├── ConnectionBrokenError              final for the connection, until a person acts
│   ├── ReauthorizationRequiredError   consent is gone, expired or too narrow
│   ├── DomainPolicyError              an administrator forbids it
│   ├── ApiDisabledError               the API is off in the Google Cloud project
│   ├── InvalidClientError             the OAuth client itself is wrong
│   └── RequestError                   Drive rejects what we ask: a setting or this program is wrong
└── CursorLostError                    a page or start token is no longer good: list again

Which answer becomes which error is decided in ``classify``. No text here ever holds a credential.
"""

import re
from enum import StrEnum
from typing import ClassVar

MESSAGE_LIMIT = 500
REASON_LIMIT = 100

_CREDENTIAL = re.compile(
    r"""ya29\.[\w.\-]+                  # access tokens
      | 1//[\w\-]+                      # refresh tokens
      | GOCSPX-[\w\-]+                  # client secrets
      | eyJ[\w\-]+\.[\w\-]+\.[\w\-]*    # signed JWTs
      | (?<=Bearer\s)\S+
      | (?<=access_token=)[^\s&]+ | (?<=refresh_token=)[^\s&]+
      | (?<=client_secret=)[^\s&]+ | (?<=assertion=)[^\s&]+""",
    re.VERBOSE | re.IGNORECASE,
)


class Kind(StrEnum):
    """Who must act on an error; each kind has one handler in the worker."""

    RETRYABLE = "retryable"
    ITEM = "item"
    CONNECTION = "connection"
    CURSOR = "cursor"


def safe_text(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """Make one line of at most `limit` characters, with what looks like a Google credential blanked."""
    return _CREDENTIAL.sub("[redacted]", " ".join(text[: 4 * limit].split()))[:limit]


class DriveError(Exception):
    """A call to Google that did not give what was asked.

    `code` is stable snake_case for error records; `reason` is Google's word; `http_status` is None when no
    answer arrived; `endpoint` is the method's name such as ``files.list``; `attempts` counts the calls made.
    """

    kind: ClassVar[Kind]
    default_code: ClassVar[str]

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        reason: str | None = None,
        http_status: int | None = None,
        endpoint: str = "",
    ) -> None:
        self.message = safe_text(message)
        super().__init__(self.message)
        self.code = code or self.default_code
        self.reason = safe_text(reason, REASON_LIMIT) if reason else None
        self.http_status = http_status
        self.endpoint = endpoint
        self.attempts = 1

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later."""
        return self.kind is Kind.RETRYABLE

    def __str__(self) -> str:
        status = f"HTTP {self.http_status}" if self.http_status else ""
        tries = f"{self.attempts} attempts" if self.attempts > 1 else ""
        facts = " ".join(filter(None, (status, self.reason, tries)))
        return f"{self.endpoint or 'request'}: {self.message} [{self.code}{'; ' if facts else ''}{facts}]"


class RetryableError(DriveError):
    """The same call may succeed later; `retry_after_seconds` is the least wait Google asks for, if any."""

    kind = Kind.RETRYABLE
    default_code = "backend_error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        reason: str | None = None,
        http_status: int | None = None,
        endpoint: str = "",
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message, code=code, reason=reason, http_status=http_status, endpoint=endpoint)
        self.retry_after_seconds = retry_after_seconds


class RateLimitedError(RetryableError):
    """Drive asks to be called less often."""

    default_code = "rate_limited"


class DailyLimitError(RetryableError):
    """The cap that the project's owner set for a day is reached: raise it, or wait for tomorrow."""

    default_code = "daily_limit"


class NetworkError(RetryableError):
    """No whole answer arrived: refused, reset, timed out or cut short."""

    default_code = "network"


class MalformedResponseError(RetryableError):
    """An answer arrived that is not what Google sends, as from a proxy in between."""

    default_code = "malformed_response"


class ItemError(DriveError):
    """Final for this item: it becomes an error record, and the sync goes on."""

    kind = Kind.ITEM
    default_code = "item_refused"


class NotFoundError(ItemError):
    """Gone, or not visible to this account: Drive does not say which (facts C2)."""

    default_code = "not_found"


class AccessDeniedError(ItemError):
    """The item is visible, but this account may not make this call on it."""

    default_code = "access_denied"


class ResponseTooLargeError(ItemError):
    """The answer has more than `limit_bytes` decoded bytes; a list can be asked again with smaller pages."""

    default_code = "response_too_large"

    def __init__(self, limit_bytes: int, *, endpoint: str = "") -> None:
        super().__init__(f"the answer is larger than {limit_bytes} bytes", endpoint=endpoint)
        self.limit_bytes = limit_bytes


class ConnectionBrokenError(DriveError):
    """Final for the connection: it is parked until a person acts."""

    kind = Kind.CONNECTION
    default_code = "connection_broken"


class ReauthorizationRequiredError(ConnectionBrokenError):
    """Consent is revoked, expired or too narrow: the user must connect again."""

    default_code = "reauthorization_required"


class DomainPolicyError(ConnectionBrokenError):
    """A Workspace administrator's policy forbids this: the administrator must allow it."""

    default_code = "domain_policy"


class ApiDisabledError(ConnectionBrokenError):
    """The API is not enabled in the Google Cloud project: its owner must enable it."""

    default_code = "api_disabled"


class InvalidClientError(ConnectionBrokenError):
    """The OAuth client is unknown, deleted or its secret is wrong: mend the client's settings."""

    default_code = "invalid_client"


class RequestError(ConnectionBrokenError):
    """Drive rejects the request itself: a query, mask or parameter is wrong, so a retry cannot help."""

    default_code = "invalid_request"


class CursorLostError(DriveError):
    """A page or start token is invalid or expired: what it belongs to is listed again (facts A4, A5)."""

    kind = Kind.CURSOR
    default_code = "cursor_lost"
