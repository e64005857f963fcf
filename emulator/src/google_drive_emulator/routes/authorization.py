"""``accounts.google.com``: the authorisation endpoint and its consent page (facts F)."""

from collections.abc import Awaitable, Callable, Mapping

from google_drive_emulator.http.calls import Call, Handler, Reply, Route
from google_drive_emulator.http.requests import read_form
from google_drive_emulator.oauth.authorization import Decision, begin, decide
from google_drive_emulator.oauth.authorization_request import PARAMETERS, AuthorizationRequest, read_request
from google_drive_emulator.oauth.errors import OAuthError
from google_drive_emulator.oauth.pages import CONSENT_PATH, consent_page, error_page
from google_drive_emulator.state import EmulatorState

_HTML_TYPE = "text/html; charset=utf-8"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
}


def _page_handler(handle: Callable[[EmulatorState, Call], Awaitable[Reply]]) -> Handler:
    """Make a handler whose ``OAuthError`` is shown to the person at the browser."""

    async def handler(state: EmulatorState, call: Call) -> Reply:
        try:
            return await handle(state, call)
        except OAuthError as error:
            return Reply(error_page(error).encode(), error.status, _HTML_TYPE, _HEADERS)

    handler.__doc__ = handle.__doc__
    return handler


async def _ask(state: EmulatorState, call: Call) -> Reply:
    """``GET /o/oauth2/v2/auth``: ask the user, or go on at once when nothing is to be asked."""
    params = {name: text for name in PARAMETERS if (text := call.params.text(name)) is not None}
    outcome = begin(state.tokens, _read(state, params))
    if isinstance(outcome, str):
        return _redirect(outcome)
    return Reply(consent_page(outcome, params).encode(), 200, _HTML_TYPE, _HEADERS)


async def _answer(state: EmulatorState, call: Call) -> Reply:
    """``POST /signin/oauth/consent``: take the user's answer, and go on to the client."""
    fields = list(read_form(await call.read()))
    form = dict(fields)
    granted = frozenset(value for name, value in fields if name == "granted")
    decision = Decision(form.get("account", ""), granted, form.get("decision") == "allow")
    return _redirect(decide(state.tokens, _read(state, form), decision))


def _read(state: EmulatorState, params: Mapping[str, str]) -> AuthorizationRequest:
    return read_request(params, state.tokens.registry, strict=state.tokens.mode == "strict")


def _redirect(address: str) -> Reply:
    return Reply(b"", 302, _HTML_TYPE, {**_HEADERS, "Location": address})


def _route(name: str, method: str, path: str | tuple[str, ...], handler: Handler) -> Route:
    return Route(f"oauth.{name}", method, path, handler, needs_user=False, api="oauth2")


ROUTES = (
    _route("authorize", "GET", ("/o/oauth2/v2/auth", "/o/oauth2/auth"), _page_handler(_ask)),
    _route("consent", "POST", CONSENT_PATH, _page_handler(_answer)),
)
