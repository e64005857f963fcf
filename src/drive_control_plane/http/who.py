"""Which operator asks.

In: a request, and the application's way to tell (`app.state.who_asks`). Out: an operator with a role, or a refusal: an
application that has no way to tell refuses everybody.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from drive_control_plane.audit.log import Actor
from drive_control_plane.audit.refusals import note_refusal
from drive_control_plane.database.tables import Role
from drive_control_plane.http.problems import Problem, SignInNeeded

_RANK = {Role.VIEWER: 0, Role.OPERATOR: 1, Role.ADMINISTRATOR: 2}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An operator who is signed in: as whom the audit log names them, and what they may do."""

    actor: Actor
    operator_id: str
    tenant_id: str
    role: Role

    def may(self, role: Role) -> bool:
        """Whether theirs is that role or a greater one."""
        return _RANK[self.role] >= _RANK[role]


WhoAsks = Callable[[Request], Awaitable[SignedIn | None]]
"""Tells who is signed in by a request's cookies; None when nobody is."""


async def find_operator(request: Request) -> SignedIn | None:
    """The operator who asks, for routes that answer strangers themselves."""
    who_asks: WhoAsks | None = getattr(request.app.state, "who_asks", None)
    return None if who_asks is None else await who_asks(request)


async def operator_of(request: Request) -> SignedIn:
    """The operator who asks. Raises `Problem` 401."""
    found = await find_operator(request)
    if found is None:
        raise Problem(401, "sign_in_required", "Sign in first.")
    return found


InOperator = Annotated[SignedIn, Depends(operator_of)]
"""How a route asks for whoever is signed in."""


async def visitor_of(request: Request) -> SignedIn:
    """The operator who opens a page. Raises `SignInNeeded`: whoever is not signed in is sent to where they can."""
    found = await find_operator(request)
    if found is None:
        raise SignInNeeded
    return found


InVisitor = Annotated[SignedIn, Depends(visitor_of)]
"""How a page asks for whoever is signed in."""


async def checked(request: Request, signed_in: SignedIn, role: Role) -> SignedIn:
    """The same, if they have that role or a greater one; else the audit log has it. Raises `Problem` 403."""
    if not signed_in.may(role):
        await note_refusal(request, signed_in.actor, role.value)
        raise Problem(403, "role_too_small", f"This needs the role of an {role.value}: ask an administrator.")
    return signed_in


async def _working(request: Request, signed_in: InOperator) -> SignedIn:
    return await checked(request, signed_in, Role.OPERATOR)


async def _working_visitor(request: Request, signed_in: InVisitor) -> SignedIn:
    return await checked(request, signed_in, Role.OPERATOR)


async def _administrator(request: Request, signed_in: InOperator) -> SignedIn:
    return await checked(request, signed_in, Role.ADMINISTRATOR)


async def _administrator_visiting(request: Request, signed_in: InVisitor) -> SignedIn:
    return await checked(request, signed_in, Role.ADMINISTRATOR)


InWorkingOperator = Annotated[SignedIn, Depends(_working)]
"""How a route asks for somebody who may run and connect."""
InWorkingVisitor = Annotated[SignedIn, Depends(_working_visitor)]
"""How a page does."""
InAdministrator = Annotated[SignedIn, Depends(_administrator)]
"""How a route asks for somebody who may do everything."""
InAdministratorVisiting = Annotated[SignedIn, Depends(_administrator_visiting)]
"""How a page does."""
