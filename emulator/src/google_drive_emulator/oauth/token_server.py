"""The token server's mind: refresh tokens in, access tokens and their meaning out (facts C3, F).

An access token carries its refresh token's digest, the generation it was given in and its expiry, and is sealed. So
nothing is stored for each one, and it can still expire, be revoked with its grant, or be out of date all at once.
"""

import secrets
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Literal, TypeAlias

import msgspec

from google_drive_emulator.world.items import User
from google_drive_emulator.world.timestamps import Clock

AuthMode: TypeAlias = Literal["open", "strict"]

EXPIRES_IN_SECONDS = 3599
SCOPE = "https://www.googleapis.com/auth/drive"
REFRESH_GRANT = "refresh_token"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"

_PREFIX = "ya29.emulator"


class OAuthError(Exception):
    """An error of the token endpoint (facts C3)."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.status = status


class TokenServer:
    """Grants and the access tokens made from them.

    In open mode every client and token is good and stands for the first user, apart from what was revoked. In strict
    mode only registered refresh tokens are, and only access tokens that were made here.
    """

    def __init__(self, mode: AuthMode, users: Sequence[User], clock: Clock) -> None:
        self._mode = mode
        self._accounts = {user.email: user for user in users}
        self._first_user = users[0]
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._generation = 0
        self.reset()

    def reset(self) -> None:
        """Forget registrations and revocations, and outdate all access tokens given so far."""
        self._users: dict[str, User] = {}
        self._revoked: set[str] = set()
        self._generation += 1

    def register(self, refresh_token: str, user: User | None = None) -> None:
        """Make a refresh token good, again if it was revoked; by default for the first user."""
        self._revoked.discard(_digest(refresh_token))
        self._users[_digest(refresh_token)] = user or self._first_user

    def revoke(self, token: str) -> None:
        """End a grant, given its refresh token or one of its access tokens."""
        sealed = self._open(token)
        self._revoked.add(_digest(token) if sealed is None else sealed.grant)

    def expire_access_tokens(self) -> None:
        """Outdate all access tokens given so far; refresh tokens stay good."""
        self._generation += 1

    def grant(self, form: Mapping[str, str]) -> dict[str, str | int]:
        """Answer a request for an access token. Raises ``OAuthError``."""
        kind = form.get("grant_type")
        if kind is None:
            raise OAuthError("invalid_request", "Missing required parameter: grant_type")
        if kind == REFRESH_GRANT:
            return self._refresh(form)
        if kind == JWT_GRANT:
            return self._assertion(form)
        raise OAuthError("unsupported_grant_type", f"Invalid grant_type: {kind}")

    def user_of(self, access_token: str) -> User | None:
        """Return whom a bearer token stands for; None when it is no good."""
        sealed = self._open(access_token)
        if sealed is None:
            known = self._mode == "open" and _digest(access_token) not in self._revoked
            return self._first_user if known and not access_token.startswith(_PREFIX) else None
        fresh = sealed.generation == self._generation and self._clock() < sealed.expires_ms
        if not fresh or sealed.grant in self._revoked:
            return None
        return self._users.get(sealed.grant, self._first_user)

    def _refresh(self, form: Mapping[str, str]) -> dict[str, str | int]:
        for name in ("client_id", "refresh_token"):
            if not form.get(name):
                raise OAuthError("invalid_request", f"Missing required parameter: {name}")
        if not form.get("client_secret") and self._mode == "strict":
            raise OAuthError("invalid_client", "Unauthorized", 401)
        grant = _digest(form["refresh_token"])
        if grant in self._revoked or (self._mode == "strict" and grant not in self._users):
            raise OAuthError("invalid_grant", "Token has been expired or revoked.")
        return {**self._access_token(grant), "scope": SCOPE}

    def _assertion(self, form: Mapping[str, str]) -> dict[str, str | int]:
        if self._mode == "strict":
            raise OAuthError("invalid_grant", "Invalid JWT Signature.")
        if not form.get("assertion"):
            raise OAuthError("invalid_request", "Missing required parameter: assertion")
        user = self._subject(form["assertion"])
        grant = _digest(f"service account for {user.email}")
        self._users[grant] = user
        return self._access_token(grant)

    def _subject(self, assertion: str) -> User:
        """Return whom a service account acts for: the ``sub`` of its assertion, else the first user."""
        email = _claims(assertion).sub
        user = self._first_user if email is None else self._accounts.get(email)
        if user is None:
            raise OAuthError("invalid_grant", "Invalid email or User ID")
        return user

    def _access_token(self, grant: str) -> dict[str, str | int]:
        expires_ms = self._clock() + EXPIRES_IN_SECONDS * 1000
        text = f"{self._generation}.{expires_ms}.{grant}.{secrets.token_hex(4)}"
        token = f"{_PREFIX}.{text}.{self._seal(text)}"
        return {"access_token": token, "expires_in": EXPIRES_IN_SECONDS, "token_type": "Bearer"}

    def _open(self, token: str) -> "_Sealed | None":
        text, _, seal = token.removeprefix(_PREFIX + ".").rpartition(".")
        if not token.startswith(_PREFIX + ".") or not secrets.compare_digest(seal.encode(), self._seal(text).encode()):
            return None
        generation, expires_ms, grant, _ = text.split(".")
        return _Sealed(int(generation), int(expires_ms), grant)

    def _seal(self, text: str) -> str:
        return blake2b(text.encode(), key=self._secret, digest_size=12).hexdigest()


class _Sealed(msgspec.Struct, frozen=True):
    generation: int
    expires_ms: int
    grant: str


class _Claims(msgspec.Struct, frozen=True):
    sub: str | None = None


def _claims(assertion: str) -> _Claims:
    """Read a JWT's claims; what is no JWT claims nothing, for in open mode every credential is good."""
    payload = "".join(assertion.split(".")[1:2])
    try:
        return msgspec.json.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=_Claims)
    except (ValueError, msgspec.DecodeError):
        return _Claims()


def _digest(token: str) -> str:
    return blake2b(token.encode(), digest_size=12).hexdigest()
