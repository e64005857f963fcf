"""The HTTP server: sockets in, calls to routes and their replies out; faults and latency strike here."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from urllib.parse import parse_qsl

from aiohttp import web

from google_drive_emulator.control.routes import ROUTES as CONTROL_ROUTES
from google_drive_emulator.control.routes import ControlError
from google_drive_emulator.http.calls import JSON_TYPE, Call, Reply, Route, json_reply, pretty
from google_drive_emulator.http.errors import (
    DriveError,
    injected,
    invalid_credentials,
    no_credentials,
    not_found,
)
from google_drive_emulator.http.faults import DEFAULT_STALL_MS, Fault
from google_drive_emulator.http.params import Params
from google_drive_emulator.routes import ROUTES
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.items import User

_MAX_BODY_BYTES = 64 * 2**20
_BODY_TIMEOUT_SECONDS = 30
_HTML = (
    "<!DOCTYPE html>\n<html lang=en>\n<title>Error {status} (Server Error)!!1</title>\n"
    "<p><b>{status}.</b> <ins>That’s an error.</ins>\n<p>The server encountered an error.\n</html>\n"
)

_AioHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _CutError(Exception):
    """The connection is to be cut without an answer."""


def make_application(state: EmulatorState) -> web.Application:
    """Put all routes on one application; every Google host's paths share one port."""
    application = web.Application(client_max_size=_MAX_BODY_BYTES)
    for route in ROUTES:
        application.router.add_route(route.method, route.path, _api_handler(state, route))
    _add_method_overrides(application, state, ROUTES)
    for route in CONTROL_ROUTES:
        application.router.add_route(route.method, route.path, _control_handler(state, route))
    application.router.add_route("*", "/{path:.*}", _unknown)
    return application


def _add_method_overrides(application: web.Application, state: EmulatorState, routes: Sequence[Route]) -> None:
    """Long GETs arrive as POSTs that say so, with the parameters in the body (facts G)."""
    for route in routes:
        if route.method == "GET":
            application.router.add_route("POST", route.path, _override_handler(state, route))


async def _unknown(request: web.Request) -> web.StreamResponse:
    if request.path.startswith("/__emulator__/"):
        return await _send(request, _control_refusal(f"there is no {request.method} {request.path}", 404))
    return await _send(request, _error_reply(not_found(f"Not Found: {request.method} {request.path}")))


def _api_handler(state: EmulatorState, route: Route) -> _AioHandler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await _serve(state, route, request, Params(request.query.items()))

    return handle


def _override_handler(state: EmulatorState, route: Route) -> _AioHandler:
    async def handle(request: web.Request) -> web.StreamResponse:
        if request.headers.get("X-HTTP-Method-Override", "").upper() != "GET":
            return await _unknown(request)
        form = (await _read_body(request)).decode("utf-8", "replace")
        params = Params([*request.query.items(), *parse_qsl(form, keep_blank_values=True)])
        return await _serve(state, route, request, params)

    return handle


def _control_handler(state: EmulatorState, route: Route) -> _AioHandler:
    async def handle(request: web.Request) -> web.StreamResponse:
        call = await _call(state.world.users[0], request, Params(request.query.items()), request.method)
        try:
            return await _send(request, await route.handler(state, call))
        except ControlError as error:
            return await _send(request, _control_refusal(str(error), 400))

    return handle


async def _serve(state: EmulatorState, route: Route, request: web.Request, params: Params) -> web.StreamResponse:
    """Answer a request, with the fault that strikes it, and count the answer."""
    outcome = "cut"
    try:
        fault = state.faults.strike(route.name)
        await asyncio.sleep(state.latency_ms / 1000)
        reply = await _struck_reply(fault) or await _reply(state, route, request, params)
        if fault is not None and fault.kind == "truncate":
            await _truncate(request, reply)
            raise _CutError
        response = await _send(request, reply)
        outcome = str(reply.status)
        return response
    except _CutError:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    finally:
        state.requests.add(route.name, outcome)


