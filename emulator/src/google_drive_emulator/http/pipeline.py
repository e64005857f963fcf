"""From a request to its answer: what every method has in common.

In: a request, from a socket or from a part of a batch, and its route. Out: the reply and how it is to be delivered. In
between, in this order: faults, ``alt``, credentials and scopes, quota, the method, the looks of the answer. At the end
it is logged.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import replace

from google_drive_emulator.http import observers
from google_drive_emulator.http.authentication import authenticated
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.delivery import Answer, CutError
from google_drive_emulator.http.errors import DriveError, internal_error
from google_drive_emulator.http.fault_effects import hold, reply_of, spoil
from google_drive_emulator.http.faults import HANDLED, Fault, Target
from google_drive_emulator.http.methods import asks_for_media, effort, serves_media
from google_drive_emulator.http.presentation import check_callback, error_reply, oauth_error_reply, present
from google_drive_emulator.http.request_log import CUT, LoggedRequest, without_secrets
from google_drive_emulator.http.requests import Request
from google_drive_emulator.oauth.sessions import Session
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.timestamps import rfc3339

log = logging.getLogger(__name__)


class Visit:
    """One request on its way to a method and back; what is learned of it on the way is logged at its end."""

    def __init__(self, state: EmulatorState, route: Route, path: Mapping[str, str], request: Request) -> None:
        self._state = state
        self._route = route
        self._path = path
        self._request = request
        self._fault: Fault | None = None
        self._session: Session | None = None

    async def answer(self) -> Answer:
        """Answer the request, with the fault that strikes it, and log it. Raises ``CutError``."""
        started, status = time.perf_counter(), CUT
        try:
            reply = await self._struck_reply()
            shown = present(reply, self._request.method, self._request.params)
            answer = Answer(shown) if self._fault is None else spoil(self._fault, shown)
            if answer.delivery.cut_after_bytes is None:
                status = str(reply.status)
            return answer
        finally:
            self._log(status, round((time.perf_counter() - started) * 1000))

    async def _struck_reply(self) -> Reply:
        """Return the reply of the fault that strikes, or else of the method."""
        self._fault = self._strike()
        if not self._request.in_batch and self._state.latency_ms:
            await asyncio.sleep(self._state.latency_ms / 1000)
        if self._fault is None:
            return await self._reply()
        await hold(self._fault)
        try:
            return reply_of(self._fault) or await self._reply()
        except DriveError as error:
            return self._refusal(error)

    def _strike(self) -> Fault | None:
        faults, request = self._state.faults, self._request
        if not faults:
            return None
        return faults.strike(Target(self._route.name, dict(reversed([*request.params])), request.token, self._caller))

    def _caller(self) -> str | None:
        session = self._state.tokens.session_of(self._request.token)
        return None if session is None else session.user.email

    async def _reply(self) -> Reply:
        """Return the reply of the method, errors included."""
        try:
            reply = await self._handled()
        except CutError:
            raise
        except DriveError as error:
            reply = self._refusal(error)
        except Exception:  # whatever goes wrong here, the client is told so as Google would
            log.exception("the method %s failed", self._route.name)
            reply = self._refusal(internal_error())
        if observers.active():
            observers.notify(observers.Exchange(self._route, self._request.path, self._request.params, reply))
        return reply

    async def _handled(self) -> Reply:
        """Return the reply of the method. Raises ``DriveError``."""
        route, request = self._route, self._request
        check_callback(request.method, request.params)
        _check_alt(route, request)
        if route.needs_user:
            self._session = authenticated(self._state, route, request)
            self._charge(self._session)
        if request.in_batch and asks_for_media(route, request.params):
            return _elsewhere(request)
        self._state.world.settle()
        return await route.handler(self._state, self._call())

    def _charge(self, session: Session) -> None:
        quota = self._state.quota
        if self._route.api == "drive":
            quota.charge(effort(self._route, self._request.params), session.user.email, session.client_id)
        elif self._route.api == "driveactivity":
            quota.charge_activity(session.user.email)

    def _call(self) -> Call:
        request, fault = self._request, self._fault
        return Call(
            request.method,
            self._state.world.users[0] if self._session is None else self._session.user,
            request.params,
            self._path,
            request.headers,
            request.content,
            self._session,
            fault if fault is not None and fault.kind in HANDLED else None,
            request.base_url,
        )

    def _refusal(self, error: DriveError) -> Reply:
        if self._route.name.startswith("oauth."):
            return oauth_error_reply(error)
        is_rpc = self._route.api == "driveactivity"
        return error_reply(replace(error, bare=True) if is_rpc else error)

    def _log(self, status: str, milliseconds: int) -> None:
        request, session, fault = self._request, self._session, self._fault
        self._state.requests.add(
            LoggedRequest(
                rfc3339(self._state.world.clock()),
                self._route.name,
                request.method,
                request.path,
                without_secrets(dict(reversed([*request.params]))),
                None if session is None else session.user.email,
                status,
                milliseconds,
                request.in_batch,
                None if fault is None else fault.kind,
            )
        )


def _check_alt(route: Route, request: Request) -> None:
    """``alt`` is checked before the credentials (facts A1)."""
    alt = request.params.text("alt") or "json"
    if alt not in {"json", "media", "proto"}:
        raise DriveError(400, f"Invalid value '{alt}'.", "invalidParameter", "alt")
    if alt != "json" and not (alt == "media" and serves_media(route)):
        message = f'Unsupported alt type "{alt}" for non byte stream request.'
        raise DriveError(400, message, "badRequest", "alt")


def _elsewhere(request: Request) -> Reply:
    """Send a part of a batch that asks for bytes to the media download service (facts A10)."""
    path = request.path if request.path.startswith("/download/") else f"/download{request.path}"
    location = f"{request.base_url}{path}?{request.query}"
    return error_reply(DriveError(302, "Unknown Error.", "backendError", headers={"Location": location}))
