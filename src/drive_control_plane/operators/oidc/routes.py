"""The two routes of a sign-in by the identity provider: there, and back.

In: browsers. Out: redirects, to addresses that are made of settings alone; a session's cookie, or a page that says why
not.
"""

import re
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from drive_control_plane.context import Context, InContext, context_of, only_one
from drive_control_plane.http.cookies import cookie_name, give_cookie, take_cookie
from drive_control_plane.http.problems import Problem
from drive_control_plane.operators.cookies import SESSION
from drive_control_plane.operators.guessing import TooManyGuessesError, guesses_of
from drive_control_plane.operators.oidc import joining
from drive_control_plane.operators.oidc.errors import SignInError
from drive_control_plane.operators.oidc.flow import LIFETIME, Answer, finish, start
from drive_control_plane.operators.oidc.id_tokens import Identity
from drive_control_plane.operators.oidc.provider import PATH, Provider
from drive_control_plane.operators.sessions import LONGEST
from drive_control_plane.pages import message
from drive_control_plane.security.secrets import hash_of

_SHOWN: Final = re.compile(r"[!-~]{1,2048}")

router = APIRouter(include_in_schema=False)


@router.get("/sign-in/oidc")
async def go(request: Request, context: InContext) -> Response:
    """Send the browser to the identity provider."""
    try:
        started = await start(context, _provider(request))
    except SignInError as error:
        return _not_signed_in(request, error, 503)
    response = RedirectResponse(started.url, 303, {"cache-control": "no-store"})
    give_cookie(response, context.settings, _cookie(started.state), started.sealed, LIFETIME)
    return response


@router.get(PATH)
async def come_back(request: Request, context: InContext) -> Response:
    """Take the provider's answer."""
    provider = _provider(request)
    state, code, error, issuer = (_shown(request, name) for name in ("state", "code", "error", "iss"))
    sealed = request.cookies.get(cookie_name(context.settings, _cookie(state)), "")
    # Any page can have its visitors' browsers come here, but without the cookie: they would all have to wait for that.
    guesses = guesses_of(request, kind="" if sealed else "strangers at ")
    try:
        await guesses.check()
    except TooManyGuessesError as many:
        return _not_signed_in(request, SignInError("slow_down", str(many)), 429)
    answer = Answer(state, sealed, code, error, issuer or None)
    identity: Identity | None = None
    try:
        identity = await finish(context, provider, answer)
        secret = await joining.sign_in(context, identity, guesses.address)
    except SignInError as refusal:
        await joining.note_refusal(context, refusal, guesses.address, identity)
        await guesses.failed()
        return _forgetting(context, _not_signed_in(request, refusal, 403), state)
    response = RedirectResponse("/", 303, {"cache-control": "no-store"})
    give_cookie(response, context.settings, SESSION, secret, LONGEST)
    return _forgetting(context, response, state)


def _provider(request: Request) -> Provider:
    """The application's one provider. Raises `Problem` 404 without one."""
    settings = context_of(request).settings
    issuer, client_id = settings.oidc_issuer, settings.oidc_client_id
    if issuer is None or client_id is None:
        raise Problem(404, "no_identity_provider", "No identity provider is set: see OIDC_ISSUER.")
    return only_one(request, "identity_provider", lambda context: Provider(context, issuer, client_id))


def _shown(request: Request, name: str) -> str:
    value = request.query_params.get(name, "")
    return value if _SHOWN.fullmatch(value) else ""


def _not_signed_in(request: Request, error: SignInError, status: int) -> Response:
    response = message(request, status, "Not signed in", f"You were not signed in ({error.code}).", error.advice)
    response.headers["referrer-policy"] = "no-referrer"  # the address holds what the provider answered
    return response


def _forgetting(context: Context, response: Response, state: str) -> Response:
    take_cookie(response, context.settings, _cookie(state))
    return response


def _cookie(state: str) -> str:
    """One a sign-in, so that several tabs do not disturb each other."""
    return f"sign-in-{hash_of(state)[:16]}"
