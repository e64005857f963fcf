"""The cookie of a signed-in browser, and who it says is asking.

In: a request. Out: an operator. A request that changes something and comes by a cookie must also carry the session's
token, in the header `X-CSRF-Token` or the form's field `csrf_token`.
"""

import hmac

from fastapi import Request

from drive_control_plane.audit.log import Actor
from drive_control_plane.context import context_of
from drive_control_plane.http.addresses import address_of
from drive_control_plane.http.cookies import cookie_name
from drive_control_plane.http.problems import Problem
from drive_control_plane.http.shield import SAFE
from drive_control_plane.http.who import SignedIn
from drive_control_plane.operators.sessions import BrowserSession, find

SESSION = "session"
"""The cookie's name (see `http.cookies`)."""
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def session_of(request: Request) -> BrowserSession | None:
    """The session of the browser that asks, looked up once a request."""
    if not hasattr(request.state, "browser_session"):
        context = context_of(request)
        secret = request.cookies.get(cookie_name(context.settings, SESSION))
        request.state.browser_session = await find(context, secret) if secret else None
    session: BrowserSession | None = request.state.browser_session
    return session


async def who_asks(request: Request) -> SignedIn | None:
    """Who is signed in. Raises `Problem` 403 for a changing request without the session's token."""
    session = await session_of(request)
    if session is None:
        return None
    if request.method not in SAFE and not _is_same(await _token_of(request), session.csrf_token):
        raise Problem(403, "csrf_token_missing", "The page is too old: load it again, and repeat what you did.")
    actor = Actor("operator", session.email, session.tenant_id, address_of(request))
    return SignedIn(actor, session.operator_id, session.tenant_id, session.role)


def _is_same(shown: str, expected: str) -> bool:
    """Compare in constant time, whatever letters somebody shows."""
    return hmac.compare_digest(shown.encode(), expected.encode())


async def _token_of(request: Request) -> str:
    if (header := request.headers.get("x-csrf-token")) is not None:
        return header
    if request.headers.get("content-type", "").startswith(FORMS):
        value = (await request.form()).get("csrf_token")
        return value if isinstance(value, str) else ""
    return ""