async def _struck_reply(fault: Fault | None) -> Reply | None:
    """Return the answer of a fault that has one; None when the request is to be answered after all."""
    if fault is None:
        return None
    match fault.kind:
        case "error":
            return _error_reply(injected(fault.status, fault.reason, fault.retry_after))
        case "html":
            return _html_reply(fault)
        case "reset":
            raise _CutError
        case "stall":
            milliseconds = DEFAULT_STALL_MS if fault.latency_ms is None else fault.latency_ms
            await asyncio.sleep(milliseconds / 1000)
            raise _CutError
        case "latency":
            await asyncio.sleep((fault.latency_ms or 0) / 1000)
        case "truncate":
            pass
    return None


async def _reply(state: EmulatorState, route: Route, request: web.Request, params: Params) -> Reply:
    try:
        _check_alt(route, params)
        user = _user(state, request, params, route.method) if route.needs_user else state.world.users[0]
        reply = await route.handler(state, await _call(user, request, params, route.method))
    except DriveError as error:
        return _error_reply(error)
    wants_indent = (params.text("prettyPrint") or "").lower() == "true"
    if wants_indent and isinstance(reply.body, bytes):
        return Reply(pretty(reply.body), reply.status, reply.content_type, reply.headers)
    return reply


def _check_alt(route: Route, params: Params) -> None:
    """``alt`` is checked before the credentials (facts A1)."""
    alt = params.text("alt") or "json"
    if alt not in {"json", "media", "proto"}:
        raise DriveError(400, f"Invalid value '{alt}'.", "invalidParameter", "alt")
    if alt != "json" and not (alt == "media" and route.name == "files.get"):
        message = f'Unsupported alt type "{alt}" for non byte stream request.'
        raise DriveError(400, message, "badRequest", "alt")


def _user(state: EmulatorState, request: web.Request, params: Params, method: str) -> User:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        token = params.text("access_token") or params.text("oauth_token") or ""
    if not token:
        raise no_credentials(method)
    user = state.tokens.user_of(token.strip())
    if user is None:
        raise invalid_credentials()
    return user


async def _call(user: User, request: web.Request, params: Params, method: str) -> Call:
    body = await _read_body(request) if request.can_read_body else b""
    return Call(method, user, params, request.match_info, request.headers, body)


async def _read_body(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(_BODY_TIMEOUT_SECONDS):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


async def _send(request: web.Request, reply: Reply) -> web.StreamResponse:
    headers = {"Content-Type": reply.content_type, **reply.headers}
    if isinstance(reply.body, bytes):
        return web.Response(body=reply.body, status=reply.status, headers=headers)
    response = web.StreamResponse(status=reply.status, headers=headers)
    await response.prepare(request)
    async for chunk in reply.body:
        await response.write(chunk)
    await response.write_eof()
    return response


async def _truncate(request: web.Request, reply: Reply) -> None:
    """Send the head of an answer and half of its body."""
    body = reply.body if isinstance(reply.body, bytes) else await _first(reply.body)
    headers = {"Content-Length": str(len(body)), "Content-Type": reply.content_type, **reply.headers}
    response = web.StreamResponse(status=reply.status, headers=headers)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    await asyncio.sleep(0.01)  # so that the half is on its way before the cut


async def _first(chunks: AsyncIterator[bytes]) -> bytes:
    return await anext(chunks, b"")


def _error_reply(error: DriveError) -> Reply:
    plain = json_reply(error.body(), error.status_code, error.headers)
    body = plain.body if isinstance(plain.body, bytes) else b""
    return Reply(pretty(body), error.status_code, JSON_TYPE, error.headers)


def _html_reply(fault: Fault) -> Reply:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    body = _HTML.format(status=fault.status).encode()
    return Reply(body, fault.status, "text/html; charset=UTF-8", headers)


def _control_refusal(message: str, status: int) -> Reply:
    return json_reply({"error": message}, status)
