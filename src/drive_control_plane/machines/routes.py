"""The token endpoint over HTTP.

In: forms. Out: JSON as RFC 6749 has it (5.1, 5.2), which no cache keeps.
"""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from drive_control_plane.context import InContext, only_one
from drive_control_plane.http.addresses import address_of
from drive_control_plane.machines.granting import Failures, grant
from drive_control_plane.machines.token_request import FORM, GRANT, MOST_BYTES, OAuthError, invalid_request, read

router = APIRouter(tags=["machines"])
_UNCACHED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class TokenAnswer(BaseModel):
    """A token."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 # a name
    expires_in: int = Field(description="seconds")
    scope: str


class TokenRefusal(BaseModel):
    """Why there is no token."""

    error: str
    error_description: str


_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["grant_type"],
    "properties": {
        "grant_type": {"type": "string", "enum": [GRANT]},
        "client_id": {"type": "string"},
        "client_secret": {"type": "string", "format": "password"},
        "scope": {"type": "string", "description": "words with spaces between; without it all of the client's"},
    },
}
_REFUSALS: dict[int | str, dict[str, Any]] = {status: {"model": TokenRefusal} for status in (400, 401, 429)}


@router.post(
    "/oauth/token",
    summary="A token for a machine",
    description="Client credentials (RFC 6749, 4.4): the secret by HTTP Basic, or in the form.",
    response_model=TokenAnswer,
    responses=_REFUSALS,
    openapi_extra={"requestBody": {"required": True, "content": {FORM: {"schema": _FORM}}}},
)
async def token(request: Request, context: InContext) -> JSONResponse:
    """Give a machine a token."""
    try:
        body = await _body(request)
        wanted = read(request.headers.get("authorization"), request.headers.get("content-type"), body)
        given = await grant(context, _failures_of(request), wanted, address_of(request))
    except OAuthError as error:
        refusal = TokenRefusal(error=error.error, error_description=error.detail)
        return JSONResponse(refusal.model_dump(), error.status, {**_UNCACHED, **error.headers})
    answer = TokenAnswer(access_token=given.token, expires_in=given.expires_in, scope=" ".join(given.scopes))
    return JSONResponse(answer.model_dump(), 200, _UNCACHED)


async def _body(request: Request) -> bytes:
    """A form of this kind is small; a longer one is not read to its end."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise invalid_request(f"The body has at most {MOST_BYTES} bytes.")
    return bytes(body)


def _failures_of(request: Request) -> Failures:
    """Those that this process has seen."""
    return only_one(request, "token_failures", lambda context: Failures(context.clock))
