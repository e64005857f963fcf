"""Authorisation codes: what was granted on a page in, a code out, and back once (facts F)."""

import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Literal, TypeAlias

import msgspec

from google_drive_emulator.oauth.errors import OAuthError

ChallengeMethod: TypeAlias = Literal["plain", "S256"]

_PREFIX = "4/0A"


class Challenge(msgspec.Struct, frozen=True):
    """A PKCE challenge: who exchanges the code must know the verifier it was made from."""

    method: ChallengeMethod
    value: str

    def is_met_by(self, verifier: str) -> bool:
        """Tell whether a verifier is the one."""
        if self.method == "plain":
            return verifier == self.value
        hashed = urlsafe_b64encode(sha256(verifier.encode(errors="replace")).digest())
        return hashed.decode().rstrip("=") == self.value


class Approval(msgspec.Struct, frozen=True):
    """What a user granted on a consent page. ``gives_refresh_token`` is decided there."""

    client_id: str
    redirect_uri: str
    email: str
    scopes: frozenset[str]
    gives_refresh_token: bool
    expires_ms: int
    challenge: Challenge | None = None
    nonce: str | None = None

    def check(self, redirect_uri: str, verifier: str | None) -> None:
        """Check what comes with a code. Raises ``OAuthError``."""
        if redirect_uri != self.redirect_uri:
            raise OAuthError("redirect_uri_mismatch")
        if self.challenge is None:
            if verifier is not None:
                raise OAuthError("invalid_grant", "code_verifier or verifier is not needed.")
        elif verifier is None:
            raise OAuthError("invalid_grant", "Missing code verifier.")
        elif not self.challenge.is_met_by(verifier):
            raise OAuthError("invalid_grant", "Invalid code verifier.")


class Codes:
    """The codes that were not exchanged yet."""

    def __init__(self) -> None:
        self._approvals: dict[str, Approval] = {}

    def issue(self, approval: Approval) -> str:
        """Return a code for what was approved."""
        code = _PREFIX + secrets.token_urlsafe(48)
        self._approvals[code] = approval
        return code

    def find(self, code: str, client_id: str, now_ms: int) -> Approval:
        """Return what a client's code stands for. Raises ``OAuthError`` for none, an old one and another client's."""
        if not code.startswith(_PREFIX):
            raise OAuthError("invalid_grant", "Malformed auth code.")
        approval = self._approvals.get(code)
        if approval is None or now_ms >= approval.expires_ms or approval.client_id != client_id:
            raise OAuthError("invalid_grant")
        return approval

    def spend(self, code: str) -> None:
        """End a code: it is good once."""
        del self._approvals[code]
