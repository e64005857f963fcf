"""``changes.getStartPageToken`` and ``changes.list`` (facts A5)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import msgspec

from google_drive_emulator.grammar import schema
from google_drive_emulator.grammar.fields import Json, Mask, compile_projector
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import forbidden, invalid_value, required
from google_drive_emulator.rendering.render_page import render_items
from google_drive_emulator.routes.masks import masked_reply, requested_mask
from google_drive_emulator.search.corpora import check_drive
from google_drive_emulator.search.listing import Located
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.changelog import Entry
from google_drive_emulator.world.items import User
from google_drive_emulator.world.timestamps import rfc3339

_DEFAULT = (
    "kind,nextPageToken,newStartPageToken,changes(kind,type,changeType,time,removed,fileId,file(kind,id,name,mimeType))"
)


@dataclass(frozen=True, slots=True)
class _Change:
    """An entry and the item as it is now; None when it is gone, or the caller may no longer see it."""

    entry: Entry
    located: Located | None


async def start_token(state: EmulatorState, call: Call) -> Reply:
    """``GET /drive/v3/changes/startPageToken``: where the log ends now."""
    check_drive(state.world, call.params.text("driveId"))
    mask = requested_mask(call, schema.START_PAGE_TOKEN, "*")
    token = str(state.world.change_id + 1)
    return masked_reply({"kind": "drive#startPageToken", "startPageToken": token}, mask)


async def list_changes(state: EmulatorState, call: Call) -> Reply:
    """``GET /drive/v3/changes``: entries from a token on, one an item, oldest first."""
    params = call.params
    include_removed = params.flag("includeRemoved", default=True)
    params.flag("includeCorpusRemovals")
    params.flag("restrictToMyDrive")
    size = params.page_size(100, 1000)
    if params.flag("includeItemsFromAllDrives") and not params.flag("supportsAllDrives"):
        raise forbidden("supportsTeamDrivesRequired", "The supportsAllDrives parameter was not set to true.")
    check_drive(state.world, params.text("driveId"))
    number = _number(state, params.text("pageToken"))
    mask = requested_mask(call, schema.CHANGE_LIST, _DEFAULT)
    size = _page_size(state, mask, size, number)
    found = list(islice(_changes(state, call.user, number, include_removed=include_removed), size + 1))
    page, more = found[:size], len(found) > size
    tokens = _tokens(state, mask, page, more=more)
    return await _reply(state, call.user, mask, page, tokens)


def _number(state: EmulatorState, token: str | None) -> int:
    if not token:
        raise required("pageToken")
    if not (token.isascii() and token.isdecimal() and len(token) <= 18):
        raise invalid_value("pageToken")
    number = int(token)
    if not 1 <= number <= state.world.change_id + 1:
        raise invalid_value("pageToken")
    return number


def _page_size(state: EmulatorState, mask: Mask, asked: int, number: int) -> int:
    file_mask = _file_mask(mask)
    return state.pages.page_size(
        asked,
        parents=file_mask is not None and "parents" in file_mask,
        permissions=file_mask is not None and "permissions" in file_mask,
        position=number,
    )


def _file_mask(mask: Mask) -> Mask | None:
    if "changes" not in mask or "file" not in mask.below("changes"):
        return None
    return mask.below("changes").below("file")


def _changes(state: EmulatorState, user: User, number: int, *, include_removed: bool) -> Iterator[_Change]:
    for entry in state.world.changes_since(user, number):
        located = _located(state, user, entry.item_id)
        if located is not None or include_removed:
            yield _Change(entry, located)


def _located(state: EmulatorState, user: User, item_id: str) -> Located | None:
    position = state.world.position(item_id)
    item = None if position is None else state.world.item_at(position)
    if position is None or item is None or item.role_of(user) is None:
        return None
    return position, item


def _tokens(state: EmulatorState, mask: Mask, page: Sequence[_Change], *, more: bool) -> dict[str, str]:
    """The next page, or on the last one the new start: never both."""
    if more:
        tokens = {"nextPageToken": str(page[-1].entry.number + 1)}
    else:
        tokens = {"newStartPageToken": str(state.world.change_id + 1)}
    return {name: token for name, token in tokens.items() if name in mask}


async def _reply(
    state: EmulatorState, user: User, mask: Mask, page: Sequence[_Change], tokens: dict[str, str]
) -> Reply:
    parts = [b'"kind":"drive#changeList"'] if "kind" in mask else []
    parts += [f'"{name}":"{token}"'.encode() for name, token in tokens.items()]
    if "changes" in mask:
        parts.append(b'"changes":[' + b",".join(await _render(state, user, mask, page)) + b"]")
    return Reply(b"{" + b",".join(parts) + b"}")


async def _render(state: EmulatorState, user: User, mask: Mask, page: Sequence[_Change]) -> list[bytes]:
    project, file_mask = compile_projector(mask.below("changes")), _file_mask(mask)
    located = [change.located for change in page if change.located is not None]
    epoch = state.world.epoch
    files = iter(await render_items(state, user, file_mask, located, epoch) if file_mask is not None else ())
    rendered = []
    for change in page:
        selected = project(_resource(change))
        value: dict[str, object] = dict(selected) if isinstance(selected, Mapping) else {}
        if change.located is not None and file_mask is not None:
            value["file"] = msgspec.Raw(next(files))
        rendered.append(msgspec.json.encode(value))
    return rendered


def _resource(change: _Change) -> dict[str, Json]:
    """Return a change without its file."""
    return {
        "kind": "drive#change",
        "type": "file",
        "changeType": "file",
        "time": rfc3339(change.entry.time_ms),
        "removed": change.located is None,
        "fileId": change.entry.item_id,
    }


ROUTES = (
    Route("changes.getStartPageToken", "GET", "/drive/v3/changes/startPageToken", start_token),
    Route("changes.list", "GET", "/drive/v3/changes", list_changes),
)
