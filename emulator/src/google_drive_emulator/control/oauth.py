"""``/__emulator__/oauth``: clients, service accounts and grants are registered, ended and shown."""

import asyncio
from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from google_drive_emulator.control.messages import ControlError, Message, asked_user, control_route
from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.http.calls import Call, Reply, json_reply
from google_drive_emulator.oauth import key_files
from google_drive_emulator.oauth import scopes as all_scopes
from google_drive_emulator.oauth.assertions import is_rsa_key
from google_drive_emulator.oauth.errors import OAuthError
from google_drive_emulator.oauth.redirects import check_redirect_uri
from google_drive_emulator.oauth.registry import Client, ClientType, Refusal, ServiceAccount
from google_drive_emulator.oauth.report import report
from google_drive_emulator.oauth.settings import OAuthSettings
from google_drive_emulator.state import EmulatorState


class _Register(Message, frozen=True, tag_field="action", tag="register"):
    refresh_token: str = ""
    user: str | None = None
    client_id: str | None = None
    scopes: tuple[str, ...] | None = None


class _Revoke(Message, frozen=True, tag_field="action", tag="revoke"):
    refresh_token: str = ""


class _Expire(Message, frozen=True, tag_field="action", tag="expire_access_tokens"):
    pass


class _Client(Message, frozen=True, tag_field="action", tag="client"):
    client_id: str | None = None
    client_secret: str | None = None
    redirect_uris: tuple[str, ...] = ()
    type: ClientType = "web"
    name: str = ""
    testing: bool = False
    test_users: tuple[str, ...] = ()
    grant_seconds: int | None = None


class _ServiceAccount(Message, frozen=True, tag_field="action", tag="service_account"):
    email: str
    client_id: str | None = None
    public_key: str | None = None
    key_id: str = ""


class _Delegate(Message, frozen=True, tag_field="action", tag="delegate"):
    client_id: str
    scopes: tuple[str, ...]


class _Policy(Message, frozen=True, tag_field="action", tag="policy"):
    refusals: tuple[Refusal, ...]


class _Settings(Message, frozen=True, tag_field="action", tag="settings"):
    settings: OAuthSettings


_Action: TypeAlias = _Register | _Revoke | _Expire | _Client | _ServiceAccount | _Delegate | _Policy | _Settings
_ACTIONS: msgspec.json.Decoder[_Action] = msgspec.json.Decoder(_Action)


async def oauth(state: EmulatorState, call: Call) -> Reply:
    """``POST oauth``: carry out an action; a new client and a new service account are answered with their files."""
    action = await _read(call)
    match action:
        case _Client():
            return json_reply(_put_client(state, action, call.base_url))
        case _ServiceAccount():
            return json_reply(await _put_service_account(state, action, call.base_url))
    _carry_out(state, action)
    return json_reply({})


async def _read(call: Call) -> _Action:
    try:
        return _ACTIONS.decode(await call.read())
    except (msgspec.DecodeError, ValueError) as error:
        raise ControlError(f"the body is not what is expected here: {error}") from None


def _carry_out(state: EmulatorState, action: _Register | _Revoke | _Expire | _Delegate | _Policy | _Settings) -> None:
    match action:
        case _Register():
            _register(state, action)
        case _Revoke():
            state.tokens.revoke(_token(action.refresh_token, "revoke"))
        case _Expire():
            state.tokens.expire_access_tokens()
        case _Delegate():
            state.tokens.registry.delegate(action.client_id, _scopes(action.scopes))
        case _Policy():
            state.tokens.registry.refusals = action.refusals
        case _Settings():
            state.tokens.settings = _checked(action.settings)


async def show(state: EmulatorState, _call: Call) -> Reply:
    """``GET oauth``: clients, service accounts, grants and settings, without what is secret."""
    return json_reply(report(state.tokens))


def _register(state: EmulatorState, action: _Register) -> None:
    scopes = all_scopes.ALL if action.scopes is None else _scopes(action.scopes)
    user = asked_user(state, action.user)
    state.tokens.register(_token(action.refresh_token, "register"), user, scopes=scopes, client_id=action.client_id)


def _put_client(state: EmulatorState, action: _Client, base_url: str) -> Json:
    if action.grant_seconds is not None and action.grant_seconds < 1:
        raise ControlError(f"grant_seconds must be at least 1, not {action.grant_seconds}")
    fields = msgspec.structs.asdict(action)
    fields["client_id"] = action.client_id or key_files.new_client_id()
    fields["client_secret"] = action.client_secret or key_files.new_client_secret()
    client = Client(**fields)
    for redirect_uri in client.redirect_uris:
        try:
            check_redirect_uri(redirect_uri, None)
        except OAuthError as error:
            raise ControlError(f"{redirect_uri!r} cannot be a redirect address: {error.description}") from None
    state.tokens.registry.put_client(client)
    return key_files.client_file(client, base_url)


async def _put_service_account(state: EmulatorState, action: _ServiceAccount, base_url: str) -> Json:
    if "@" not in action.email:
        raise ControlError(f"email must be an address, not {action.email!r}")
    client_id = action.client_id or key_files.new_account_number()
    if action.public_key is not None:
        return _put_key(state, action, client_id, action.public_key)
    key_id, private_key, public_key = await asyncio.to_thread(key_files.new_key)
    state.tokens.put_service_account(ServiceAccount(action.email, client_id, {key_id: public_key}))
    return key_files.service_account_file(action.email, client_id, key_id, private_key, base_url)


def _put_key(state: EmulatorState, action: _ServiceAccount, client_id: str, public_key: str) -> Mapping[str, Json]:
    """Register a service account whose private key its maker keeps."""
    if not is_rsa_key(public_key):
        raise ControlError("public_key must be an RSA key in PEM, beginning with -----BEGIN PUBLIC KEY-----")
    state.tokens.put_service_account(ServiceAccount(action.email, client_id, {action.key_id: public_key}))
    return {"client_email": action.email, "client_id": client_id}


def _token(refresh_token: str, action: str) -> str:
    if not refresh_token:
        raise ControlError(f"the action {action} needs a refresh_token")
    return refresh_token


def _scopes(names: tuple[str, ...]) -> frozenset[str]:
    try:
        return frozenset(all_scopes.parse(" ".join(names)))
    except OAuthError as error:
        raise ControlError(error.description) from None


def _checked(settings: OAuthSettings) -> OAuthSettings:
    problem = settings.problem()
    if problem is not None:
        raise ControlError(problem)
    return settings


ROUTES = (
    control_route("oauth", "POST", "oauth", oauth),
    control_route("oauth.show", "GET", "oauth", show),
)
