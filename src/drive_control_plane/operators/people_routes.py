"""The page of who may sign in, for administrators.

In: forms of administrators, with the session's token. Out: the deed done, and the page again; a new link is shown once,
on the answer to the form that made it, and is in no address.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import RedirectResponse, Response

from drive_control_plane.context import Context, InContext
from drive_control_plane.database.tables import Role
from drive_control_plane.http.problems import Problem
from drive_control_plane.http.who import InAdministrator, InAdministratorVisiting, SignedIn
from drive_control_plane.operators import people
from drive_control_plane.operators.accounts import LINK_LIFETIME
from drive_control_plane.operators.frame import shared
from drive_control_plane.pages import page

router = APIRouter(include_in_schema=False)


OperatorId = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
LinkHash = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]

DEEDS: Final[dict[str, Callable[[Context, SignedIn, str], Awaitable[None]]]] = {
    "disable": people.disable,
    "enable": people.enable,
    "sign-out": people.sign_out,
}


@router.get("/operators")
async def show(request: Request, context: InContext, operator: InAdministratorVisiting) -> Response:
    """Who may sign in."""
    return await _page(request, context, operator)


@router.post("/operators/invitations")
async def invite(
    request: Request,
    context: InContext,
    operator: InAdministrator,
    role: Annotated[Role, Form()],
    email: Annotated[str, Form(max_length=320)],
) -> Response:
    """Make a link and show it, this once."""
    try:
        secret = await people.invite(context, operator, email, role)
    except Problem as problem:
        return await _page(request, context, operator, problem, email=email, role=role)
    link = f"{context.settings.control_plane_public_url}/setup/{secret}"
    made = {"email": email.strip().lower(), "link": link, "role": role}
    return await _page(request, context, operator, made=made)


@router.post("/operators/invitations/{link_hash}/withdraw")
async def withdraw(request: Request, context: InContext, operator: InAdministrator, link_hash: LinkHash) -> Response:
    """Let a link be good no more."""
    return await _done(request, context, operator, people.withdraw(context, operator, link_hash))


@router.post("/operators/{operator_id}/role")
async def change_role(
    request: Request,
    context: InContext,
    operator: InAdministrator,
    operator_id: OperatorId,
    role: Annotated[Role, Form()],
) -> Response:
    """Give somebody another role."""
    return await _done(request, context, operator, people.change_role(context, operator, operator_id, role))


@router.post("/operators/{operator_id}/{deed}")
async def do(
    request: Request,
    context: InContext,
    operator: InAdministrator,
    operator_id: OperatorId,
    deed: Annotated[str, Path(max_length=20)],
) -> Response:
    """Do what a button says."""
    if deed not in DEEDS:
        raise Problem(404, "unknown_deed", "There is no such button.")
    return await _done(request, context, operator, DEEDS[deed](context, operator, operator_id))


async def _done(request: Request, context: Context, operator: SignedIn, work: Awaitable[None]) -> Response:
    """The page again; what is refused is told on it."""
    try:
        await work
    except Problem as problem:
        return await _page(request, context, operator, problem)
    return RedirectResponse("/operators", 303)


async def _page(
    request: Request,
    context: Context,
    operator: SignedIn,
    problem: Problem | None = None,
    made: dict[str, Any] | None = None,
    email: str = "",
    role: Role = Role.OPERATOR,
) -> Response:
    now = context.clock.now()
    async with context.database.reading() as session:
        known = await people.listed(session, operator.tenant_id, now)
        invited = await people.invitations(session, operator.tenant_id, now)
    values: dict[str, Any] = {
        "people": known,
        "invited": invited,
        "made": made,
        "problem": problem and problem.detail,
        "form": {"email": email, "role": role},
        "roles": list(Role),
        "hours": int(LINK_LIFETIME.total_seconds() // 3_600),
        "now": now,
    }
    status = problem.status if problem else 200
    return page(request, "operators.html", status, **await shared(request, operator), **values)
