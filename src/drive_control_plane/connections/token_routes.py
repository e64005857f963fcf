"""`POST /v1/connections/{id}/access-token`: how workers get access tokens (docs/contracts.md)."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Response
from fastapi import Request as HttpRequest
from pydantic import BaseModel, Field

from drive_control_plane.connections.access_tokens import AccessTokens, Request
from drive_control_plane.context import only_one
from drive_control_plane.machines.authentication import Machine, require_scope

router = APIRouter(prefix="/v1/connections", tags=["connections"])


class AccessTokenRequest(BaseModel):
    """What may be said besides the connection."""

    subject: Annotated[str, Field(max_length=320)] | None = None
    """Whom the token shall stand for; nobody but the connection's own subject is possible."""
    refused_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Of a token that Google refused although its time was not over: another one is wanted."""


class AccessTokenAnswer(BaseModel):
    """A token, and how the connection is to be read."""

    access_token: str
    expires_at: datetime
    scopes: list[str]
    connection_config: dict[str, Any]


def access_tokens_of(request: HttpRequest) -> AccessTokens:
    """The application's one `AccessTokens`."""
    return only_one(request, "access_tokens", AccessTokens)


@router.post(
    "/{connection_id}/access-token",
    response_model=AccessTokenAnswer,
    responses={
        403: {"description": "`foreign_subject`, or the client lacks the scope"},
        404: {"description": "`unknown_connection`"},
        409: {"description": "`reauthorization_required`: somebody has to consent again"},
        502: {"description": "the OAuth client is not set up; the code and the detail say in which way"},
        503: {"description": "Google cannot be asked; again after `Retry-After`"},
    },
)
async def give_access_token(
    response: Response,
    connection_id: Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")],
    machine: Annotated[Machine, Depends(require_scope("connections:token"))],
    tokens: Annotated[AccessTokens, Depends(access_tokens_of)],
    body: Annotated[AccessTokenRequest | None, Body()] = None,
) -> AccessTokenAnswer:
    """Give an access token to Google for a connection, good for five minutes at least."""
    asked = body or AccessTokenRequest()
    wanted = Request(machine.actor, connection_id, machine.tenant_id, asked.subject, asked.refused_sha256)
    grant = await tokens.grant(wanted)
    response.headers["cache-control"] = "no-store"
    return AccessTokenAnswer(
        access_token=grant.access_token,
        expires_at=grant.expires_at,
        scopes=list(grant.scopes),
        connection_config=grant.connection_config,
    )
