"""Sign-in, sign-out, and links that set an account up."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from drive_control_plane.audit.log import record
from drive_control_plane.context import Context, InContext
from drive_control_plane.http.addresses import address_of
from drive_control_plane.http.who import InOperator
from drive_control_plane.operators import accounts, sessions
from drive_control_plane.operators.attempts import Attempts
from drive_control_plane.operators.cookies import session_of, set_cookie, take_cookie
from drive_control_plane.operators.passwords import LEAST_CHARACTERS
from drive_control_plane.pages import page

FAILURES_AN_ACCOUNT, FAILURES_AN_ADDRESS = 5, 20
WINDOW = timedelta(minutes=15)

Text = Annotated[str, Form(max_length=320)]
Password = Annotated[str, Form(max_length=1024)]

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
async def show_sign_in(request: Request) -> Response:
    """The form, or the way in for whoever is signed in already."""
    if await session_of(request) is not None:
        return RedirectResponse("/", 303)
    return page(request, "sign_in.html", email="", problem=None)


@router.post("/sign-in")
async def sign_in(request: Request, context: InContext, email: Text, password: Password) -> Response:
    """Begin a session; failures are counted, and many of them have to wait."""
    address, account = address_of(request), email.strip().lower()
    by_address, by_account = _attempts(request, context)
    if wait := max(by_address.wait_seconds(address), by_account.wait_seconds(account)):
        told = f"Too many attempts. Try again in {-(-wait // 60)} minutes."
        refusal = page(request, "sign_in.html", 429, email=email, problem=told)
        refusal.headers["retry-after"] = str(wait)
        return refusal
    secret = await accounts.sign_in(context, email, password, address)
    if secret is None:
        by_address.failed(address)
        by_account.failed(account)
        return page(request, "sign_in.html", 401, email=email, problem="The address or the password is wrong.")
    by_account.succeeded(account)
    return _welcome(context, secret)


@router.post("/sign-out")
async def sign_out(request: Request, context: InContext, operator: InOperator) -> Response:
    """End this browser's session."""
    session = await session_of(request)
    async with context.database.transaction() as transaction:
        if session is not None:
            await sessions.end(transaction, session.session_hash)
        record(transaction, context.clock.now(), operator.actor, "operator.signed_out", operator.operator_id)
    response = RedirectResponse("/sign-in", 303)
    take_cookie(response, context.settings)
    return response


@router.get("/setup/{secret}")
async def show_set_up(request: Request, context: InContext, secret: str) -> HTMLResponse:
    """The form behind a link."""
    try:
        link = await accounts.open_link(context, secret)
    except accounts.AccountError as error:
        return page(request, "message.html", 404, title="This link does not work", message=str(error), what_to_do=None)
    return page(request, "setup.html", **_form(link.role, link.email, link.email or ""), problem=None)


@router.post("/setup/{secret}")
async def set_up(request: Request, context: InContext, secret: str, email: Text, password: Password) -> Response:
    """Make the account and sign in."""
    try:
        session_secret = await accounts.set_up(context, secret, email, password, address_of(request))
    except accounts.AccountError as error:
        return await _not_set_up(request, context, secret, email, str(error))
    return _welcome(context, session_secret)


async def _not_set_up(request: Request, context: Context, secret: str, email: str, problem: str) -> HTMLResponse:
    """The form again while the link is good, else why not."""
    try:
        link = await accounts.open_link(context, secret)
    except accounts.AccountError as error:
        return page(request, "message.html", 404, title="This link does not work", message=str(error), what_to_do=None)
    return page(request, "setup.html", 422, **_form(link.role, link.email, email), problem=problem)


def _form(role: str, fixed_email: str | None, email: str) -> dict[str, Any]:
    return {"role": role, "fixed": fixed_email is not None, "email": fixed_email or email, "least": LEAST_CHARACTERS}


def _welcome(context: Context, secret: str) -> Response:
    response = RedirectResponse("/", 303)
    set_cookie(response, context.settings, secret)
    return response


def _attempts(request: Request, context: Context) -> tuple[Attempts, Attempts]:
    """By address and by account; one of each an application."""
    state = request.app.state
    if not hasattr(state, "sign_in_attempts"):
        now = context.clock.now
        state.sign_in_attempts = (
            Attempts(FAILURES_AN_ADDRESS, WINDOW, now),
            Attempts(FAILURES_AN_ACCOUNT, WINDOW, now),
        )
    found: tuple[Attempts, Attempts] = state.sign_in_attempts
    return found
