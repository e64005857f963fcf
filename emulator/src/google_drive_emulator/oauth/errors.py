"""Errors of Google's OAuth endpoints: what went wrong in, a status and a JSON body or a page out (facts C3).

OAuthError    ``{"error": code, "error_description": …}``; where a person is asked, the same on a page
"""

from collections.abc import Mapping

_DEFAULT_STATUS = 400
_KNOWN: Mapping[str, tuple[int, str]] = {
    "access_denied": (403, "The app is being tested, and only its test users may use it."),
    "admin_policy_enforced": (400, "Access to your account data is restricted by policies within your organization."),
    "deleted_client": (401, "The OAuth client was deleted."),
    "disallowed_useragent": (403, "The app does not comply with Google's policy on secure browsers."),
    "internal_failure": (500, "Internal failure."),
    "invalid_client": (401, "The OAuth client was not found."),
    "invalid_grant": (400, "Bad Request"),
    "invalid_scope": (400, "Some requested scopes were invalid."),
    "org_internal": (403, "This client is restricted to users within its organization."),
    "redirect_uri_mismatch": (400, "Bad Request"),
    "server_error": (500, "Internal server error."),
    "temporarily_unavailable": (503, "The service is temporarily unavailable."),
    "unauthorized_client": (401, "Unauthorized"),
}


class OAuthError(Exception):
    """An error with a code of the catalogue (facts C3); status and text are Google's unless given."""

    def __init__(
        self, code: str, description: str | None = None, *, status: int | None = None, subtype: str | None = None
    ) -> None:
        known_status, known_text = _KNOWN.get(code, (_DEFAULT_STATUS, code))
        self.code = code
        self.description = known_text if description is None else description
        self.status = known_status if status is None else status
        self.subtype = subtype
        super().__init__(f"{code}: {self.description}")

    def body(self) -> dict[str, str]:
        """Return the JSON body."""
        body = {"error": self.code, "error_description": self.description}
        return body if self.subtype is None else {**body, "error_subtype": self.subtype}


def missing(parameter: str) -> OAuthError:
    """A parameter that is missing: 400 ``invalid_request``."""
    return OAuthError("invalid_request", f"Missing required parameter: {parameter}")


def bad_parameter(parameter: str, problem: str) -> OAuthError:
    """A parameter that means nothing: 400 ``invalid_request``."""
    return OAuthError("invalid_request", f"Invalid parameter value for {parameter}: {problem}")


def dead_token() -> OAuthError:
    """A refresh token that has ended, however it ended: 400 ``invalid_grant`` (facts C3)."""
    return OAuthError("invalid_grant", "Token has been expired or revoked.")


def not_delegated() -> OAuthError:
    """A service account that the domain's admin has not let in: 401 ``unauthorized_client`` (facts C3)."""
    return OAuthError(
        "unauthorized_client",
        "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the"
        " scopes requested.",
    )


def invalid_scopes(valid: list[str], invalid: list[str]) -> OAuthError:
    """Scopes that do not exist, or were not granted: 400 ``invalid_scope``."""
    return OAuthError(
        "invalid_scope", f"Some requested scopes were invalid. {{valid={_listed(valid)}, invalid={_listed(invalid)}}}"
    )


def _listed(scopes: list[str]) -> str:
    return "[" + ", ".join(scopes) + "]"
