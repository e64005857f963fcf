"""The way from any request to its answer: requests in, answers of the APIs, of batches and of the control API out."""

from collections.abc import Sequence

from google_drive_emulator.control.messages import PREFIX, ControlError
from google_drive_emulator.control.routes import ROUTES as CONTROL_ROUTES
from google_drive_emulator.http.batch import batch_routes
from google_drive_emulator.http.calls import Call, Reply, Route, json_reply
from google_drive_emulator.http.delivery import Answer
from google_drive_emulator.http.errors import DriveError, not_found
from google_drive_emulator.http.pipeline import Visit
from google_drive_emulator.http.presentation import error_reply, present
from google_drive_emulator.http.requests import Request, with_override
from google_drive_emulator.http.router import Router
from google_drive_emulator.routes import ROUTES
from google_drive_emulator.state import EmulatorState


class Shell:
    """Answers requests over one state; all Google hosts' paths are told apart by the path alone."""

    def __init__(self, state: EmulatorState, routes: Sequence[Route] = ROUTES) -> None:
        self._state = state
        self._api = Router([*routes, *batch_routes(self.answer)])
        self._control = Router(CONTROL_ROUTES)

    async def answer(self, request: Request) -> Answer:
        """Answer a request. Raises ``CutError`` for one that a fault leaves without an answer."""
        if request.path.startswith(PREFIX):
            return Answer(await self._controlled(request))
        try:
            request = await with_override(request)
        except DriveError as error:
            return Answer(present(error_reply(error), request.method, request.params))
        found = self._api.find(request.method, request.path)
        if found is None:
            reply = error_reply(not_found(f"Not Found: {request.method} {request.path}"))
            return Answer(present(reply, request.method, request.params))
        route, path = found
        return await Visit(self._state, route, path, request).answer()

    async def _controlled(self, request: Request) -> Reply:
        found = self._control.find(request.method, request.path)
        if found is None:
            return _refused(f"there is no {request.method} {request.path}", 404)
        route, path = found
        user = self._state.world.users[0]
        call = Call(
            request.method, user, request.params, path, request.headers, request.content, base_url=request.base_url
        )
        try:
            return await route.handler(self._state, call)
        except ControlError as error:
            return _refused(str(error), 400)
        except DriveError as error:
            return _refused(error.message, error.status_code)


def _refused(message: str, status: int) -> Reply:
    return json_reply({"error": message}, status)
