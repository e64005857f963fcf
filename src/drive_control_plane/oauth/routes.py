"""The consent's two routes: "Connect", which leads to Google, and the way back.

Where they lead is made of settings and ids alone: no address comes in from outside.
"""

import re
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from drive_control_plane.context import Context, InContext
from drive_control_plane.database.tables import Role
from drive_control_plane.http.cookies import cookie_name, give_cookie, take_cookie
from drive_control_plane.http.who import InWorkingOperator, SignedIn, find_operator
from drive_control_plane.oauth.callback import Answer, finish
from drive_control_plane.oauth.errors import GoogleError
from drive_control_plane.oauth.flow import LIFETIME, ConnectError, start
from drive_control_plane.oauth.scopes import READS
from drive_control_plane.pages import message
from drive_control_plane.security.secrets import hash_of

_SHOWN: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_CODE: Final = re.compile(r"[!-~]{1,2048}")
ConnectionId = Annotated[str, Form(max_length=64, pattern=r"^[A-Za-z0-9_-]*$")]
Reads = Annotated[Literal["", "everything", "metadata"], Form()]

router = APIRouter(include_in_schema=False)


@router.post("/connect")
async def connect(
    request: Request,
    context: InContext,
    signed_in: InWorkingOperator,
    connection_id: ConnectionId = "",
    reads: Reads = "",
) -> Response:
    """Send the browser to Google's consent page: for a new connection, or a new grant of one there is.

    `reads`: as much as the grant is to open; left out, all of it for a new connection, and what it reads for another.
    """
    try:
        started = await start(context, signed_in, connection_id=connection_id or None, settings=READS.get(reads))
    except (ConnectError, GoogleError) as error:
        return _not_connected(request, error)
    response = RedirectResponse(started.url, 303, {"cache-control": "no-store"})
    give_cookie(response, context.settings, _cookie(started.state), started.browser_secret, LIFETIME)
    return response


@router.get("/connect/callback")
async def come_back(request: Request, context: InContext) -> Response:
    """Take Google's answer."""
    state = request.query_params.get("state", "")
    try:
        connection_id = await _finish(request, context, state)
        response: Response = RedirectResponse(f"/connections/{connection_id}", 303, {"cache-control": "no-store"})
    except ConnectError as error:
        response = _not_connected(request, error)
    if _SHOWN.fullmatch(state):
        take_cookie(response, context.settings, _cookie(state))
    return response


async def _finish(request: Request, context: Context, state: str) -> str:
    signed_in = await _still_signed_in(request)
    browser_secret = request.cookies.get(cookie_name(context.settings, _cookie(state)), "")
    code, error = (request.query_params.get(name, "") for name in ("code", "error"))
    return await finish(context, signed_in, Answer(state, browser_secret, code if _CODE.fullmatch(code) else "", error))


async def _still_signed_in(request: Request) -> SignedIn:
    signed_in = await find_operator(request)
    if signed_in is None or not signed_in.may(Role.OPERATOR):
        raise ConnectError("sign_in_required", "You are not signed in any more. Sign in, then connect again.")
    return signed_in


def _not_connected(request: Request, error: ConnectError | GoogleError) -> Response:
    told = f"Google Drive was not connected ({error.code})."
    response = message(request, 400, "Not connected", told, error.advice)
    response.headers["referrer-policy"] = "no-referrer"  # the address holds what Google answered
    return response


def _cookie(state: str) -> str:
    """One a consent, so that several tabs do not disturb each other."""
    return f"connect-{hash_of(state)[:16]}"
