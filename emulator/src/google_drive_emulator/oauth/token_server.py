"""The token server's mind: grants and access tokens in, sessions out (facts C3, F).

Open mode takes what it does not know; what was registered is held to its registration in both modes. An unknown token
stands for the user whose address is in it, such as ``user05@example.com``, and for the first user when none is.
"""

import re
import secrets
from collections.abc import Iterator, Sequence
from typing import Literal, Protocol, TypeAlias

from google_drive_emulator.oauth import scopes as all_scopes
from google_drive_emulator.oauth.access_tokens import PREFIX, AccessTokens, Ticket
from google_drive_emulator.oauth.codes import Approval, Codes
from google_drive_emulator.oauth.errors import OAuthError, dead_token
from google_drive_emulator.oauth.grants import Grant, GrantKind, Grants, digest
from google_drive_emulator.oauth.identity import Signer
from google_drive_emulator.oauth.registry import Client, Registry, ServiceAccount
from google_drive_emulator.oauth.sessions import Session
from google_drive_emulator.oauth.settings import OAuthSettings
from google_drive_emulator.world.accounts import grantee_number
from google_drive_emulator.world.items import User
from google_drive_emulator.world.timestamps import Clock

AuthMode: TypeAlias = Literal["open", "strict"]

OPEN_CLIENT = "open"
"""The client of bearer tokens that open mode takes without having given them."""

_REFRESH_PREFIX = "1//0"
_ADDRESS = re.compile(r"([\w.+-]+)@([\w-]+(?:\.[\w-]+)*)")


class Accounts(Protocol):
    """Where users come from: the world."""

    @property
    def users(self) -> Sequence[User]:
        """Return all users, the first one first."""

    def user(self, email: str) -> User | None:
        """Return the user with an address, or None."""

    def add_user(self, user: User) -> None:
        """Add a user."""


