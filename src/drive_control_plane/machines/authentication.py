"""Which machine asks.

In: a request's bearer token. Out: a `Machine` with the scope that the route wants, or a refusal as RFC 6750 has it.
A signature alone is not enough: a client that was disabled, or lost a scope, loses it at once and not when its token
ends.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Request, Security
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import OAuth2

from drive_control_plane.audit.log import Actor
from drive_control_plane.audit.refusals import note_refusal
from drive_control_plane.context import Context, InContext
from drive_control_plane.database.tables import MachineClient
from drive_control_plane.http.addresses import address_of
from drive_control_plane.http.problems import Problem
from drive_control_plane.machines.clients import is_use_due, note_use
from drive_control_plane.machines.scopes import MEANINGS, Scope
from drive_control_plane.security.tokens import Claims, TokenError, tokens_of

_REALM = 'Bearer realm="drive-control-plane"'
SCHEME = OAuth2(
    scheme_name="Machine",
    description="Client credentials; `google-drive-control-plane clients create` makes a client.",
    flows=OAuthFlows(
        clientCredentials=OAuthFlowClientCredentials(
            tokenUrl="/oauth/token", scopes={scope.value: meaning for scope, meaning in MEANINGS.items()}
        )
    ),
    auto_error=False,
)


@dataclass(frozen=True, slots=True)
class Machine:
    """A client that asks. `tenant_id` is None for a worker, which serves all tenants."""

    client_id: str
    tenant_id: str | None
    scopes: frozenset[str]
    address: str | None = None

    @property
    def actor(self) -> Actor:
        """As whom the audit log names it."""
        return Actor("machine", self.client_id, self.tenant_id, self.address)


def require_scope(scope: str) -> Callable[..., Awaitable[Machine]]:
    """A dependency: the machine that asks, once it has the scope. Raises `Problem` 401 or 403."""
    wanted = Scope(scope).value

    async def machine(
        request: Request, context: InContext, authorization: Annotated[str | None, Security(SCHEME, scopes=[wanted])]
    ) -> Machine:
        found = await _machine(context, authorization, address_of(request))
        if wanted not in found.scopes:
            await note_refusal(request, found.actor, wanted)
            raise _insufficient(wanted)
        return found

    return machine


async def _machine(context: Context, authorization: str | None, address: str) -> Machine:
    now = context.clock.now()
    claims = _claims(context, authorization)
    async with context.database.reading() as session:
        client = await session.get(MachineClient, claims.sub)
    if client is None or client.disabled_at is not None or client.tenant_id != claims.tenant:
        raise _invalid()
    if is_use_due(client, now):
        async with context.database.transaction() as session:
            note_use(await session.get_one(MachineClient, client.id), now)
    scopes = frozenset(claims.scope.split()) & frozenset(client.scopes)
    return Machine(client.id, client.tenant_id, scopes, address)


def _claims(context: Context, authorization: str | None) -> Claims:
    kind, _, token = (authorization or "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise _invalid()
    try:
        return tokens_of(context.settings).verify(token.strip(), context.clock.now())
    except TokenError:
        raise _invalid() from None


def _invalid() -> Problem:
    """One refusal for all: who forges tokens learns nothing from it."""
    challenge = {"WWW-Authenticate": f'{_REALM}, error="invalid_token"'}
    return Problem(401, "invalid_token", "Get a token from POST /oauth/token and send it as a bearer.", challenge)


def _insufficient(scope: str) -> Problem:
    challenge = {"WWW-Authenticate": f'{_REALM}, error="insufficient_scope", scope="{scope}"'}
    return Problem(403, "insufficient_scope", f"This client lacks the scope {scope}.", challenge)
