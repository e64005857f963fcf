"""The audit log as a file.

In: a tenant, what is wanted. Out: chunks of JSON lines or CSV, the oldest entry first. Entries are read a page at a
time, each in a transaction of its own: memory is bounded however long the log is, and whoever reads slowly holds
nothing. The export ends before its own entry, so what is written meanwhile does not draw it out.
"""

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Final, Literal

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.audit.reading import Wanted, following
from drive_control_plane.context import Context
from drive_control_plane.database.tables import AuditEntry

Format = Literal["jsonl", "csv"]

ROWS: Final = 1_000
COLUMNS: Final = ("id", "at", "actor_kind", "actor", "action", "target", "outcome", "address", "details")
MEDIA_TYPES: Final[dict[Format, str]] = {"jsonl": "application/jsonl", "csv": "text/csv; charset=utf-8"}
_FORMULA: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet takes for a formula; some take the wide forms, too."""


async def begin(context: Context, actor: Actor, tenant_id: str, wanted: Wanted, form: Format) -> int:
    """Note that somebody takes the log away; the number of that entry, before which the export ends."""
    asked = {name: str(getattr(wanted, name)) for name in Wanted.__slots__ if getattr(wanted, name)}
    async with context.database.transaction() as session:
        entry = record(
            session, context.clock.now(), actor, "audit.exported", tenant_id=tenant_id, format=form, wanted=asked
        )
        await session.flush()
        return entry.id


async def lines(context: Context, tenant_id: str, wanted: Wanted, form: Format, end: int) -> AsyncIterator[str]:
    """The file, in chunks. Raises what the database raises: the file is cut off then, and its reader is told so."""
    write = _WRITERS[form]
    if form == "csv":
        yield _csv([COLUMNS])
    after = 0
    while True:
        async with context.database.reading() as session:
            page = await following(session, tenant_id, wanted, ROWS, after, end)
        if page:
            yield write(page)
        if len(page) < ROWS:
            return
        after = page[-1].id


def values(entry: AuditEntry) -> dict[str, Any]:
    """An entry as JSON has it."""
    return {name: getattr(entry, name) for name in COLUMNS} | {"at": entry.at.isoformat()}


def _as_json_lines(page: Iterable[AuditEntry]) -> str:
    return "".join(json.dumps(values(entry), ensure_ascii=False) + "\n" for entry in page)


def _as_csv(page: Iterable[AuditEntry]) -> str:
    return _csv(_cells(values(entry)) for entry in page)


def _cells(entry: dict[str, Any]) -> list[str]:
    entry["details"] = json.dumps(entry["details"], ensure_ascii=False)
    return ["" if entry[name] is None else _cell(str(entry[name])) for name in COLUMNS]


def _cell(text: str) -> str:
    """What a spreadsheet shows and does not work out: some of it was written by strangers."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


_WRITERS: Final[dict[Format, Callable[[Iterable[AuditEntry]], str]]] = {"jsonl": _as_json_lines, "csv": _as_csv}
