"""Sign-in, sign-out, and links that set an account up."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from drive_control_plane.audit.log import record
from drive_control_plane.context import Context, InContext, context_of
from drive_control_plane.http.cookies import give_cookie, take_cookie
from drive_control_plane.http.problems import Problem
from drive_control_plane.http.who import InOperator
from drive_control_plane.operators import accounts, sessions
from drive_control_plane.operators.cookies import SESSION, session_of
from drive_control_plane.operators.guessing import TooManyGuessesError, guesses_of
from drive_control_plane.operators.passwords import LEAST_CHARACTERS
from drive_control_plane.pages import message, page

Text = Annotated[str, Form(max_length=320, pattern=r"^[^\x00]*$")]  # PostgreSQL has no such letter
Password = Annotated[str, Form(max_length=1024)]

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
async def show_sign_in(request: Request) -> Response:
    """The form, or the way in for whoever is signed in already."""
    if await session_of(request) is not None:
        return RedirectResponse("/", 303)
    return _sign_in_page(request)


@router.post("/sign-in")
async def sign_in(request: Request, context: InContext, email: Text, password: Password) -> Response:
    """Begin a session; failures are counted, and many of them have to wait."""
    _check_passwords_count(context)
    guesses = guesses_of(request, email.strip().lower())
    try:
        secret = await guesses.judged(lambda: accounts.sign_in(context, email, password, guesses.address))
    except TooManyGuessesError as error:
        return _later(_sign_in_page(request, 429, email, str(error)), error)
    if secret is None:
        return _sign_in_page(request, 401, email, "The address or the password is wrong.")
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
    take_cookie(response, context.settings, SESSION)
    return response


@router.get("/setup/{secret}")
async def show_set_up(request: Request, context: InContext, secret: str) -> HTMLResponse:
    """The form behind a link."""
    try:
        link = await accounts.open_link(context, secret)
    except accounts.AccountError as error:
        return _no_link(request, 404, str(error))
    if context.settings.oidc_only:
        name, by = context.settings.identity_provider, link.email or "an address that was invited"
        told = f"Sign in by {name} as {by}: that makes your account."
        return message(request, 200, "You are invited", told)
    return page(request, "setup.html", **_form(link.role, link.email, link.email or ""), problem=None)


@router.post("/setup/{secret}")
async def set_up(request: Request, context: InContext, secret: str, email: Text, password: Password) -> Response:
    """Make the account and sign in."""
    _check_passwords_count(context)
    guesses = guesses_of(request)
    try:
        await guesses.check()
        session_secret = await accounts.set_up(context, secret, email, password, guesses.address)
    except TooManyGuessesError as error:
        return _later(_no_link(request, 429, str(error)), error)
    except accounts.AccountError as error:
        return await _not_set_up(request, context, secret, email, str(error))
    return _welcome(context, session_secret)


async def _not_set_up(request: Request, context: Context, secret: str, email: str, problem: str) -> HTMLResponse:
    """The form again while the link is good, else why not."""
    try:
        link = await accounts.open_link(context, secret)
    except accounts.AccountError as error:
        guesses = guesses_of(request)
        await accounts.note_bad_link(context, guesses.address, str(error))
        await guesses.failed()
        return _no_link(request, 404, str(error))
    return page(request, "setup.html", 422, **_form(link.role, link.email, email), problem=problem)


def _check_passwords_count(context: Context) -> None:
    if context.settings.oidc_only:
        name = context.settings.identity_provider
        raise Problem(403, "password_sign_in_off", f"Nobody signs in by a password here: sign in by {name}.")


def _sign_in_page(request: Request, status: int = 200, email: str = "", problem: str | None = None) -> HTMLResponse:
    settings = context_of(request).settings
    by = {"provider": settings.identity_provider, "passwords": not settings.oidc_only}
    return page(request, "sign_in.html", status, email=email, problem=problem, **by)


def _no_link(request: Request, status: int, why: str) -> HTMLResponse:
    return message(request, status, "This link does not work", why)


def _later(response: HTMLResponse, error: TooManyGuessesError) -> HTMLResponse:
    response.headers["retry-after"] = str(error.wait_seconds)
    return response


def _form(role: str, fixed_email: str | None, email: str) -> dict[str, Any]:
    return {"role": role, "fixed": fixed_email is not None, "email": fixed_email or email, "least": LEAST_CHARACTERS}


def _welcome(context: Context, secret: str) -> Response:
    response = RedirectResponse("/", 303)
    give_cookie(response, context.settings, SESSION, secret, sessions.LONGEST)
    return response
