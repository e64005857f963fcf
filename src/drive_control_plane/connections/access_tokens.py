"""Access tokens for workers: a connection in; a token that is good for minutes yet, and the connection's settings, out.

Google is asked once however many ask at the same moment: in a process they share one call, and replicas wait for each
other at the credential's row, where the token is kept (sealed) while it lasts. A grant that Google refuses marks its
connection, so that nobody asks again until somebody consents.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.connections.messages import connection_config
from drive_control_plane.context import Context
from drive_control_plane.database.tables import Connection, ConnectionStatus, Credential, CredentialKind
from drive_control_plane.http.problems import Problem
from drive_control_plane.oauth.answers import Grant
from drive_control_plane.oauth.errors import ClientRefusedError, GrantRefusedError, UnavailableError
from drive_control_plane.oauth.google import Google
from drive_control_plane.oauth.service_account import KeyFileError, token_by_key
from drive_control_plane.security.secrets import is_secret_of
from drive_control_plane.security.vault import VaultError

SPARE: Final = timedelta(minutes=5)
"""How long a token that is handed out lasts at least, where Google's tokens last longer."""
MOST_REFRESHES: Final = 4
"""At once in a process: each may hold a connection of the database's pool while Google thinks."""
TRY_AGAIN_SECONDS: Final = 30
_GOOGLE: Final = Actor("google", "token server")
_SYSTEM: Final = Actor("system", "push channels")


@dataclass(frozen=True, slots=True)
class AccessGrant:
    """A token, until when it is good, what it opens, and the connection's settings without credentials."""

    access_token: str = field(repr=False)
    expires_at: datetime
    scopes: tuple[str, ...]
    connection_config: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for which connection's token; `tenant_id` is None for whoever serves all tenants."""

    actor: Actor
    connection_id: str
    tenant_id: str | None = None
    subject: str | None = None
    refused_hash: str | None = None
    """The SHA-256 of a token that Google refused before its time: that one is given to nobody any more."""


