"""Who a token stands for: userinfo, tokeninfo, and the keys that id tokens are signed with (facts F)."""

from google_drive_emulator.http.calls import Call, Handler, Reply, Route, json_reply
from google_drive_emulator.http.errors import invalid_credentials, missing_credentials
from google_drive_emulator.http.requests import read_form
from google_drive_emulator.oauth import token_info
from google_drive_emulator.oauth.errors import OAuthError
from google_drive_emulator.oauth.identity import userinfo, userinfo_v2
from google_drive_emulator.oauth.openid import configuration
from google_drive_emulator.oauth.scopes import SIGN_IN
from google_drive_emulator.routes.oauth import oauth_handler
from google_drive_emulator.state import EmulatorState

_CACHED = {"Cache-Control": "public, max-age=3600, must-revalidate, no-transform"}
_GET_OR_POST = ("GET", "POST")


async def _userinfo(state: EmulatorState, call: Call) -> Reply:
    """``GET /v1/userinfo``: the user, in the words of OpenID Connect."""
    session = state.tokens.session_of(_bearer(call))
    if session is None or session.scopes.isdisjoint(SIGN_IN):
        headers = {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_request"'}
        refusal = OAuthError("invalid_request", "Invalid Credentials", status=401)
        return json_reply(refusal.body(), refusal.status, headers)
    return json_reply(userinfo(session.user, session.scopes))


async def _userinfo_v2(state: EmulatorState, call: Call) -> Reply:
    """``oauth2.userinfo.get``: the user; a token without a scope for that counts as none."""
    token = _bearer(call)
    session = state.tokens.session_of(token) if token else None
    if token and session is None:
        raise invalid_credentials()
    if session is None or session.scopes.isdisjoint(SIGN_IN):
        raise missing_credentials()
    return json_reply(userinfo_v2(session.user, session.scopes))


async def _tokeninfo(state: EmulatorState, call: Call) -> Reply:
    """``GET /tokeninfo``: what an access token or an id token is."""
    access_token, id_token = await _tokens(call)
    if access_token:
        return json_reply(token_info.access_token_info(state.tokens, access_token))
    return json_reply(token_info.id_token_info(state.tokens, id_token))


async def _tokeninfo_v2(state: EmulatorState, call: Call) -> Reply:
    """``oauth2.tokeninfo``: what an access token is; of an id token, what it claims."""
    access_token, id_token = await _tokens(call)
    if access_token:
        return json_reply(token_info.access_token_info_v2(state.tokens, access_token))
    return json_reply(token_info.id_token_info_v2(state.tokens, id_token))


async def _tokens(call: Call) -> tuple[str, str]:
    """Return the access token and the id token that are asked about, of which one is empty. Raises ``OAuthError``."""
    fields = dict(read_form(await call.read()))
    access_token, id_token = (call.params.text(name) or fields.get(name, "") for name in ("access_token", "id_token"))
    if not access_token and not id_token:
        raise OAuthError("invalid_token", "Either access_token, id_token, or token_handle required")
    return access_token, id_token


async def _configuration(_state: EmulatorState, call: Call) -> Reply:
    """``GET /.well-known/openid-configuration``."""
    return json_reply(configuration(call.base_url), headers=_CACHED)


async def _key_set(state: EmulatorState, _call: Call) -> Reply:
    """``GET /oauth2/v3/certs``: the key of id tokens as a JSON Web Key Set."""
    return json_reply(state.tokens.signer.key_set(), headers=_CACHED)


async def _certificates(state: EmulatorState, _call: Call) -> Reply:
    """``GET /oauth2/v1/certs``: the key of id tokens as certificates in PEM."""
    return json_reply(state.tokens.signer.certificates(), headers=_CACHED)


def _bearer(call: Call) -> str:
    kind, _, token = call.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else call.params.text("access_token") or ""


def _route(name: str, method: str | tuple[str, ...], path: str | tuple[str, ...], handler: Handler) -> Route:
    return Route(name, method, path, handler, needs_user=False, api="oauth2")


ROUTES = (
    _route("userinfo.get", "GET", "/oauth2/v2/userinfo", _userinfo_v2),
    _route("userinfo.v2.me.get", "GET", "/userinfo/v2/me", _userinfo_v2),
    _route("tokeninfo", _GET_OR_POST, "/oauth2/v2/tokeninfo", oauth_handler(_tokeninfo_v2)),
    _route("oauth.userinfo", _GET_OR_POST, ("/v1/userinfo", "/oauth2/v3/userinfo"), _userinfo),
    _route("oauth.tokeninfo", _GET_OR_POST, ("/tokeninfo", "/oauth2/v3/tokeninfo"), oauth_handler(_tokeninfo)),
    _route("oauth.configuration", "GET", "/.well-known/openid-configuration", _configuration),
    _route("oauth.certs", "GET", "/oauth2/v3/certs", _key_set),
    _route("oauth.certs.v1", "GET", "/oauth2/v1/certs", _certificates),
)
