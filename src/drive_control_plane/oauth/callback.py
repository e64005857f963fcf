"""Google's answer to a consent: a state with a code or an error in; a connection out, or why there is none.

Whatever goes wrong, nothing of the grant is kept, and it is revoked unless a connection lives by it.
"""

from dataclasses import dataclass, field

from drive_control_plane.audit.log import record
from drive_control_plane.context import Context
from drive_control_plane.database.tables import ConnectFlow, Connection
from drive_control_plane.http.who import SignedIn
from drive_control_plane.oauth.answers import Grant
from drive_control_plane.oauth.errors import GoogleError, UnavailableError, error_of
from drive_control_plane.oauth.flow import ConnectError, claim
from drive_control_plane.oauth.google import Google
from drive_control_plane.oauth.keeping import Kept, keep
from drive_control_plane.oauth.revoking import end_grant
from drive_control_plane.oauth.scopes import PREFIX, missing_scopes, scopes_for


@dataclass(frozen=True, slots=True)
class Answer:
    """What the browser brings back from Google, and the secret that it was given before."""

    state: str = field(repr=False)
    browser_secret: str = field(repr=False)
    code: str = field(default="", repr=False)
    error: str = ""


async def finish(context: Context, signed_in: SignedIn, answer: Answer) -> str:
    """Make a connection of an answer; its id. Raises `ConnectError`; refusals are in the audit log."""
    flow: ConnectFlow | None = None
    try:
        flow = await claim(context, signed_in, answer.state, answer.browser_secret)
        return await _connected(context, signed_in, flow, answer)
    except GoogleError as error:
        refusal = ConnectError(error.code, error.advice)
    except ConnectError as error:
        refusal = error
    async with context.database.transaction() as session:
        target = flow.connection_id if flow else None
        now = context.clock.now()
        record(session, now, signed_in.actor, "connection.consent_failed", target, refused=True, code=refusal.code)
    raise refusal


async def _connected(context: Context, signed_in: SignedIn, flow: ConnectFlow, answer: Answer) -> str:
    if answer.error:
        raise error_of(answer.error)
    if not answer.code:
        raise ConnectError("no_code", "Google's answer holds no code. Connect again.")
    grant = await Google(context).exchange(answer.code, context.vault.open(flow.code_verifier))
    try:
        _check_scopes(flow, grant)
        kept = _kept(context, grant, flow)
        account = await Google(context).account(grant.access_token)
        connection_id = await keep(context, signed_in.actor, flow, account, kept)
    except Exception:
        await _give_back(context, signed_in, flow, grant)
        raise
    context.hooks.run_due()
    return connection_id


def _check_scopes(flow: ConnectFlow, grant: Grant) -> None:
    """Raise `ConnectError` where the person unticked something."""
    asked = scopes_for(flow.settings)
    missing = missing_scopes(asked, asked if grant.scopes is None else grant.scopes)
    if missing:
        names = ", ".join(scope.removeprefix(PREFIX) for scope in missing)
        raise ConnectError(
            "scopes_unticked",
            f"Not everything was allowed that is needed: {names} is missing. Connect again and leave every box ticked.",
        )


async def _give_back(context: Context, signed_in: SignedIn, flow: ConnectFlow, grant: Grant) -> None:
    """End a grant that leads to nothing."""
    account_id: str | None
    try:
        account_id = (await Google(context).account(grant.access_token)).id
    except UnavailableError:
        return  # whose it is cannot be told now; without its tokens, which end here, nobody can use it
    except GoogleError:
        account_id = await _expected_account(context, flow)
    outcome = await end_grant(context, grant.refresh_token or grant.access_token, account_id)
    async with context.database.transaction() as session:
        record(session, context.clock.now(), signed_in.actor, "grant.given_back", flow.connection_id, outcome=outcome)


async def _expected_account(context: Context, flow: ConnectFlow) -> str | None:
    """The account that a flow was started for, where the grant is too small to ask for its own."""
    async with context.database.reading() as session:
        connection = await session.get(Connection, flow.connection_id) if flow.connection_id else None
    return None if connection is None else connection.account_id


def _kept(context: Context, grant: Grant, flow: ConnectFlow) -> Kept:
    if grant.refresh_token is None:
        raise error_of("no_refresh_token")
    scopes = scopes_for(flow.settings) if grant.scopes is None else grant.scopes
    sealed = context.vault.seal(grant.refresh_token), context.vault.seal(grant.access_token)
    return Kept(*sealed, grant.expires_at, tuple(sorted(scopes)))
