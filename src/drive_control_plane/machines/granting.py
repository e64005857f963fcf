"""Tokens for clients that show their secret.

In: what a client shows, and from where. Out: a short-lived token, or a refusal; both in the audit log. Who fails too
often has to wait: an address whatever it shows next, a client only while it is wrong, so that nobody can lock it out.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.clock import Clock
from drive_control_plane.context import Context
from drive_control_plane.database.tables import MachineClient
from drive_control_plane.http.addresses import network_of
from drive_control_plane.machines import clients
from drive_control_plane.machines.token_request import OAuthError, TokenRequest, invalid_client
from drive_control_plane.operators.attempts import Attempts
from drive_control_plane.security.tokens import LIFETIME, tokens_of

WINDOW = timedelta(minutes=1)
MOST_FAILURES_OF_ADDRESS = 30
MOST_FAILURES_OF_CLIENT = 10


@dataclass(frozen=True, slots=True)
class Grant:
    """A token, how many seconds it is good for, and what it allows."""

    token: str = field(repr=False)
    expires_in: int
    scopes: tuple[str, ...]


class Failures:
    """Failed attempts of late, by address and by client; bounded."""

    def __init__(self, clock: Clock) -> None:
        self._addresses = Attempts(MOST_FAILURES_OF_ADDRESS, WINDOW, clock.now)
        self._clients = Attempts(MOST_FAILURES_OF_CLIENT, WINDOW, clock.now)

    def check_address(self, address: str) -> None:
        """Raises `OAuthError` when an address has to wait."""
        _check(self._addresses.wait_seconds(network_of(address)))

    def failed(self, address: str, client: MachineClient | None) -> None:
        """Count a failure. Raises `OAuthError` when the client has failed too often to be answered otherwise."""
        self._addresses.failed(network_of(address))
        if client is not None:
            _check(self._clients.wait_seconds(client.id))
            self._clients.failed(client.id)


async def grant(context: Context, failures: Failures, request: TokenRequest, address: str) -> Grant:
    """Give a client its token. Raises `OAuthError`."""
    failures.check_address(address)
    now = context.clock.now()
    async with context.database.transaction() as session:
        client = await clients.find(session, request.client_id)
        is_good = clients.is_secret_good(client, request.secret, now)
        if client is not None and is_good and client.disabled_at is None:
            outcome = _granted(context, session, client, request, address)
        else:
            failures.failed(address, client)
            outcome = _refused(session, now, client, address, invalid_client())
    if isinstance(outcome, OAuthError):
        raise outcome
    return outcome


def _granted(
    context: Context, session: AsyncSession, client: MachineClient, request: TokenRequest, address: str
) -> Grant | OAuthError:
    now = context.clock.now()
    clients.note_use(client, now)
    scopes = tuple(client.scopes) if request.scopes is None else request.scopes
    if not set(scopes) <= set(client.scopes):
        error = OAuthError(400, "invalid_scope", f"This client may ask for: {' '.join(client.scopes)}.")
        return _refused(session, now, client, address, error)
    record(session, now, _actor(client, address), "token.granted", client.id, scopes=list(scopes))
    token = tokens_of(context.settings).sign(now, client.id, scopes, client.tenant_id)
    return Grant(token, int(LIFETIME.total_seconds()), scopes)


def _refused(
    session: AsyncSession, now: datetime, client: MachineClient | None, address: str, error: OAuthError
) -> OAuthError:
    target = client.id if client else None
    record(session, now, _actor(client, address), "token.granted", target, refused=True, error=error.error)
    return error


def _actor(client: MachineClient | None, address: str) -> Actor:
    # What an unknown client calls itself may be a secret that somebody put into the wrong field.
    if client is None:
        return Actor("anonymous", "unknown client", None, address)
    return Actor("machine", client.id, client.tenant_id, address)


def _check(wait_seconds: int) -> None:
    if wait_seconds:
        detail = f"Too many failed attempts: try again in {wait_seconds} seconds."
        raise OAuthError(429, "slow_down", detail, {"Retry-After": str(wait_seconds)})
