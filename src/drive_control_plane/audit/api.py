"""`GET /v1/audit`: the audit log for programs, in pages that can be followed, or as a file.

In: requests of programs with the scope `audit:read`, or of administrators. Out: JSON, JSON lines, or CSV.
"""

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
)

from drive_control_plane.audit import export
from drive_control_plane.audit.looks import READ_LOG, note_look
from drive_control_plane.audit.reading import Wanted, following
from drive_control_plane.connections.callers import REFUSALS, Caller, Responses, caller_with
from drive_control_plane.context import Context, InContext
from drive_control_plane.database.tables import Role
from drive_control_plane.machines.scopes import Scope

SETTLED: Final = timedelta(minutes=1)
"""How old an entry is before a page goes past it. Two transactions may end in another order than that of their entries'
numbers; none lasts half as long, so whoever follows the log by its cursor misses nothing."""

router = APIRouter(prefix="/v1/audit", tags=["audit"], responses=REFUSALS)

Reader = Annotated[Caller, Depends(caller_with(Scope.AUDIT_READ, Role.ADMINISTRATOR))]


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("out of range") from None


def _written_out(value: object) -> object:
    """Not a number, which pydantic would take for seconds since 1970."""
    if isinstance(value, str) and value[4:5] != "-":
        raise ValueError("must be written as 2026-01-31T12:00:00Z")
    return value


Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]  # PostgreSQL has no such letter
Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_utc)]
Who = Annotated[Text | None, Query(max_length=320, description="a part of the actor's name")]
Action = Annotated[Text | None, Query(max_length=64, description="how the action begins, as `operator.`")]
Target = Annotated[Text | None, Query(max_length=64, description="the id of what it was done to")]
Since = Annotated[Moment | None, Query(alias="from", description="the first moment that counts")]
Until = Annotated[Moment | None, Query(alias="to", description="the first moment that does not count")]

_FILES: Responses = {200: {"content": {each.partition(";")[0]: {} for each in export.MEDIA_TYPES.values()}}}


class AuditEntryView(BaseModel):
    """A deed."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    """Grows, with gaps."""
    at: datetime
    actor_kind: str
    """`operator`, `machine`, `google`, `system`, or `anonymous`."""
    actor: str
    action: str
    target: str | None
    outcome: str
    """`done`, or `refused`."""
    address: str | None
    details: dict[str, Any]


class AuditPage(BaseModel):
    """Some entries, the oldest first."""

    entries: list[AuditEntryView]
    next_cursor: int
    """What to go on with: now, if there is more, else later for what happens until then."""
    has_more: bool


@router.get("", response_model=AuditPage, responses=_FILES)
async def audit_log(
    request: Request,
    context: InContext,
    caller: Reader,
    form: Annotated[Literal["json", "jsonl", "csv"], Query(alias="format", description="pages, or a file")] = "json",
    cursor: Annotated[int, Query(ge=0, le=2**63 - 1, description="of the page before (pages only)")] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000, description="entries a page (pages only)")] = 200,
    who: Who = None,
    action: Action = None,
    target: Target = None,
    since: Since = None,
    until: Until = None,
) -> Response | AuditPage:
    """Who did what, the oldest first.

    As JSON in pages, which have entries once they are a minute old; as JSON lines or CSV all of it as it is now. That
    the log was read, or taken away as a file, is an entry itself.
    """
    wanted = Wanted(who, action, target, since, until)
    if form != "json":
        return await _file(context, caller, wanted, form)
    await note_look(request, caller.actor, caller.tenant_id, READ_LOG)
    return await _page(context, caller.tenant_id, wanted, cursor, limit)


async def _page(context: Context, tenant_id: str, wanted: Wanted, cursor: int, limit: int) -> AuditPage:
    settled = context.clock.now() - SETTLED
    async with context.database.reading() as session:
        found = await following(session, tenant_id, wanted, limit + 1, cursor)
    shown = list(takewhile(lambda entry: entry.at <= settled, found[:limit]))
    return AuditPage(
        entries=[AuditEntryView.model_validate(entry) for entry in shown],
        next_cursor=shown[-1].id if shown else cursor,
        has_more=len(shown) == limit < len(found),
    )


async def _file(context: Context, caller: Caller, wanted: Wanted, form: export.Format) -> Response:
    end = await export.begin(context, caller.actor, caller.tenant_id, wanted, form)
    name = f"audit-{context.clock.now():%Y%m%dT%H%M%SZ}.{form}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    chunks = export.lines(context, caller.tenant_id, wanted, form, end)
    return StreamingResponse(chunks, media_type=export.MEDIA_TYPES[form], headers=headers)