class AccessTokens:
    """Hands access tokens out; one of it a process."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._flights: dict[str, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(MOST_REFRESHES)

    async def grant(self, request: Request) -> AccessGrant:
        """Give a token. Raises `Problem`.

        404 for a connection that is not there, 403 for a subject that is not the connection's, 409 when consent is
        needed, 502 when the OAuth client is not set up, 503 when Google could not be asked.
        """
        held = await self._held(request, SPARE)
        if held is None:
            await self._fly(request.connection_id)
            held = await self._held(request, timedelta(0))
        if held is None:
            raise _later("token_lost", "The connection changed meanwhile. Ask again.")
        return held

    async def token_of(self, connection_id: str) -> str:
        """Give a token for calls of the control plane's own. Raises `Problem` as `grant`."""
        return (await self.grant(Request(_SYSTEM, connection_id))).access_token

    async def _held(self, request: Request, spare: timedelta) -> AccessGrant | None:
        """The token that is kept, if it lasts longer than that."""
        now = self._context.clock.now()
        async with self._context.database.transaction() as session:
            connection, credential = await _known(session, request)
            self._drop_refused(credential, request.refused_hash)
            if credential.access_token is None or not _is_good(credential, now + spare):
                return None
            record(
                session,
                now,
                request.actor,
                "access_token.given",
                connection.id,
                tenant_id=connection.tenant_id,
                subject=credential.subject,
            )
            return AccessGrant(
                self._open(credential.access_token),
                credential.access_expires_at or now,
                tuple(credential.scopes),
                connection_config(connection.settings, credential.subject),
            )

    def _drop_refused(self, credential: Credential, refused_hash: str | None) -> None:
        if credential.access_token is None or refused_hash is None:
            return
        if is_secret_of(self._open(credential.access_token), refused_hash):
            credential.access_token, credential.access_expires_at = None, None

    async def _fly(self, connection_id: str) -> None:
        """Renew the token, sharing a renewal that is under way; who gives up waiting does not end it for others."""
        flight = self._flights.get(connection_id)
        if flight is None:
            flight = asyncio.create_task(self._renew(connection_id))
            self._flights[connection_id] = flight
            flight.add_done_callback(lambda done: self._landed(connection_id, done))
        await asyncio.shield(flight)

    def _landed(self, connection_id: str, flight: asyncio.Task[None]) -> None:
        del self._flights[connection_id]
        if not flight.cancelled():
            flight.exception()  # it may be that nobody stayed for it

    async def _renew(self, connection_id: str) -> None:
        database = self._context.database
        async with self._room:
            if database.is_postgresql:
                async with database.transaction() as session:  # holds the row, so that replicas take turns
                    if credential := await self._due(session, connection_id):
                        await self._settle(session, credential, await self._outcome(credential))
                return
            # SQLite has one writer and one process: nothing must be held while Google thinks, and nobody else asks.
            async with database.transaction() as session:
                credential = await self._due(session, connection_id)
            if credential:
                outcome = await self._outcome(credential)
                async with database.transaction() as session:
                    await self._settle(session, credential, outcome)

    async def _due(self, session: AsyncSession, connection_id: str) -> Credential | None:
        """The credential, locked; None when another replica has renewed its token meanwhile."""
        credential = await session.get(Credential, connection_id, with_for_update=True)
        good = credential is None or _is_good(credential, self._context.clock.now() + SPARE)
        return None if good else credential

    async def _outcome(self, credential: Credential) -> Grant | GrantRefusedError:
        """Ask Google. Raises `Problem` for what is not the grant's fault."""
        try:
            return await self._ask(credential)
        except GrantRefusedError as error:
            return error
        except KeyFileError as error:
            return GrantRefusedError("bad_key", f"The stored key is no good: {error}. Connect with another key.")
        except ClientRefusedError as error:
            raise Problem(502, error.code, error.advice) from None
        except UnavailableError as error:
            raise _later(error.code, error.advice) from None

    async def _ask(self, credential: Credential) -> Grant:
        secret = self._open(credential.secret)
        if credential.kind == CredentialKind.USER:
            return await Google(self._context).refresh(secret)
        return await token_by_key(self._context, secret, frozenset(credential.scopes), credential.subject)

    async def _settle(self, session: AsyncSession, asked: Credential, outcome: Grant | GrantRefusedError) -> None:
        """Store what came of it, unless the credential is another one by now."""
        credential = await session.get(Credential, asked.connection_id)
        if credential is None or credential.secret != asked.secret:
            return
        if isinstance(outcome, Grant):
            self._store(credential, outcome)
        else:
            await self._mark(session, credential, outcome)

    def _store(self, credential: Credential, grant: Grant) -> None:
        credential.access_token = self._context.vault.seal(grant.access_token)
        credential.access_expires_at = grant.expires_at
        if grant.refresh_token is not None:  # seldom: Google does not rotate them by itself (facts C3)
            credential.secret = self._context.vault.seal(grant.refresh_token)
        if grant.scopes is not None:
            credential.scopes = sorted(grant.scopes)

    async def _mark(self, session: AsyncSession, credential: Credential, error: GrantRefusedError) -> None:
        credential.access_token, credential.access_expires_at = None, None
        connection = await session.get_one(Connection, credential.connection_id)
        if connection.status == ConnectionStatus.DISCONNECTED:
            return
        now = self._context.clock.now()
        connection.status, connection.status_reason = ConnectionStatus.REAUTHORIZATION_REQUIRED, error.advice
        connection.status_at = connection.updated_at = now
        record(
            session,
            now,
            _GOOGLE,
            "connection.grant_refused",
            connection.id,
            refused=True,
            tenant_id=connection.tenant_id,
            code=error.code,
        )

    def _open(self, sealed: bytes) -> str:
        try:
            return self._context.vault.open(sealed)
        except VaultError as error:
            raise Problem(500, "credential_unreadable", f"{error}.") from None


async def _known(session: AsyncSession, request: Request) -> tuple[Connection, Credential]:
    """The connection and its credential, where the asker may have them. Raises `Problem`."""
    connection = await session.get(Connection, request.connection_id)
    credential = await session.get(Credential, request.connection_id)
    if (
        connection is None
        or connection.status == ConnectionStatus.DISCONNECTED
        or request.tenant_id not in {None, connection.tenant_id}
    ):
        raise Problem(404, "unknown_connection", "There is no such connection, or it was disconnected.")
    if credential is None or connection.status == ConnectionStatus.REAUTHORIZATION_REQUIRED:
        raise Problem(
            409, "reauthorization_required", connection.status_reason or "Connect the account again, for consent."
        )
    _check_subject(connection, credential, request.subject)
    return connection, credential


def _check_subject(connection: Connection, credential: Credential, subject: str | None) -> None:
    """A connection stands for one account: its tokens are never somebody else's."""
    own = credential.subject or connection.account_email
    if subject is not None and subject.lower() != own.lower():
        raise Problem(403, "foreign_subject", "The connection does not stand for this subject.")


def _is_good(credential: Credential, until: datetime) -> bool:
    return (
        credential.access_token is not None
        and credential.access_expires_at is not None
        and credential.access_expires_at > until
    )


def _later(code: str, detail: str) -> Problem:
    return Problem(503, code, detail, {"retry-after": str(TRY_AGAIN_SECONDS)})
