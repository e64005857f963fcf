"""Redirect addresses: where a code may be sent, and the address with the answer in it (facts F)."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from google_drive_emulator.oauth.errors import OAuthError, bad_parameter
from google_drive_emulator.oauth.registry import Client

_OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
_UNSAFE_SCHEMES = frozenset({"data", "file", "javascript"})
_PRINTABLE = re.compile(r"[!-~]+")


def check_redirect_uri(redirect_uri: str, client: Client | None) -> None:
    """Check an address, and that it is its client's; unregistered clients may have any. Raises ``OAuthError``."""
    if redirect_uri.startswith(_OUT_OF_BAND):
        raise OAuthError(
            "invalid_request", "The out-of-band (OOB) flow has been blocked in order to keep users secure."
        )
    problem = _problem(redirect_uri)
    if problem is not None:
        raise bad_parameter("redirect_uri", problem)
    if client is not None and not client.permits(redirect_uri):
        message = (
            f"The redirect URI in the request, {redirect_uri}, does not match one registered for the OAuth client."
        )
        raise OAuthError("redirect_uri_mismatch", message)


def with_answer(redirect_uri: str, answer: Mapping[str, str | None]) -> str:
    """Return the address that a browser is sent to, with those parts of an answer that there are."""
    query = urlencode({name: value for name, value in answer.items() if value is not None})
    return f"{redirect_uri}{'&' if urlsplit(redirect_uri).query else '?'}{query}"


def _problem(redirect_uri: str) -> str | None:
    if _PRINTABLE.fullmatch(redirect_uri) is None:
        return f"Invalid character in {redirect_uri!r}"
    try:
        address = urlsplit(redirect_uri)
    except ValueError:
        return f"Invalid redirect: {redirect_uri}"
    if not address.scheme:
        return f"Missing scheme: {redirect_uri}"
    if address.scheme in _UNSAFE_SCHEMES:
        return f"Invalid scheme: {redirect_uri}"
    if "#" in redirect_uri:
        return f"Fragment not allowed: {redirect_uri}"
    return None
