"""Connections by service accounts: a key file, and for whom it stands, in; a connection that is due, out.

A key is tried out first, as whom it shall stand for, and kept only if Google takes it. What is kept is sealed; it is in
no answer and no audit entry. Every refusal is a `Problem` that says what to do.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.context import Context
from drive_control_plane.database.tables import CredentialKind
from drive_control_plane.http.problems import Problem
from drive_control_plane.oauth.answers import Account, Grant
from drive_control_plane.oauth.errors import ClientRefusedError, GoogleError, UnavailableError
from drive_control_plane.oauth.google import Google
from drive_control_plane.oauth.keeping import (
    Kept,
    Wanted,
    connection_of,
    new_connection,
    store,
    take_turn,
)
from drive_control_plane.oauth.scopes import scopes_for
from drive_control_plane.oauth.service_account import KeyFileError, ServiceAccountKey, read_key, token_of

TRY_AGAIN_SECONDS: Final = 30
_OF_ITS_PROJECT: Final = {
    "api_disabled": "Drive refuses calls of the service account's project: enable the Google Drive API there.",
}
"""What is wrong with the project that the key comes from, and not with the control plane."""


@dataclass(frozen=True, slots=True)
class Proven:
    """A key that Google has taken, and whose Drive it opened."""

    key: ServiceAccountKey = field(repr=False)
    subject: str | None
    account: Account
    grant: Grant
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who has a key tried out, in which tenant, and for which connection there is."""

    actor: Actor
    tenant_id: str
    connection_id: str | None = None


async def key_of(document: str) -> ServiceAccountKey:
    """Read a key file. Raises `Problem` 422."""
    try:
        return await read_key(document)
    except KeyFileError as error:
        told = str(error)
    raise Problem(422, "bad_key", f"No key of a service account: {told}.")


async def connect(context: Context, actor: Actor, wanted: Wanted, key: ServiceAccountKey, subject: str | None) -> str:
    """Make a connection that reads as `subject`, or as the service account itself; its id.

    Raises `Problem`: 409 with `connection_id` when the tenant follows this account already, 422 for what Google
    refuses, 502 and 503 where Google could not be asked.
    """
    asker = Asker(actor, wanted.tenant_id)
    proven = await proven_for(context, asker, key, subject, scopes_for(wanted.settings))
    now = context.clock.now()
    async with context.database.transaction() as session:
        await take_turn(session, wanted.tenant_id)
        found = await connection_of(session, wanted.tenant_id, proven.account)
        if found is not None:
            raise already_connected(found.id, proven.account.email)
        connection = new_connection(wanted, proven.account, now)
        session.add(connection)
        await session.flush()
        await store(session, connection.id, kept(context, proven), now)
        record(
            session, now, actor, "connection.connected", connection.id,
            tenant_id=wanted.tenant_id, account=proven.account.email, **audited(proven),
        )  # fmt: skip
    context.hooks.run_due()
    return connection.id


async def proven_for(
    context: Context, asker: Asker, key: ServiceAccountKey, subject: str | None, scopes: frozenset[str]
) -> Proven:
    """Try a key out; what Google refuses is in the audit log. Raises `Problem`."""
    try:
        return await prove(context, key, subject, scopes)
    except Problem as problem:
        refusal = problem
    async with context.database.transaction() as session:
        record(
            session, context.clock.now(), asker.actor, "connection.key_refused", asker.connection_id,
            refused=True, tenant_id=asker.tenant_id,
            service_account=key.email, subject=subject, code=refusal.code,
        )  # fmt: skip
    raise refusal


async def prove(context: Context, key: ServiceAccountKey, subject: str | None, scopes: frozenset[str]) -> Proven:
    """Try a key out: get a token and ask whose Drive it opens. Raises `Problem`."""
    try:
        grant = await token_of(context, key, scopes, subject)
        account = await Google(context).account(grant.access_token)
    except GoogleError as error:
        problem = _problem(error, key, scopes)
    else:
        return Proven(key, subject, account, grant, scopes)
    raise problem


def already_connected(connection_id: str, email: str) -> Problem:
    """The refusal of an account that has a connection."""
    told = f"{email} is followed already, by the connection {connection_id}. To give it another key, replace its key."
    return Problem(409, "already_connected", told, connection_id=connection_id)


def _problem(error: GoogleError, key: ServiceAccountKey, scopes: frozenset[str]) -> Problem:
    more: dict[str, Any] = {}
    if error.code == "unauthorized_client":  # what the administrator has to enter
        more = {"client_id": key.client_id, "scopes": sorted(scopes)}
    if isinstance(error, UnavailableError):
        return Problem(503, error.code, error.advice, {"retry-after": str(TRY_AGAIN_SECONDS)})
    if error.code in _OF_ITS_PROJECT:
        return Problem(422, error.code, _OF_ITS_PROJECT[error.code])
    return Problem(502 if isinstance(error, ClientRefusedError) else 422, error.code, error.advice, **more)


def kept(context: Context, proven: Proven) -> Kept:
    """What is stored of a key that was tried out."""
    return Kept(
        context.vault.seal(proven.key.document),
        context.vault.seal(proven.grant.access_token),
        proven.grant.expires_at,
        tuple(sorted(proven.scopes if proven.grant.scopes is None else proven.grant.scopes)),
        CredentialKind.SERVICE_ACCOUNT,
        proven.subject,
    )


def audited(proven: Proven) -> dict[str, Any]:
    """What the audit log says of a key."""
    return {"service_account": proven.key.email, "subject": proven.subject, "scopes": sorted(proven.scopes)}
