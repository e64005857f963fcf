"""`/v1/connections/{id}/dead-letters`, and the same as a part of a page with buttons.

In: requests of a tenant's callers. Out: letters; messages sent again. Another tenant's letters do not exist here.
"""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from drive_control_plane.connections.callers import REFUSALS, Caller, Responses, caller_with
from drive_control_plane.connections.routes import NOT_FOUND, ConnectionId
from drive_control_plane.context import InContext
from drive_control_plane.database.tables import Role
from drive_control_plane.http.parts import kept_while_serving
from drive_control_plane.http.problems import Problem
from drive_control_plane.http.who import InOperator, InWorkingOperator
from drive_control_plane.kafka.shared_reads import ReadError
from drive_control_plane.letters.service import MOST_AT_ONCE, Letters, Outcome
from drive_control_plane.letters.views import MOST_SHOWN, LetterPage, cut
from drive_control_plane.machines.scopes import Scope
from drive_control_plane.operators.frame import shared
from drive_control_plane.pages import message, page


def _letters_of(request: Request) -> Letters:
    letters: Letters = request.state.letters
    return letters


router = APIRouter(tags=["connections"], lifespan=kept_while_serving("letters", Letters))

InLetters = Annotated[Letters, Depends(_letters_of)]
Reader = Annotated[Caller, Depends(caller_with(Scope.CONNECTIONS_READ, Role.VIEWER))]
Worker = Annotated[Caller, Depends(caller_with(Scope.TRIGGERS_WRITE, Role.OPERATOR))]
LetterId = Annotated[str, Field(min_length=5, max_length=300, pattern=r"^[A-Za-z0-9._-]+:[0-9]{1,9}:[0-9]{1,18}$")]

AWAY: Responses = {503: {"description": "`kafka_unavailable`: Kafka cannot be read, or did not take the messages"}}
REFUSED: Responses = {
    404: {"description": "`connection_not_found`, `dead_letter_not_found`"},
    409: {"description": "`connection_disconnected`; `too_many_dead_letters`: choose some"},
    **AWAY,
}


class Replay(BaseModel):
    """Which letters are sent again: some, or all that wait."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"oneOf": [{"required": ["ids"]}, {"required": ["all"]}]},
    )

    ids: Annotated[list[LetterId], Field(min_length=1, max_length=MOST_AT_ONCE)] = []
    all: Annotated[bool, Field(json_schema_extra={"const": True})] = False

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if bool(self.ids) == self.all:
            raise ValueError("give `ids`, or `all: true`")
        return self


class NotSent(BaseModel):
    """A letter that was not sent again, and why."""

    id: str
    problem: str


class Replayed(BaseModel):
    """What became of it."""

    sent: list[str]
    not_sent: list[NotSent]
    left: int
    """So many more wait: ask once more."""


@router.get("/v1/connections/{connection_id}/dead-letters", responses={**REFUSALS, **NOT_FOUND, **AWAY})
async def list_dead_letters(
    letters: InLetters,
    caller: Reader,
    connection_id: ConnectionId,
    limit: Annotated[int, Query(ge=1, le=MOST_SHOWN)] = 50,
    replayed: Annotated[bool, Query(description="Those sent again already, too.")] = False,
) -> LetterPage:
    """Messages of the connection that the worker could not apply, the newest first."""
    try:
        return cut(await letters.page(caller.tenant_id, connection_id), limit, replayed=replayed)
    except ReadError as error:
        raise Problem(503, "kafka_unavailable", str(error)) from None


@router.post("/v1/connections/{connection_id}/dead-letters/replay", responses={**REFUSALS, **REFUSED})
async def replay_dead_letters(
    letters: InLetters, caller: Worker, connection_id: ConnectionId, body: Replay
) -> Replayed:
    """Send letters again to the topic they came from, the oldest first."""
    outcome = await letters.replay(caller.actor, caller.tenant_id, connection_id, body.ids or None)
    not_sent = [NotSent(id=each, problem=problem) for each, problem in outcome.problems.items()]
    return Replayed(sent=outcome.sent, not_sent=not_sent, left=outcome.left)


@router.get("/fragments/connections/{connection_id}/dead-letters", include_in_schema=False)
async def dead_letters_fragment(
    request: Request, context: InContext, operator: InOperator, letters: InLetters, connection_id: ConnectionId
) -> Response:
    """The same as a table; what is wrong with Kafka is told in its place."""
    found, wrong = None, None
    try:
        found = await letters.page(operator.tenant_id, connection_id)
    except ReadError as error:
        wrong = str(error)
    values: dict[str, Any] = {
        "connection_id": connection_id,
        "found": found,
        "problem": wrong,
        "now": context.clock.now(),
    }
    return page(request, "fragments/dead_letters.html", **await shared(request, operator), **values)


@router.post("/connections/{connection_id}/dead-letters/replay", include_in_schema=False)
async def replay_from_page(
    request: Request,
    operator: InWorkingOperator,
    letters: InLetters,
    connection_id: ConnectionId,
    letter: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Send one again, or without `letter` all; then the page again, where they are shown as sent."""
    try:
        ids = [letter] if letter else None
        outcome = await letters.replay(operator.actor, operator.tenant_id, connection_id, ids)
    except Problem as problem:
        return message(request, problem.status, "Not done", problem.detail)
    if outcome.problems:
        return message(request, 409, "Not done", _told(outcome))
    return RedirectResponse(f"/connections/{connection_id}#dead-letters", 303)


def _told(outcome: Outcome) -> str:
    """What was sent, what was not, and what to do about that."""
    problems = "; ".join(f"{each}: {problem}" for each, problem in list(outcome.problems.items())[:3])
    return (
        f"{len(outcome.sent)} sent again, {len(outcome.problems)} not ({problems}). What lies in the object store is "
        "sent by google-drive-worker dlq replay; the others can be sent one by one."
    )
