"""A consent's way to Google: who starts it in, an address and a browser's secret out; later its one answer.

The `state` is random and only its hash is kept; it is good once, for ten minutes, and for the browser that started.
Another browser's answer (a forged link that would connect the sender's account) finds nothing. PKCE ties the code to
the flow: a code of another one is refused by Google.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.audit.log import record
from drive_control_plane.context import Context
from drive_control_plane.database.tables import ConnectFlow, Connection, ConnectionStatus, Credential, CredentialKind
from drive_control_plane.http.who import SignedIn
from drive_control_plane.oauth.google import Google
from drive_control_plane.oauth.scopes import EVERYTHING, scopes_for
from drive_control_plane.security.secrets import challenge_of, hash_of, new_secret

LIFETIME: Final = timedelta(minutes=10)


class ConnectError(Exception):
    """A consent that led to no connection. `code` is stable, `advice` says what to do."""

    def __init__(self, code: str, advice: str) -> None:
        super().__init__(f"{code}: {advice}")
        self.code = code
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Started:
    """Where to send the browser, and the secret that it must show when it comes back."""

    url: str
    state: str = field(repr=False)
    browser_secret: str = field(repr=False)


async def start(
    context: Context,
    signed_in: SignedIn,
    *,
    connection_id: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Started:
    """Begin a consent: for a new connection with these settings, or a new grant for one there is.

    Without settings all is asked for that a new connection reads, or what this one does. With them a connection that
    there is keeps its own, and gets a grant that opens as much as these need.

    Raises `ConnectError` for a connection that is not there, `ClientRefusedError` when no OAuth client is set.
    """
    state, browser_secret, verifier = new_secret(), new_secret(), new_secret()
    async with context.database.transaction() as session:
        known = await _known(session, signed_in.tenant_id, connection_id) if connection_id else None
        wanted = settings or (EVERYTHING if known is None else known.settings)
        url = Google(context).authorization_url(
            state=state,
            challenge=challenge_of(verifier),
            scopes=scopes_for(wanted),
            login_hint=None if known is None else known.account_email,
        )
        flow = _flow(context, signed_in, connection_id, wanted, context.vault.seal(verifier))
        flow.state_hash, flow.browser_hash = hash_of(state), hash_of(browser_secret)
        session.add(flow)
        record(session, flow.created_at, signed_in.actor, "connection.consent_started", connection_id)
    return Started(url, state, browser_secret)


def _flow(
    context: Context, signed_in: SignedIn, connection_id: str | None, settings: Mapping[str, Any], verifier: bytes
) -> ConnectFlow:
    now = context.clock.now()
    return ConnectFlow(
        tenant_id=signed_in.tenant_id,
        operator_id=signed_in.operator_id,
        connection_id=connection_id,
        settings=dict(settings),
        code_verifier=verifier,
        created_at=now,
        expires_at=now + LIFETIME,
    )


async def claim(context: Context, signed_in: SignedIn, state: str, browser_secret: str) -> ConnectFlow:
    """Take the flow that an answer belongs to, which nobody can do a second time. Raises `ConnectError`."""
    now = context.clock.now()
    async with context.database.transaction() as session:
        found: ConnectFlow | None = await session.scalar(
            update(ConnectFlow)
            .where(
                ConnectFlow.state_hash == hash_of(state),
                ConnectFlow.browser_hash == hash_of(browser_secret),
                ConnectFlow.operator_id == signed_in.operator_id,
                ConnectFlow.used_at.is_(None),
                ConnectFlow.expires_at > now,
            )
            .values(used_at=now)
            .returning(ConnectFlow)
        )
        if found is None:
            raise _refusal(await session.get(ConnectFlow, hash_of(state)), now)
        return found


def _refusal(flow: ConnectFlow | None, now: datetime) -> ConnectError:
    """Why an answer's flow cannot be taken."""
    if flow is None:
        return ConnectError(
            "unknown_consent", "This answer belongs to no consent that was started here. Connect again."
        )
    if flow.used_at is not None:
        return ConnectError("used_consent", "This consent was answered already. See whether the account is connected.")
    if flow.expires_at <= now:
        return ConnectError("expired_consent", "The consent took longer than ten minutes. Connect again.")
    return ConnectError(
        "foreign_consent",
        "This consent was started in another browser or by somebody else, or cookies are blocked. Connect from here.",
    )


async def _known(session: AsyncSession, tenant_id: str, connection_id: str) -> Connection:
    found = await session.scalar(
        select(Connection)
        .join(Credential, Credential.connection_id == Connection.id)
        .where(
            Connection.id == connection_id,
            Connection.tenant_id == tenant_id,
            Connection.status != ConnectionStatus.DISCONNECTED,
            Credential.kind == CredentialKind.USER,
        )
    )
    if found is None:
        raise ConnectError("unknown_connection", "There is no such connection, or it uses a service account.")
    return found
