"""Errors in Google's shapes: what went wrong in, an HTTP status and a JSON body out (facts C1, C2, A1-A5).

DriveError    the Drive envelope: ``error.errors[]``, with ``status`` and ``details`` where Google has them
"""

from dataclasses import dataclass, field

from google_drive_emulator.grammar.fields import Json

_INVALID_CREDENTIALS = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid"
    " authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
_UNREGISTERED = (
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or"
    " other form of API consumer identity to call this API."
)


@dataclass(frozen=True)
class DriveError(Exception):
    """An answer other than success: ``status_code`` is the HTTP status, the rest fills Google's envelope."""

    status_code: int
    message: str
    reason: str
    location: str | None = None
    location_type: str | None = "parameter"
    domain: str | None = "global"
    status: str | None = None
    error_message: str | None = None
    details: tuple[Json, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Json]:
        """Return the JSON body, in the order of Google's own."""
        entry: dict[str, Json] = {"message": self.error_message or self.message}
        if self.domain is not None:
            entry["domain"] = self.domain
        entry["reason"] = self.reason
        if self.location is not None:
            entry |= {"location": self.location, "locationType": self.location_type}
        error: dict[str, Json] = {"code": self.status_code, "message": self.message, "errors": [entry]}
        if self.status is not None:
            error["status"] = self.status
        if self.details:
            error["details"] = list(self.details)
        return {"error": error}


def invalid_value(parameter: str) -> DriveError:
    """A parameter that parses but means nothing: 400 ``invalid`` (facts A4, A5)."""
    return DriveError(400, "Invalid Value", "invalid", parameter)


def required(parameter: str) -> DriveError:
    """A parameter that is missing: 400 ``required`` (facts A5)."""
    return DriveError(400, f"Required parameter: {parameter}", "required", parameter)


def fields_required() -> DriveError:
    """A method that insists on a mask: 400 ``required`` (facts A3)."""
    return DriveError(400, "The 'fields' parameter is required for this method.", "required", "fields")


def invalid_field_selection(selection: str) -> DriveError:
    """A mask with an unknown name: 400 ``invalidParameter`` (facts A3)."""
    return DriveError(400, f"Invalid field selection {selection}", "invalidParameter", "fields")


def mistyped(parameter: str, type_name: str, text: str) -> DriveError:
    """A parameter of the wrong type: 400 INVALID_ARGUMENT, without a domain (facts A1)."""
    message = f"Invalid value at '{parameter}' ({type_name}), \"{text}\""
    violation: Json = {"field": parameter, "description": message}
    detail: Json = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}
    return DriveError(400, message, "invalid", domain=None, status="INVALID_ARGUMENT", details=(detail,))


def out_of_range(parameter: str, text: str, low: int, high: int) -> DriveError:
    """A number outside its range: 400 ``invalidParameter`` (facts A1)."""
    message = f"Invalid value '{text}'. Values must be within the range: [value: {low}\n, value: {high}\n]"
    return DriveError(400, message, "invalidParameter", parameter)


def not_found(message: str, location: str | None = None) -> DriveError:
    """Something that is not there, or that the caller may not see: 404 ``notFound`` (facts C2)."""
    return DriveError(404, message, "notFound", location)


def file_not_found(file_id: str) -> DriveError:
    """404 for a file (facts C2)."""
    return not_found(f"File not found: {file_id}.", "fileId")


def drive_not_found(drive_id: str) -> DriveError:
    """404 for a shared drive (facts A4)."""
    return not_found(f"Shared drive not found: {drive_id}", "driveId")


def invalid_credentials() -> DriveError:
    """A bearer token that is no good: 401 ``authError`` (facts C2)."""
    return DriveError(
        401,
        _INVALID_CREDENTIALS,
        "authError",
        "Authorization",
        "header",
        status="UNAUTHENTICATED",
        error_message="Invalid Credentials",
        headers={"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'},
    )


def no_credentials(method: str) -> DriveError:
    """A call without credentials: 403 for a GET, else 401 (facts C2)."""
    if method == "GET":
        return DriveError(403, _UNREGISTERED, "forbidden", status="PERMISSION_DENIED")
    return DriveError(401, "Login Required.", "required", "Authorization", "header", status="UNAUTHENTICATED")


def forbidden(reason: str, message: str, location: str | None = None) -> DriveError:
    """403 with a reason of the catalogue (facts C2)."""
    return DriveError(403, message, reason, location)


def injected(status_code: int, reason: str, retry_after_seconds: int | None) -> DriveError:
    """An error that a test asked for; the text is Google's where the catalogue has one (facts C2)."""
    message, domain = _KNOWN_REASONS.get(reason, (reason, "global"))
    headers = {} if retry_after_seconds is None else {"Retry-After": str(retry_after_seconds)}
    if reason == "authError":
        return invalid_credentials()
    return DriveError(status_code, message, reason, domain=domain, headers=headers)


_KNOWN_REASONS = {
    "userRateLimitExceeded": ("User Rate Limit Exceeded", "usageLimits"),
    "rateLimitExceeded": ("Rate Limit Exceeded", "usageLimits"),
    "dailyLimitExceeded": ("Daily Limit Exceeded", "usageLimits"),
    "quotaExceeded": ("Quota Exceeded", "usageLimits"),
    "internalError": ("Internal Error", "global"),
    "backendError": ("Unknown Error.", "global"),
    "domainPolicy": ("The domain administrators have disabled Drive apps.", "global"),
    "pageTokenExpired": ("The specified page token has expired, and can no longer be used.", "global"),
    "invalid": ("Invalid Value", "global"),
}
