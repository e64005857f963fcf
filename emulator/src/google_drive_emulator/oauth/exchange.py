"""The token endpoint: a form in, an access token out (facts C3, F).

The grants are codes of the consent page, refresh tokens, and assertions of service accounts; the latter are told
neither their scopes nor a refresh token.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from google_drive_emulator.oauth import assertions
from google_drive_emulator.oauth import scopes as all_scopes
from google_drive_emulator.oauth.assertions import Claims
from google_drive_emulator.oauth.errors import OAuthError, invalid_scopes, missing, not_delegated
from google_drive_emulator.oauth.grants import Grant
from google_drive_emulator.oauth.registry import ServiceAccount
from google_drive_emulator.oauth.token_server import TokenServer
from google_drive_emulator.world.items import User

Form: TypeAlias = Mapping[str, str]
Answer: TypeAlias = dict[str, str | int]

_UNKNOWN_ACCOUNT = "unregistered service account"


def exchange(server: TokenServer, form: Form, host: str) -> Answer:
    """Answer a request for an access token at ``host``, the emulator's own address. Raises ``OAuthError``."""
    kind = _required(form, "grant_type")
    if kind not in _GRANT_TYPES:
        raise OAuthError("unsupported_grant_type", f"Invalid grant_type: {kind}")
    return _GRANT_TYPES[kind](server, form, host)


def _code(server: TokenServer, form: Form, _host: str) -> Answer:
    client_id = _client(server, form)
    code, redirect_uri = _required(form, "code"), _required(form, "redirect_uri")
    approval = server.codes.find(code, client_id, server.clock())
    approval.check(redirect_uri, form.get("code_verifier"))
    server.registry.check_token(client_id, approval.email)
    server.codes.spend(code)
    grant, refresh_token = server.approve(approval)
    answer = _answer(server, grant, client_id, grant.scopes, nonce=approval.nonce)
    return answer if refresh_token is None else {**answer, "refresh_token": refresh_token}


def _refresh(server: TokenServer, form: Form, _host: str) -> Answer:
    client_id = _client(server, form)
    grant = server.use(_required(form, "refresh_token"), client_id)
    server.registry.check_token(client_id, grant.email)
    return _answer(server, grant, client_id, _narrowed(grant.scopes, form.get("scope", "")))


def _client(server: TokenServer, form: Form) -> str:
    """Return the client that asks, after it has shown its secret. Raises ``OAuthError``."""
    client_id = form.get("client_id")
    if not client_id:
        raise OAuthError("invalid_request", "Could not determine client ID from request.")
    server.registry.check_token(client_id)
    client = server.registry.client(client_id)
    if client is None:
        if server.mode == "strict":
            raise OAuthError("invalid_client")
    elif not form.get("client_secret"):
        raise OAuthError("invalid_request", "client_secret is missing.")
    elif form["client_secret"] != client.client_secret:
        raise OAuthError("invalid_client", "The provided client secret is invalid.")
    return client_id


def _narrowed(granted: frozenset[str], asked: str) -> frozenset[str]:
    """Return the scopes that a refresh asks for; all that were granted when it names none. Raises ``OAuthError``."""
    scopes = all_scopes.parse(asked)
    beyond = [scope for scope in scopes if scope not in granted]
    if beyond:
        raise invalid_scopes([scope for scope in scopes if scope in granted], beyond)
    return frozenset(scopes) or granted


def _answer(
    server: TokenServer, grant: Grant, client_id: str, scopes: frozenset[str], nonce: str | None = None
) -> Answer:
    access_token = server.access_token(grant, None if scopes == grant.scopes else tuple(scopes))
    answer: Answer = {
        "access_token": access_token,
        "expires_in": server.settings.access_token_seconds,
        "scope": all_scopes.join(scopes),
        "token_type": "Bearer",
    }
    user = server.accounts.user(grant.email) if grant.kind == "consent" else None
    if user is not None and all_scopes.OPENID in scopes:
        answer["id_token"] = server.signer.id_token(
            user, scopes, client_id, access_token=access_token, nonce=nonce, now_ms=server.clock()
        )
    if grant.ends_ms is not None and grant.has_refresh_token:
        answer["refresh_token_expires_in"] = (grant.ends_ms - server.clock() - 1) // 1000
    return answer


def _assertion(server: TokenServer, form: Form, host: str) -> Answer:
    assertion = assertions.read(_required(form, "assertion"))
    known = None if assertion is None else server.registry.service_account(assertion.claims.iss)
    if known is None and server.mode == "open":
        grant = _admitted_openly(server, assertions.Claims() if assertion is None else assertion.claims)
    else:
        grant = _admitted(server, *assertions.verify(assertion, known, server.clock(), host))
    seconds = server.settings.access_token_seconds
    return {"access_token": server.access_token(grant), "expires_in": seconds, "token_type": "Bearer"}


def _admitted(server: TokenServer, account: ServiceAccount, claims: Claims) -> Grant:
    """Return the grant of an account that is itself, or a user within what the admin granted. Raises ``OAuthError``."""
    server.registry.check_token(account.client_id, claims.sub)
    asked = _asserted(claims.scope)
    user = _subject(server, claims.sub or account.email)
    if claims.sub and not asked <= server.registry.delegations.get(account.client_id, frozenset()):
        raise not_delegated()
    return server.admit(account.client_id, user, asked)


def _admitted_openly(server: TokenServer, claims: Claims) -> Grant:
    """Return the grant of an account that open mode takes: whom it names, or the first user. Raises ``OAuthError``."""
    user = _subject(server, claims.sub or server.accounts.users[0].email)
    return server.admit(_UNKNOWN_ACCOUNT, user, _asserted_openly(claims.scope))


def _asserted_openly(scope: str) -> frozenset[str]:
    """Return the scopes of an account that open mode takes: all, when it names none that exist."""
    try:
        return frozenset(all_scopes.parse(scope)) or all_scopes.ALL
    except OAuthError:
        return all_scopes.ALL


def _asserted(scope: str) -> frozenset[str]:
    """Return the scopes of an assertion. Raises ``OAuthError``."""
    if not scope.strip():
        raise OAuthError("invalid_scope", "Empty or missing scope not allowed.")
    try:
        return frozenset(all_scopes.parse(scope))
    except OAuthError:
        raise OAuthError("invalid_scope", "Invalid OAuth scope or ID token audience provided.") from None


def _subject(server: TokenServer, email: str) -> User:
    """Return whom a service account acts for. Raises ``OAuthError``."""
    user = server.accounts.user(email)
    if user is None:
        raise OAuthError("invalid_grant", "Invalid email or User ID")
    return user


def _required(form: Form, name: str) -> str:
    if not form.get(name):
        raise missing(name)
    return form[name]


_GRANT_TYPES: Mapping[str, Callable[[TokenServer, Form, str], Answer]] = {
    "authorization_code": _code,
    "refresh_token": _refresh,
    "urn:ietf:params:oauth:grant-type:jwt-bearer": _assertion,
}
