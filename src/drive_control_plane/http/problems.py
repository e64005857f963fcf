"""How a request is refused: `application/problem+json` (RFC 9457) with a stable code and what to do.

In: exceptions of the features. Out: answers that name what is wrong and hold no secret; a page of the same words for a
person who follows a link or sends a form.
"""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from drive_control_plane.database import cause_of, is_away
from drive_control_plane.pages import message

MEDIA_TYPE = "application/problem+json"
FOR_PROGRAMS = ("/v1/", "/oauth/", "/webhooks/", "/fragments/", "/events", "/health/", "/metrics", "/openapi.json")
RETRY_SECONDS = "5"
MISSING = dict.fromkeys((404, 405), "There is no such page.")
TITLES = {403: "Not allowed", 404: "Not found", 405: "Not found", 413: "Too large", 503: "Not now"}

log = logging.getLogger(__name__)


class Problem(Exception):  # noqa: N818 # the name that RFC 9457 gives it
    """A refusal. `code` is stable, `detail` says what to do; `headers` go with the answer, `more` into it."""

    def __init__(self, status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers
        self.more = more


class SignInNeeded(Problem):
    """A page that needs somebody was asked for by nobody: whatever they accept, they are sent to where they can."""

    def __init__(self) -> None:
        super().__init__(401, "sign_in_required", "Sign in first.")


def answer(status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    """A problem as an answer."""
    body = {"type": "about:blank", "status": status, "code": code, "detail": detail, **more}
    return JSONResponse(body, status, headers, MEDIA_TYPE)


def install(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Have the application answer so; `routers` are all that it has."""

    @app.exception_handler(Problem)
    async def refused(request: Request, problem: Problem) -> Response:
        if _is_a_persons(request) or isinstance(problem, SignInNeeded):
            return _page(request, problem.status, problem.detail)
        return answer(problem.status, problem.code, problem.detail, problem.headers, **problem.more)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        wrong = [{"field": ".".join(map(str, each["loc"])), "message": each["msg"]} for each in error.errors()]
        named = "; ".join(f"{each['field']}: {each['message']}" for each in wrong)
        if _is_a_persons(request):
            return _page(request, 422, named)
        return answer(422, "invalid_request", named, errors=wrong)

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers) if error.headers else {}
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = ", ".join(sorted(_methods(routers, request.url.path)))
        if _is_a_persons(request):
            return _page(request, error.status_code, MISSING.get(error.status_code, str(error.detail)))
        return answer(error.status_code, f"http_{error.status_code}", str(error.detail), headers)

    @app.exception_handler(SQLAlchemyError)
    async def away(request: Request, error: SQLAlchemyError) -> Response:
        if is_away(error):
            log.warning("the database is away: %s", cause_of(error))
        else:
            log.error("the database did not do what was asked of it: %s", type(error).__name__, exc_info=error)
        told = "The database cannot be asked now: try again in a moment."
        if _is_a_persons(request):
            return _page(request, 503, told)
        return answer(503, "database_unavailable", told, {"Retry-After": RETRY_SECONDS})

    @app.exception_handler(Exception)
    async def defect(request: Request, _: Exception) -> Response:
        told = "This is a defect of the control plane: its log says more."  # the server writes it there
        return _page(request, 500, told) if _is_a_persons(request) else answer(500, "internal_error", told)


def _is_a_persons(request: Request) -> bool:
    """Whether the answer is what a browser shows, not what a program or a script of ours reads."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(FOR_PROGRAMS)


def _page(request: Request, status: int, detail: str) -> Response:
    if status == HTTPStatus.UNAUTHORIZED:
        return RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
    return message(request, status, TITLES.get(status, "Not done"), detail)


def _methods(routers: Sequence[APIRouter], path: str) -> set[str]:
    """What may be asked of the address: each method is a route of its own, which knows nothing of the others."""
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    named = [route for route in routes if route.path == path]  # before those that would take its name for an id
    found = named or [route for route in routes if route.path_regex.match(path)]
    return {method for route in found for method in route.methods or ()}
