"""The way through the consent page: a client's request in, a page to show or an address to go to out (facts F)."""

from collections.abc import Sequence

import msgspec

from google_drive_emulator.oauth import scopes as all_scopes
from google_drive_emulator.oauth.authorization_request import AuthorizationRequest
from google_drive_emulator.oauth.codes import Approval
from google_drive_emulator.oauth.errors import OAuthError, bad_parameter
from google_drive_emulator.oauth.redirects import with_answer
from google_drive_emulator.oauth.token_server import TokenServer
from google_drive_emulator.world.items import User


class Question(msgspec.Struct, frozen=True):
    """What a consent page asks: which account, and which of the scopes."""

    request: AuthorizationRequest
    client_name: str
    accounts: Sequence[User]
    chosen: User


class Decision(msgspec.Struct, frozen=True):
    """What a person answered: as which account, to which scopes; refused when ``is_allowed`` is false."""

    email: str
    scopes: frozenset[str]
    is_allowed: bool


def begin(server: TokenServer, request: AuthorizationRequest) -> Question | str:
    """Return the question to ask, or the address to go to when nothing is to be asked. Raises ``OAuthError``."""
    user = _apparent_user(server, request)
    if server.settings.consent != "ask":
        return decide(server, request, _automatic(server, request, user))
    agreed = user is not None and _has_agreed(server, request, user)
    if user is not None and agreed and not request.prompts & {"consent", "select_account"}:
        return _approved(server, request, user, frozenset(request.scopes))
    if "none" in request.prompts:
        return _refused(request, "interaction_required" if user is None else "consent_required")
    return _question(server, request, user)


def decide(server: TokenServer, request: AuthorizationRequest, decision: Decision) -> str:
    """Return the address that an answered page leads to. Raises ``OAuthError``."""
    user = server.accounts.user(decision.email)
    if not decision.is_allowed:
        return _refused(request, "access_denied")
    if user is None:
        raise bad_parameter("account", f"There is no account {decision.email}")
    asked = frozenset(request.scopes)
    granted = asked & (decision.scopes | all_scopes.SIGN_IN) if request.is_granular else asked
    return _approved(server, request, user, granted) if granted else _refused(request, "access_denied")


def _apparent_user(server: TokenServer, request: AuthorizationRequest) -> User | None:
    """Return the account that is meant without asking: the one hinted at, or the only one."""
    if request.login_hint is not None:
        return server.accounts.user(request.login_hint)
    users = server.accounts.users
    return users[0] if len(users) == 1 else None


def _automatic(server: TokenServer, request: AuthorizationRequest, user: User | None) -> Decision:
    email = (user or server.accounts.users[0]).email
    return Decision(email, frozenset(request.scopes), server.settings.consent == "allow")


def _has_agreed(server: TokenServer, request: AuthorizationRequest, user: User) -> bool:
    """Tell whether a user has granted all this before, with a refresh token if one is asked for."""
    now_ms, unused_ms = server.clock(), server.settings.unused_seconds * 1000
    granted = server.grants.consented(user.email, request.client_id, now_ms, unused_ms)
    return granted.issuperset(request.scopes) and (not request.is_offline or _has_refresh_token(server, request, user))


def _has_refresh_token(server: TokenServer, request: AuthorizationRequest, user: User) -> bool:
    unused_ms = server.settings.unused_seconds * 1000
    return server.grants.has_refresh_token(user.email, request.client_id, server.clock(), unused_ms)


def _question(server: TokenServer, request: AuthorizationRequest, user: User | None) -> Question:
    client = server.registry.client(request.client_id)
    accounts = server.accounts.users
    name = request.client_id if client is None else client.name or client.client_id
    return Question(request, name, accounts, user or accounts[0])


def _approved(server: TokenServer, request: AuthorizationRequest, user: User, granted: frozenset[str]) -> str:
    """Return the address with a code for what a user granted. Raises ``OAuthError`` for who is kept out."""
    _check_user(server, request, user)
    now_ms, unused_ms = server.clock(), server.settings.unused_seconds * 1000
    if request.includes_granted:
        granted |= server.grants.consented(user.email, request.client_id, now_ms, unused_ms)
    is_new = "consent" in request.prompts or not _has_refresh_token(server, request, user)
    approval = Approval(
        client_id=request.client_id,
        redirect_uri=request.redirect_uri,
        email=user.email,
        scopes=granted,
        gives_refresh_token=request.is_offline and is_new,
        expires_ms=now_ms + server.settings.code_seconds * 1000,
        challenge=request.challenge,
        nonce=request.nonce,
    )
    answer = {"state": request.state, "code": server.codes.issue(approval), "scope": all_scopes.join(granted)}
    return with_answer(request.redirect_uri, answer)


def _refused(request: AuthorizationRequest, error: str) -> str:
    return with_answer(request.redirect_uri, {"error": error, "state": request.state})


def _check_user(server: TokenServer, request: AuthorizationRequest, user: User) -> None:
    """Raise the ``OAuthError`` that keeps a user from a client."""
    server.registry.check_page(request.client_id, user.email)
    client = server.registry.client(request.client_id)
    if client is not None and client.testing and client.test_users and user.email not in client.test_users:
        raise OAuthError("access_denied")
