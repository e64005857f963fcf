"""What an access token or an id token is: a token in, the tokeninfo endpoints' answer out (facts F)."""

from typing import TypeAlias

from google_drive_emulator.oauth.errors import OAuthError
from google_drive_emulator.oauth.identity import account_number
from google_drive_emulator.oauth.scopes import EMAIL, OPENID, join
from google_drive_emulator.oauth.sessions import Session
from google_drive_emulator.oauth.token_server import TokenServer

Info: TypeAlias = dict[str, str | int | bool]


def access_token_info(server: TokenServer, token: str) -> dict[str, str]:
    """Return the answer of ``/tokeninfo``, all of it text. Raises ``OAuthError`` for a token that is no good."""
    session = _session(server, token)
    seconds = _seconds_left(server, token)
    info = {
        "azp": session.client_id,
        "aud": session.client_id,
        "scope": join(session.scopes),
        "exp": str(server.clock() // 1000 + seconds),
        "expires_in": str(seconds),
        "access_type": _access_type(server, session),
    }
    if OPENID in session.scopes:
        info["sub"] = account_number(session.user)
    if EMAIL in session.scopes:
        info |= {"email": session.user.email, "email_verified": "true"}
    return info


def access_token_info_v2(server: TokenServer, token: str) -> Info:
    """Return the answer of ``oauth2.tokeninfo``. Raises ``OAuthError`` for a token that is no good."""
    session = _session(server, token)
    info: Info = {
        "issued_to": session.client_id,
        "audience": session.client_id,
        "scope": join(session.scopes),
        "expires_in": _seconds_left(server, token),
    }
    if OPENID in session.scopes:
        info["user_id"] = account_number(session.user)
    if EMAIL in session.scopes:
        info |= {"email": session.user.email, "verified_email": True}
    return info


def id_token_info(server: TokenServer, token: str) -> dict[str, str]:
    """Return what an id token claims, all of it text. Raises ``OAuthError`` for one that is no good."""
    claims = server.signer.claims(token, server.clock())
    if claims is None:
        raise _invalid()
    written = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in claims.items()}
    return {**written, "alg": "RS256", "kid": server.signer.key_id, "typ": "JWT"}


def id_token_info_v2(server: TokenServer, token: str) -> Info:
    """Return what ``oauth2.tokeninfo`` says of an id token. Raises ``OAuthError`` for one that is no good."""
    claims = server.signer.claims(token, server.clock())
    if claims is None:
        raise _invalid()
    info: Info = {
        "issued_to": claims["azp"],
        "audience": claims["aud"],
        "user_id": claims["sub"],
        "expires_in": int(claims["exp"]) - server.clock() // 1000,
    }
    return {**info, "email": claims["email"], "verified_email": True} if "email" in claims else info


def _session(server: TokenServer, token: str) -> Session:
    session = server.session_of(token)
    if session is None:
        raise _invalid()
    return session


def _invalid() -> OAuthError:
    return OAuthError("invalid_token", "Invalid Value")


def _seconds_left(server: TokenServer, token: str) -> int:
    """Return how long a token lasts; one that open mode takes as it is never ends, and is always new."""
    ticket = server.ticket_of(token)
    if ticket is None:
        return server.settings.access_token_seconds
    return (ticket.expires_ms - server.clock()) // 1000


def _access_type(server: TokenServer, session: Session) -> str:
    grant = server.grants.get(session.grant_id)
    return "offline" if grant is not None and grant.has_refresh_token else "online"
