"""Who calls the API: a program with a token of its own, or a person who is signed in.

In: a request. Out: a caller with a tenant, once it may do what the route does; else a refusal. A request that carries a
token is judged by it alone.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Request, Security
from fastapi.security import APIKeyCookie

from drive_control_plane.audit.log import Actor
from drive_control_plane.context import context_of
from drive_control_plane.database.tables import Role
from drive_control_plane.http.problems import Problem
from drive_control_plane.http.who import checked, operator_of
from drive_control_plane.machines.authentication import SCHEME, require_scope
from drive_control_plane.machines.scopes import Scope

Responses = dict[int | str, dict[str, Any]]

REFUSALS: Responses = {
    401: {"description": "no token, or nobody is signed in"},
    403: {"description": "the scope or role is not enough"},
}

SESSION = APIKeyCookie(
    name="session",
    scheme_name="Session",
    description="Of somebody who is signed in (`__Host-session` over https); what changes something also carries "
    "the session's token in `X-CSRF-Token`.",
    auto_error=False,
)
"""For the document alone: the application's own way tells who it is."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who may; everything that they see is their tenant's."""

    actor: Actor
    tenant_id: str


def caller_with(scope: Scope, role: Role) -> Callable[..., Awaitable[Caller]]:
    """A dependency: who calls, once a program has the scope or a person the role. Raises `Problem` 401 or 403."""
    machine_of = require_scope(scope.value)

    async def caller(
        request: Request,
        authorization: Annotated[str | None, Security(SCHEME, scopes=[scope.value])],
        _session: Annotated[str | None, Security(SESSION)],
    ) -> Caller:
        if authorization is None:
            return await _person(request, role)
        machine = await machine_of(request, context_of(request), authorization)
        if machine.tenant_id is None:
            raise Problem(403, "no_tenant", "This client belongs to no tenant, so it has no connections of its own.")
        return Caller(machine.actor, machine.tenant_id)

    return caller


async def _person(request: Request, role: Role) -> Caller:
    signed_in = await checked(request, await operator_of(request), role)
    return Caller(signed_in.actor, signed_in.tenant_id)
