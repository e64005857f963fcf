"""``oauth2.googleapis.com``: tokens given and revoked, and what is known about them (facts C3, F)."""

import binascii
from base64 import b64decode
from collections.abc import Awaitable, Callable
from urllib.parse import unquote, urlsplit

from google_drive_emulator.http.calls import Call, Handler, Reply, Route, json_reply
from google_drive_emulator.http.requests import read_form
from google_drive_emulator.oauth.assertions import TOKEN_PATHS
from google_drive_emulator.oauth.errors import OAuthError, missing
from google_drive_emulator.oauth.exchange import exchange
from google_drive_emulator.state import EmulatorState

_NO_STORE = {"Cache-Control": "no-cache, no-store, max-age=0, must-revalidate", "Pragma": "no-cache"}


def oauth_handler(handle: Callable[[EmulatorState, Call], Awaitable[Reply]]) -> Handler:
    """Make a handler whose ``OAuthError`` is answered as these endpoints do."""

    async def handler(state: EmulatorState, call: Call) -> Reply:
        try:
            return await handle(state, call)
        except OAuthError as error:
            return json_reply(error.body(), error.status, _NO_STORE)

    handler.__doc__ = handle.__doc__
    return handler


async def _grant(state: EmulatorState, call: Call) -> Reply:
    """``POST /token``: an access token for a code, a refresh token or a service account's assertion."""
    form = dict(read_form(await call.read())) | _basic(call.headers.get("Authorization", ""))
    return json_reply(exchange(state.tokens, form, urlsplit(call.base_url).netloc), headers=_NO_STORE)


async def _revoke(state: EmulatorState, call: Call) -> Reply:
    """``POST /revoke``: end a grant by either of its tokens."""
    token = call.params.text("token") or dict(read_form(await call.read())).get("token")
    if not token:
        raise missing("token")
    if not state.tokens.revoke(token):
        raise OAuthError("invalid_token", "Token expired or revoked")
    return json_reply({}, headers=_NO_STORE)


def _basic(header: str) -> dict[str, str]:
    """Return a client's id and secret from HTTP Basic, or nothing."""
    kind, _, credentials = header.partition(" ")
    try:
        user, divider, password = b64decode(credentials).decode().partition(":")
    except (binascii.Error, ValueError):
        return {}
    if kind.lower() != "basic" or not divider:
        return {}
    return {"client_id": unquote(user), "client_secret": unquote(password)}


def _route(name: str, method: str | tuple[str, ...], path: str | tuple[str, ...], handler: Handler) -> Route:
    return Route(f"oauth.{name}", method, path, handler, needs_user=False, api="oauth2")


ROUTES = (
    _route("token", "POST", TOKEN_PATHS, oauth_handler(_grant)),
    _route("revoke", ("GET", "POST"), ("/revoke", "/o/oauth2/revoke"), oauth_handler(_revoke)),
)
