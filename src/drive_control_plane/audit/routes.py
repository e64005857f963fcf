"""The audit log's page.

In: requests of administrators, with what they look for. Out: HTML, a page of entries with ways to newer and older ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from drive_control_plane.audit import reading
from drive_control_plane.audit.actions import MEANINGS, meaning_of
from drive_control_plane.audit.looks import READ_LOG, note_look
from drive_control_plane.context import Context, InContext
from drive_control_plane.database.tables import AuditEntry
from drive_control_plane.http.who import InAdministratorVisiting, SignedIn
from drive_control_plane.operators.frame import shared
from drive_control_plane.pages import page

ROWS: Final = 50
Number = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Words = Annotated[str, Query(max_length=320, pattern=r"^[^\x00]*$")]  # PostgreSQL has no such letter

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of entries, the newest first, and the numbers to go on with; None where the log ends."""

    entries: Sequence[AuditEntry]
    newer: int | None
    older: int | None


@router.get("/audit")
async def audit(
    request: Request,
    context: InContext,
    operator: InAdministratorVisiting,
    who: Words = "",
    action: Words = "",
    target: Words = "",
    since: Annotated[str, Query(alias="from", max_length=32)] = "",
    until: Annotated[str, Query(alias="to", max_length=32)] = "",
    before: Number = None,
    after: Number = None,
) -> Response:
    """Who did what, the newest first; administrators alone see it."""
    asked = {"who": who.strip(), "action": action.strip(), "target": target.strip(), "from": since, "to": until}
    try:
        wanted = _wanted(asked)
    except ValueError:
        problem = "Write days as 2026-01-31, and times as 2026-01-31T23:59, in UTC."
        return await _show(request, operator, asked, Shown((), None, None), problem, 422)
    await note_look(request, operator.actor, operator.tenant_id, READ_LOG)
    return await _show(request, operator, asked, await _shown(context, operator.tenant_id, wanted, before, after))


async def _show(
    request: Request,
    operator: SignedIn,
    asked: dict[str, str],
    shown: Shown,
    problem: str | None = None,
    status: int = 200,
) -> Response:
    given = {name: value for name, value in asked.items() if value}

    def link(path: str, **more: Any) -> str:
        return f"{path}?{urlencode({**given, **more})}"

    values = {"asked": asked, "shown": shown, "problem": problem, "link": link, "is_filtered": bool(given)}
    files = {form: link("/v1/audit", **{**_zoned(given), "format": form}) for form in ("csv", "jsonl")}
    words = {"actions": MEANINGS, "meaning_of": meaning_of, "files": files}
    return page(request, "audit.html", status, **await shared(request, operator), **values, **words)


async def _shown(
    context: Context, tenant_id: str, wanted: reading.Wanted, before: int | None, after: int | None
) -> Shown:
    """One page and one entry more, which tells whether the log goes on."""
    async with context.database.reading() as session:
        if after is None:
            found = await reading.newest(session, tenant_id, wanted, ROWS + 1, before)
            entries, goes_on = found[:ROWS], len(found) > ROWS
            return _between(entries, is_newest=before is None, is_oldest=not goes_on)
        found = await reading.following(session, tenant_id, wanted, ROWS + 1, after)
    entries, goes_on = found[:ROWS][::-1], len(found) > ROWS
    return _between(entries, is_newest=not goes_on, is_oldest=False)


def _between(entries: Sequence[AuditEntry], *, is_newest: bool, is_oldest: bool) -> Shown:
    if not entries:
        return Shown((), None, None)
    return Shown(entries, None if is_newest else entries[0].id, None if is_oldest else entries[-1].id)


def _wanted(asked: dict[str, str]) -> reading.Wanted:
    """What a form asks for. Raises `ValueError` for what is no time."""
    since, until = (_moment(asked[name]) if asked[name] else None for name in ("from", "to"))
    return reading.Wanted(asked["who"] or None, asked["action"] or None, asked["target"] or None, since, until)


def _moment(text: str) -> datetime:
    """A moment as a form has it, in UTC where it does not say otherwise. Raises `ValueError`."""
    moment = datetime.fromisoformat(text)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise ValueError("out of range") from None


def _zoned(given: dict[str, str]) -> dict[str, str]:
    """The same for the API, which wants zones."""
    try:
        return given | {name: _moment(given[name]).isoformat() for name in sorted({"from", "to"} & given.keys())}
    except ValueError:
        return given
