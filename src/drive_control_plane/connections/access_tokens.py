"""Access tokens for workers: a connection in; a token that is good for minutes yet, and the connection's settings, out.

Google is asked once however many ask at the same moment: in a process they share one call, and replicas take turns by
a lock of PostgreSQL that is on no row, so that nobody else waits for Google. The token is kept (sealed) in the
credential's row while it lasts; who asks for it again within minutes gets it from the cache. A grant that Google
refuses marks its connection, so that nobody asks again until somebody consents.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.connections import given_tokens
from drive_control_plane.connections.grants import AccessGrant, Request
from drive_control_plane.connections.handing_out import HandingOut
from drive_control_plane.connections.messages import connection_config
from drive_control_plane.context import Context
from drive_control_plane.database.tables import Connection, ConnectionStatus, Credential, CredentialKind
from drive_control_plane.database.turns import is_lock_timeout, take_turn
from drive_control_plane.http.problems import Problem
from drive_control_plane.oauth.answers import Grant
from drive_control_plane.oauth.errors import ClientRefusedError, GrantRefusedError, UnavailableError
from drive_control_plane.oauth.google import Google
from drive_control_plane.oauth.service_account import KeyFileError, token_by_key
from drive_control_plane.security.secrets import is_secret_of
from drive_control_plane.security.vault import VaultError

__all__ = ["AccessGrant", "AccessTokens", "Request"]

SPARE: Final = timedelta(minutes=5)
"""How long a token that is handed out lasts at least, where Google's tokens last longer."""
MOST_REFRESHES: Final = 4
"""At once in a process: each may hold a connection of the database's pool while Google thinks."""
TURN_SECONDS: Final = 8.0
"""How long a renewal waits for its turn, while others wait for Google; then whoever asked is told to come again."""
TRY_AGAIN_SECONDS: Final = 30
BUSY_AGAIN_SECONDS: Final = 5
_GOOGLE: Final = Actor("google", "token server")
_SYSTEM: Final = Actor("system", "push channels")


class AccessTokens:
    """Hands access tokens out; one of it a process."""

    def __init__(self, context: Context, *, turn_seconds: float = TURN_SECONDS) -> None:
        self._context = context
        self._turn_seconds = turn_seconds
        self._flights: dict[str, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(MOST_REFRESHES)
        self._told = HandingOut(context)

    async def grant(self, request: Request) -> AccessGrant:
        """Give a token. Raises `Problem`.

        404 for a connection that is not there, 403 for a subject that is not the connection's, 409 when consent is
        needed, 502 when the OAuth client is not set up, 503 when Google could not be asked.
        """
        given = await given_tokens.given_again(self._context, request, self._context.clock.now() + SPARE)
        if given is not None:
            return given
        try:
            held = await self._held(request, SPARE)
        except Problem as problem:
            await self._told.refused(request, problem)
            raise
        if held is None:
            await self._fly(request.connection_id)
            held = await self._held(request, timedelta(0))
        if held is None:
            raise _later("token_lost", "The connection changed meanwhile. Ask again.")
        grant, subject = held
        await given_tokens.remember(self._context, request, grant, subject, SPARE)
        return grant

    async def token_of(self, connection_id: str, refused_hash: str | None = None) -> str:
        """Give a token for calls of the control plane's own; not the refused one. Raises `Problem` as `grant`."""
        return (await self.grant(Request(_SYSTEM, connection_id, refused_hash=refused_hash))).access_token

    async def _held(self, request: Request, spare: timedelta) -> tuple[AccessGrant, str] | None:
        """The token that is kept, if it lasts longer than that, and whose it is."""
        now = self._context.clock.now()
        async with self._context.database.transaction() as session:
            connection, credential = await _known(session, request)
            self._drop_refused(credential, request.refused_hash)
            if credential.access_token is None or not _is_good(credential, now + spare):
                return None
            is_new = self._told.given(session, request, connection, credential.subject)
            grant = AccessGrant(
                self._open(credential.access_token),
                credential.access_expires_at or now,
                tuple(credential.scopes),
                connection_config(connection.settings, credential.subject),
            )
        if is_new:
            self._told.written(request)
        return grant, _subject(connection, credential)

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
        async with self._place():
            if self._context.database.is_postgresql:
                await self._renew_in_turn(connection_id)
            else:
                await self._renew_alone(connection_id)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """One of the places for renewals; while Google hangs nobody waits long for one. Raises `Problem`."""
        try:
            async with asyncio.timeout(self._turn_seconds):
                await self._room.acquire()
        except TimeoutError:
            raise _busy() from None
        try:
            yield
        finally:
            self._room.release()

    async def _renew_in_turn(self, connection_id: str) -> None:
        """Replicas take turns by the connection's id; no row is locked while Google thinks."""
        async with self._context.database.transaction() as session:
            with _bounded():
                await take_turn(session, connection_id, self._turn_seconds)
            if (credential := await self._due(session, connection_id)) is None:
                return
            secret, outcome = credential.secret, await self._outcome(credential)
            with _bounded():
                await self._settle(session, connection_id, secret, outcome)

    async def _renew_alone(self, connection_id: str) -> None:
        """SQLite has one writer and one process: nothing must be held while Google thinks, and nobody else asks."""
        async with self._context.database.reading() as session:
            credential = await self._due(session, connection_id)
        if credential is not None:
            outcome = await self._outcome(credential)
            async with self._context.database.transaction() as session:
                await self._settle(session, connection_id, credential.secret, outcome)

    async def _due(self, session: AsyncSession, connection_id: str) -> Credential | None:
        """The credential; None when another replica has renewed its token meanwhile."""
        credential = await session.get(Credential, connection_id)
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

    async def _settle(
        self, session: AsyncSession, connection_id: str, secret: bytes, outcome: Grant | GrantRefusedError
    ) -> None:
        """Store what came of it, unless the credential is another one by now."""
        credential = await session.get(Credential, connection_id, with_for_update=True, populate_existing=True)
        if credential is None or credential.secret != secret:
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
    if subject is not None and subject.lower() != _subject(connection, credential):
        raise Problem(403, "foreign_subject", "The connection does not stand for this subject.")


def _subject(connection: Connection, credential: Credential) -> str:
    return (credential.subject or connection.account_email).lower()


def _is_good(credential: Credential, until: datetime) -> bool:
    return (
        credential.access_token is not None
        and credential.access_expires_at is not None
        and credential.access_expires_at > until
    )


@contextmanager
def _bounded() -> Iterator[None]:
    """Tell whoever waited too long for a lock to come again. Raises `Problem`."""
    try:
        yield
    except DBAPIError as error:
        if is_lock_timeout(error):
            raise _busy() from None
        raise


def _busy() -> Problem:
    detail = "The token is being renewed, and Google takes long. Ask again."
    return Problem(503, "token_busy", detail, {"retry-after": str(BUSY_AGAIN_SECONDS)})


def _later(code: str, detail: str) -> Problem:
    return Problem(503, code, detail, {"retry-after": str(TRY_AGAIN_SECONDS)})
