"""What a client asks the token endpoint (RFC 6749, 4.4.2), read without trust.

In: an Authorization header and a form. Out: who it says it is and which scopes it wants, or the error that the RFC
names (5.2).
"""

import base64
import binascii
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote_plus

FORM = "application/x-www-form-urlencoded"
MOST_BYTES = 8_192
MOST_FIELDS = 20
GRANT = "client_credentials"
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="drive-control-plane", charset="UTF-8"'}


class OAuthError(Exception):
    """A refusal in the RFC's words: `error` is one of its codes, the text says what to do."""

    def __init__(self, status: int, error: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.error = error
        self.detail = detail
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A client's id and secret as shown, and the scopes it asks for; None: all that it has."""

    client_id: str
    secret: str = field(repr=False)
    scopes: tuple[str, ...] | None


def invalid_request(detail: str) -> OAuthError:
    """A request that is not what the RFC describes."""
    return OAuthError(400, "invalid_request", detail)


def invalid_client() -> OAuthError:
    """One refusal for an unknown client, a wrong secret and a disabled client."""
    detail = "There is no such client with this secret, or it is disabled."
    return OAuthError(401, "invalid_client", detail, _CHALLENGE)


def read(authorization: str | None, content_type: str | None, body: bytes) -> TokenRequest:
    """Read a request. Raises `OAuthError`."""
    if (content_type or "").partition(";")[0].strip().lower() != FORM:
        raise invalid_request(f"The body has to be {FORM}.")
    form = _form(body)
    grant = form.get("grant_type")
    if grant is None:
        raise invalid_request("grant_type is missing.")
    if grant != GRANT:
        raise OAuthError(400, "unsupported_grant_type", f"grant_type has to be {GRANT}.")
    client_id, secret = _shown(authorization, form)
    scopes = form.get("scope", "").split()
    return TokenRequest(client_id, secret, tuple(scopes) or None)


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise invalid_request("The body is not a form.") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise invalid_request("A parameter is there twice.")
    return {name: value for name, value in form.items() if value}


def _shown(authorization: str | None, form: dict[str, str]) -> tuple[str, str]:
    if authorization is None:
        if "client_id" in form and "client_secret" in form:
            return form["client_id"], form["client_secret"]
        raise invalid_client()
    if "client_secret" in form:
        raise invalid_request("The client shows its secret twice: in a header and in the form.")
    client_id, secret = _basic(authorization)
    if form.get("client_id", client_id) != client_id:
        raise invalid_request("client_id in the form is another one than in the header.")
    return client_id, secret


def _basic(authorization: str) -> tuple[str, str]:
    kind, _, encoded = authorization.partition(" ")
    if kind.lower() != "basic":
        raise invalid_client()
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise invalid_client() from None
    if not colon:
        raise invalid_client()
    return unquote_plus(client_id), unquote_plus(secret)  # RFC 6749, 2.3.1
