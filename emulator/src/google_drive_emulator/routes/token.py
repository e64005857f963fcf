"""``oauth2.googleapis.com``: the token and revocation endpoints (facts C3, F)."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from google_drive_emulator.http.calls import Call, Reply, Route, json_reply
from google_drive_emulator.oauth.token_server import OAuthError
from google_drive_emulator.state import EmulatorState

_NO_STORE = {"Cache-Control": "no-cache, no-store, max-age=0, must-revalidate", "Pragma": "no-cache"}


def _form(call: Call) -> Mapping[str, str]:
    try:
        return dict(parse_qsl(call.body.decode(), keep_blank_values=True, max_num_fields=50))
    except ValueError:
        raise OAuthError("invalid_request", "The body must be form-encoded text.") from None


def _refusal(error: OAuthError) -> Reply:
    return json_reply({"error": error.code, "error_description": error.description}, error.status, _NO_STORE)


async def grant(state: EmulatorState, call: Call) -> Reply:
    """``POST /token``: an access token for a refresh token or a service account's assertion."""
    try:
        return json_reply(state.tokens.grant(_form(call)), headers=_NO_STORE)
    except OAuthError as error:
        return _refusal(error)


async def revoke(state: EmulatorState, call: Call) -> Reply:
    """``POST /revoke``: end a grant by either of its tokens."""
    token = call.params.text("token") or _form(call).get("token")
    if not token:
        return _refusal(OAuthError("invalid_request", "Missing required parameter: token"))
    state.tokens.revoke(token)
    return json_reply({})


ROUTES = (
    Route("oauth.token", "POST", "/token", grant, needs_user=False),
    Route("oauth.revoke", "POST", "/revoke", revoke, needs_user=False),
)
