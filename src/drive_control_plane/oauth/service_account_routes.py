"""`/v1/connections` by service accounts: key files in, connections out; no key ever comes back.

In: requests of a tenant's callers. Out: the connection as the other routes show it, or what became of each address.
"""

import json
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from drive_control_plane.connections import service
from drive_control_plane.connections.callers import REFUSALS, Caller, Responses
from drive_control_plane.connections.routes import NOT_FOUND, ConnectionId, Name, Writer
from drive_control_plane.connections.settings import ConnectionSettings
from drive_control_plane.connections.views import ConnectionDetails
from drive_control_plane.context import InContext
from drive_control_plane.oauth.delegating import connect, key_of
from drive_control_plane.oauth.delegating_many import MOST_SUBJECTS, Became, Email, connect_many
from drive_control_plane.oauth.keeping import Wanted
from drive_control_plane.oauth.replacing import Replacement, replace_key
from drive_control_plane.oauth.scopes import READS, scopes_for
from drive_control_plane.oauth.service_account import MAX_KEY_FILE_CHARACTERS
from drive_control_plane.scheduler.schedule import AdaptiveSchedule, Schedule

Value = Annotated[str, Field(max_length=MAX_KEY_FILE_CHARACTERS)]
KeyFile = dict[Annotated[str, Field(max_length=100)], Value] | Value
"""A key file as Google gives it: the JSON itself, or its text."""
Subjects = Annotated[list[Email], Field(min_length=1, max_length=MOST_SUBJECTS)]

GOOGLE: Responses = {
    422: {
        "description": "`bad_key`, or what Google refuses: `unauthorized_client` (with `client_id` and `scopes`, which "
        "an administrator has to allow), `unknown_subject`, `bad_signature`, …"
    },
    502: {"description": "`clock_wrong`, `unreadable_answer`, …: how the control plane is set up"},
    503: {"description": "Google or Kafka cannot be asked; nothing was changed. Again after `Retry-After`"},
}

router = APIRouter(prefix="/v1/connections", tags=["connections"], responses={**REFUSALS, **GOOGLE})


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewConnection(_Body):
    """A service account's key, and how to use it."""

    service_account: KeyFile
    subject: Email | None = None
    """Whom it stands for, by domain-wide delegation; without it the service account is itself."""
    name: Name | None = None
    settings: ConnectionSettings = ConnectionSettings()
    schedule: Schedule = AdaptiveSchedule()


class NewConnections(_Body):
    """One key for many users."""

    service_account: KeyFile
    subjects: Subjects
    settings: ConnectionSettings = ConnectionSettings()
    schedule: Schedule = AdaptiveSchedule()


class NewKey(_Body):
    """Another key of the same service account, or of another one that may stand for the same user."""

    service_account: KeyFile | None = None
    """None: the one that is kept is tried again, after somebody has let it in."""
    reads: Literal["everything", "metadata"] | None = None
    """As much as the key shall open, before the settings are changed to it; None: as much as they need now."""


class OutcomeView(BaseModel):
    """What became of an address."""

    model_config = ConfigDict(from_attributes=True)

    subject: str
    became: Became
    """`not_tried`: ask again with it."""
    connection_id: str | None
    code: str | None
    """Why it has no connection now."""
    advice: str | None


class OutcomesView(BaseModel):
    """What became of all of them, in their order; of an address that came twice, once."""

    client_id: str
    """The service account's, to which an administrator has to allow the scopes."""
    scopes: list[str]
    results: list[OutcomeView]


@router.post("", status_code=201, responses={409: {"description": "`already_connected`, with the `connection_id`"}})
async def create_connection(
    response: Response, context: InContext, caller: Writer, body: NewConnection
) -> ConnectionDetails:
    """Connect by a service account's key, which is tried out first. People connect in their browser."""
    key = await key_of(_text(body.service_account))
    wanted = _wanted(caller, body.settings, body.schedule, body.name)
    connection_id = await connect(context, caller.actor, wanted, key, body.subject)
    response.headers["location"] = f"/v1/connections/{connection_id}"
    return await service.details(context, caller.tenant_id, connection_id)


@router.post("/bulk")
async def create_connections(context: InContext, caller: Writer, body: NewConnections) -> OutcomesView:
    """Connect many users by one key. After 30 seconds no other is begun with: ask again with those `not_tried`."""
    key = await key_of(_text(body.service_account))
    wanted = _wanted(caller, body.settings, body.schedule)
    outcomes = await connect_many(context, caller.actor, wanted, key, body.subjects)
    results = [OutcomeView.model_validate(each) for each in outcomes]
    return OutcomesView(client_id=key.client_id, scopes=sorted(scopes_for(wanted.settings)), results=results)


@router.put(
    "/{connection_id}/service-account",
    responses={
        **NOT_FOUND,
        409: {"description": "`connection_disconnected`, `not_a_service_account`, `other_account`, …"},
    },
)
async def replace_service_account(
    context: InContext, caller: Writer, connection_id: ConnectionId, body: NewKey
) -> ConnectionDetails:
    """Give it another key. Whom it stands for stays, and a connection that waited for a key goes on where it was."""
    document = None if body.service_account is None else _text(body.service_account)
    replacement = Replacement(document, None if body.reads is None else READS[body.reads])
    await replace_key(context, caller.actor, caller.tenant_id, connection_id, replacement)
    return await service.details(context, caller.tenant_id, connection_id)


def _text(key_file: dict[str, str] | str) -> str:
    return key_file if isinstance(key_file, str) else json.dumps(key_file)


def _wanted(caller: Caller, settings: ConnectionSettings, schedule: Schedule, name: str | None = None) -> Wanted:
    return Wanted(
        caller.tenant_id,
        settings.model_dump(exclude_none=True),
        name=name,
        schedule=schedule.model_dump(mode="json"),
    )