class TokenServer:
    """Grants, and the access tokens made from them.

    ``settings`` may be replaced. What is registered goes into ``registry``, but service accounts by
    ``put_service_account``.
    """

    def __init__(self, mode: AuthMode, accounts: Accounts, clock: Clock) -> None:
        self.mode = mode
        self.accounts = accounts
        self.clock = clock
        self.settings = OAuthSettings()
        self.signer = Signer()
        self._tokens = AccessTokens()
        self.reset()

    def reset(self) -> None:
        """Forget grants, revocations and all that was registered, and outdate all access tokens; settings stay."""
        self.registry = Registry()
        self.grants = Grants()
        self.codes = Codes()
        self._revocations = 0
        self._first_email = self.accounts.users[0].email
        self._tokens.outdate()

    # ── what tokens mean ─────────────────────────────────────────────────────

    def session_of(self, access_token: str) -> Session | None:
        """Return what a bearer token stands for; None when it is no good."""
        ticket = self._tokens.read(access_token, self.clock())
        if ticket is None:
            return self._open_session(access_token)
        grant = self.grants.get(ticket.grant)
        user = None if grant is None else self.accounts.user(grant.email)
        if grant is None or user is None:
            return None
        granted = grant.scopes if ticket.scopes is None else frozenset(ticket.scopes)
        return Session(user, granted, grant.client_id or OPEN_CLIENT, grant.id)

    def ticket_of(self, access_token: str) -> Ticket | None:
        """Return what an access token that was made here says, while it is fresh."""
        return self._tokens.read(access_token, self.clock())

    def _open_session(self, access_token: str) -> Session | None:
        """Open mode takes any token that looks unlike its own."""
        if self.mode == "strict" or not access_token or access_token.startswith(PREFIX):
            return None
        grant_id = digest(access_token)
        if self.grants.was_revoked(grant_id):
            return None
        user = self._named_user(access_token)
        return None if user is None else Session(user, all_scopes.ALL, OPEN_CLIENT, grant_id)

    def _named_user(self, token: str) -> User | None:
        """Return the user whose address is in a token, else the first; None when the address is nobody's."""
        found = _ADDRESS.search(token)
        if found is None:
            return self.accounts.user(self._first_email)
        users = (self.accounts.user(f"{local}@{found[2]}") for local in _tails(found[1]))
        return next((user for user in users if user is not None), None)

    # ── grants begin and end ─────────────────────────────────────────────────

    def register(
        self,
        refresh_token: str,
        user: User | None = None,
        *,
        scopes: frozenset[str] = all_scopes.ALL,
        client_id: str | None = None,
    ) -> None:
        """Make a refresh token good, again if it was revoked; by default for the first user, all scopes, any client."""
        email = self._first_email if user is None else user.email
        self._add(digest(refresh_token), "registered", email, scopes, client_id)

    def put_service_account(self, account: ServiceAccount) -> None:
        """Register a service account; it gets an account of its own, which owns nothing."""
        self.registry.put_service_account(account)
        if self.accounts.user(account.email) is None:
            name = account.email.partition("@")[0]
            self.accounts.add_user(User(account.email, name, grantee_number(account.email)))

    def approve(self, approval: Approval) -> tuple[Grant, str | None]:
        """Make a grant of what was approved; return it with its refresh token, if it has one."""
        now_ms, client_id = self.clock(), approval.client_id
        token = _REFRESH_PREFIX + secrets.token_urlsafe(64) if approval.gives_refresh_token else None
        grant = Grant(
            secrets.token_hex(12) if token is None else digest(token),
            "consent",
            approval.email,
            approval.scopes,
            client_id,
            issued_ms=now_ms,
            used_ms=now_ms,
            ends_ms=self._end_ms(self.registry.client(client_id), approval.scopes, now_ms),
            has_refresh_token=token is not None,
        )
        self.grants.add(grant)
        self.grants.evict(approval.email, client_id, self.settings.refresh_tokens_per_client)
        return grant, token

    def admit(self, account: str, user: User, scopes: frozenset[str]) -> Grant:
        """Return the grant of a service account that acts for a user: the same each time, until it is revoked."""
        grant_id = digest(f"{account} {user.email} {all_scopes.join(scopes)} {self._revocations}")
        return self._add(grant_id, "service_account", user.email, scopes, account, has_refresh_token=False)

    def use(self, refresh_token: str, client_id: str) -> Grant:
        """Return the grant of a refresh token that a client presents. Raises ``OAuthError``."""
        grant_id = digest(refresh_token)
        grant = self.grants.get(grant_id) or self._take(refresh_token, grant_id)
        if grant.client_id not in {None, client_id}:
            raise OAuthError("unauthorized_client")
        used = self.grants.use(grant_id, self.clock(), self.settings.unused_seconds * 1000)
        if used is None or self.accounts.user(used.email) is None:
            raise dead_token()
        return used

    def revoke(self, token: str) -> bool:
        """End a grant, given its refresh token or one of its access tokens; tell whether the token was good."""
        ticket = self._tokens.read(token, self.clock())
        grant_id = digest(token) if ticket is None else ticket.grant
        known = self.grants.get(grant_id) is not None
        unknown_but_good = ticket is None and self._open_session(token) is not None
        self.grants.revoke(grant_id)
        self._revocations += 1
        return known or unknown_but_good

    def expire_access_tokens(self) -> None:
        """Outdate all access tokens given so far; refresh tokens stay good."""
        self._tokens.outdate()

    def access_token(self, grant: Grant, scopes: tuple[str, ...] | None = None) -> str:
        """Return a new access token of a grant, within ``scopes`` if given."""
        return self._tokens.make(grant.id, self.clock() + self.settings.access_token_seconds * 1000, scopes)

    def _take(self, refresh_token: str, grant_id: str) -> Grant:
        """Take an unknown refresh token, as open mode does. Raises ``OAuthError``."""
        if self.grants.was_revoked(grant_id):
            raise dead_token()
        user = self._named_user(refresh_token)
        if self.mode == "strict" or user is None:
            raise OAuthError("invalid_grant")
        return self._add(grant_id, "unknown", user.email, all_scopes.ALL, None)

    def _add(
        self,
        grant_id: str,
        kind: GrantKind,
        email: str,
        scopes: frozenset[str],
        client_id: str | None,
        *,
        has_refresh_token: bool = True,
    ) -> Grant:
        now_ms = self.clock()
        grant = Grant(grant_id, kind, email, scopes, client_id, now_ms, now_ms, has_refresh_token=has_refresh_token)
        self.grants.add(grant)
        return grant

    def _end_ms(self, client: Client | None, scopes: frozenset[str], now_ms: int) -> int | None:
        """Return when a grant ends by itself: access for a time, and consent screens in testing (facts C3)."""
        lifetimes = [] if client is None or client.grant_seconds is None else [client.grant_seconds]
        if client is not None and client.testing and not scopes <= all_scopes.SIGN_IN:
            lifetimes.append(self.settings.testing_seconds)
        return now_ms + min(lifetimes) * 1000 if lifetimes else None


def _tails(local: str) -> Iterator[str]:
    """Give a text, and what is left of it behind each sign that divides words: an address may follow anything."""
    yield local
    for place, letter in enumerate(local):
        if letter in ".+-_":
            yield local[place + 1 :]
