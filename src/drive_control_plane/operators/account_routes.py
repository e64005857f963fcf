"""The page of one's own account: another password, and where one is signed in.

In: forms of signed-in browsers, with the session's token. Out: the deed done, and the page again.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from drive_control_plane.audit.log import record
from drive_control_plane.context import Context, InContext
from drive_control_plane.database.tables import Operator, OperatorSession
from drive_control_plane.http.who import InOperator, InVisitor, SignedIn
from drive_control_plane.operators import accounts, sessions
from drive_control_plane.operators.cookies import session_of
from drive_control_plane.operators.frame import shared
from drive_control_plane.operators.guessing import TooManyGuessesError, guesses_of
from drive_control_plane.operators.passwords import LEAST_CHARACTERS
from drive_control_plane.pages import page

Password = Annotated[str, Form(max_length=1024)]

router = APIRouter(include_in_schema=False)


@router.get("/account")
async def show(request: Request, context: InContext, operator: InVisitor) -> Response:
    """One's own account."""
    return await _page(request, context, operator)


@router.post("/account/password")
async def change_password(
    request: Request, context: InContext, operator: InOperator, old: Password, new: Password, again: Password
) -> Response:
    """Set another password; other browsers are signed out."""
    if new != again:
        return await _page(request, context, operator, 422, problem="The new password was typed in two ways.")
    kept = await _session_hash(request)
    try:
        good = await guesses_of(request, operator.actor.name).judged(
            lambda: accounts.change_password(context, operator.actor, operator.operator_id, kept, old, new)
        )
    except TooManyGuessesError as error:
        return await _page(request, context, operator, 429, problem=str(error))
    except accounts.AccountError as error:
        return await _page(request, context, operator, 422, problem=str(error))
    if not good:
        return await _page(request, context, operator, 422, problem="The old password is wrong.")
    return await _page(request, context, operator, done="The password is changed. Other browsers are signed out.")


@router.post("/account/sign-out-others")
async def sign_out_others(request: Request, context: InContext, operator: InOperator) -> Response:
    """Sign oneself out everywhere but here."""
    kept, mine = await _session_hash(request), operator.operator_id
    async with context.database.transaction() as session:
        ended = await sessions.end_all(session, mine, but=kept)
        record(session, context.clock.now(), operator.actor, "operator.sessions_ended", mine, number=ended)
    return RedirectResponse("/account", 303)


async def _session_hash(request: Request) -> str:
    session = await session_of(request)
    return session.session_hash if session else ""


async def _page(
    request: Request,
    context: Context,
    operator: SignedIn,
    status: int = 200,
    problem: str | None = None,
    done: str | None = None,
) -> Response:
    now = context.clock.now()
    async with context.database.reading() as session:
        account = await session.get_one(Operator, operator.operator_id)
        newest = select(OperatorSession).where(OperatorSession.operator_id == operator.operator_id)
        browsers: Sequence[OperatorSession] = (
            await session.scalars(newest.order_by(OperatorSession.seen_at.desc(), OperatorSession.secret_hash))
        ).all()
    good = [each for each in browsers if now < min(each.expires_at, each.seen_at + sessions.IDLE)]
    values: dict[str, Any] = {"account": account, "browsers": good, "here": await _session_hash(request), "now": now}
    words = {"problem": problem, "done": done, "least": LEAST_CHARACTERS}
    return page(request, "account.html", status, **await shared(request, operator), **values, **words)
