"""Errors in Google's shapes: what went wrong in, an HTTP status and a JSON body out (facts C1, C2, A1-A5).

DriveError    the Drive envelope: ``error.errors[]``, with ``status`` and ``details`` where Google has them
"""

from dataclasses import dataclass, field

from google_drive_emulator.grammar.fields import Json

_INVALID_CREDENTIALS = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid"
    " authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
_MISSING_CREDENTIALS = (
    "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid"
    " authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
_UNREGISTERED = (
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or"
    " other form of API consumer identity to call this API."
)

RPC_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""The google.rpc status that goes with an HTTP status."""

_SERVICES = {
    "drive": ("drive.googleapis.com", "google.apps.drive.v3.Drive"),
    "driveactivity": ("driveactivity.googleapis.com", "google.apps.drive.activity.v2."),
    "directory": ("admin.googleapis.com", "ccc.hosted.frontend.directory.v1.Directory"),
}
_RPC_NAMES = {
    "driveactivity.activity.query": "google.apps.drive.activity.v2.DriveActivityService.QueryDriveActivity",
}


@dataclass(eq=False)  # not frozen: contextlib sets an exception's traceback
class DriveError(Exception):
    """An answer other than success: ``status_code`` is the HTTP status, the rest fills Google's envelope.

    ``bare`` leaves ``errors`` out, as google.rpc and some gateway errors do (facts C1, E).
    """

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
    bare: bool = False

    def body(self) -> dict[str, Json]:
        """Return the JSON body, in the order of Google's own."""
        error: dict[str, Json] = {"code": self.status_code, "message": self.message}
        if not self.bare:
            error["errors"] = [self._entry()]
        if self.bare or self.status is not None:
            error["status"] = self.status or RPC_STATUSES.get(self.status_code, "INTERNAL")
        if self.details:
            error["details"] = list(self.details)
        return {"error": error}

    def _entry(self) -> dict[str, Json]:
        entry: dict[str, Json] = {"message": self.error_message or self.message}
        if self.domain is not None:
            entry["domain"] = self.domain
        entry["reason"] = self.reason
        if self.location is not None:
            entry |= {"location": self.location, "locationType": self.location_type}
        return entry


def bad_request(message: str) -> DriveError:
    """A request that makes no sense as a whole: 400 ``badRequest`` (facts C2)."""
    return DriveError(400, message, "badRequest")


def internal_error() -> DriveError:
    """Something that went wrong here: 500 ``internalError`` (facts C2)."""
    return DriveError(500, "Internal Error", "internalError")


def body_too_large(limit_bytes: int) -> DriveError:
    """A body above what a method takes: 413."""
    return DriveError(413, f"Request payload size exceeds the limit: {limit_bytes} bytes.", "uploadTooLarge")


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


def page_token_expired() -> DriveError:
    """A page token that was good once: 403 ``pageTokenExpired``, without a location (facts A4)."""
    return forbidden("pageTokenExpired", "The specified page token has expired, and can no longer be used.")


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


def missing_credentials() -> DriveError:
    """A call without the credentials that its method insists on: 401 ``required`` (facts F)."""
    return DriveError(
        401,
        _MISSING_CREDENTIALS,
        "required",
        "Authorization",
        "header",
        status="UNAUTHENTICATED",
        error_message="Login Required.",
        headers={"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/"'},
    )


def insufficient_scopes(method: str) -> DriveError:
    """A token without a scope that opens a method, by its discovery id: 403 ``insufficientPermissions`` (facts C2)."""
    api, _, rest = method.partition(".")
    service, prefix = _SERVICES[api]
    resource, _, verb = rest.rpartition(".")
    name = f"{prefix}{resource[:1].upper()}{resource[1:]}.{verb[:1].upper()}{verb[1:]}"
    metadata: Json = {"service": service, "method": _RPC_NAMES.get(method, name)}
    return DriveError(
        403,
        "Request had insufficient authentication scopes.",
        "insufficientPermissions",
        status="PERMISSION_DENIED",
        error_message="Insufficient Permission",
        details=(
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                "domain": "googleapis.com",
                "metadata": metadata,
            },
        ),
        headers={"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="insufficient_scope"'},
        bare=api == "driveactivity",
    )


def forbidden(reason: str, message: str, location: str | None = None) -> DriveError:
    """403 with a reason of the catalogue (facts C2)."""
    return DriveError(403, message, reason, location)
