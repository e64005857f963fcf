"""``changes.getStartPageToken`` and ``changes.list`` (facts A5)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import msgspec

from google_drive_emulator.grammar import schema
from google_drive_emulator.grammar.fields import Json, Mask, compile_projector
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import drive_not_found, invalid_value, required
from google_drive_emulator.rendering.drives import drive_resource, team_drive_resource
from google_drive_emulator.rendering.render_page import Located, included_labels, render_items
from google_drive_emulator.routes.masks import masked_reply, requested_mask
from google_drive_emulator.search.corpora import check_companions, check_drive, includes_drives, supports_drives
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.changelog import Entry
from google_drive_emulator.world.items import Drive, Item
from google_drive_emulator.world.timestamps import rfc3339
from google_drive_emulator.world.viewer import Viewer

_DEFAULT = (
    "kind,nextPageToken,newStartPageToken,changes(kind,type,changeType,time,removed,fileId,file(kind,id,name,mimeType),"
    "driveId,drive(kind,id,name))"
)

_AFTER_EMPTY = "0"  # before the number in a token: the page before held nothing


@dataclass(frozen=True, slots=True)
class LogRequest:
    """Which log a call is about, from which change on, and what of it the caller wants to know."""

    viewer: Viewer
    key: str
    """The caller's address or the id of a shared drive."""
    number: int
    include_drives: bool
    include_removed: bool
    include_corpus_removals: bool
    my_drive_only: bool

    @property
    def is_drive(self) -> bool:
        """Tell whether this is the log of a shared drive."""
        return self.key != self.viewer.user.email


@dataclass(frozen=True, slots=True)
class _Change:
    """An entry, and the item or drive as it is now; None when it is gone, or not for the caller to see."""

    entry: Entry
    removed: bool
    located: Located | None = None
    drive: Drive | None = None


async def start_token(state: EmulatorState, call: Call) -> Reply:
    """``GET /drive/v3/changes/startPageToken``: where the log ends now."""
    _drive_id(state, call)
    mask = requested_mask(call, schema.START_PAGE_TOKEN, "*")
    token = str(state.world.change_id + 1)
    return masked_reply({"kind": "drive#startPageToken", "startPageToken": token}, mask)


async def list_changes(state: EmulatorState, call: Call) -> Reply:
    """``GET /drive/v3/changes``: entries from a token on, one an item, oldest first."""
    size = call.params.page_size(100, 1000)
    request = log_request(state, call)
    mask = requested_mask(call, schema.CHANGE_LIST, _DEFAULT)
    if _comes_empty(state, call.params.text("pageToken") or ""):
        return await _reply(
            state, call, mask, [], _selected(mask, {"nextPageToken": f"{_AFTER_EMPTY}{request.number}"})
        )
    size = _page_size(state, mask, size, request.number)
    found = list(islice(_changes(state, request), size + 1))
    page, more = found[:size], len(found) > size
    return await _reply(state, call, mask, page, _tokens(state, mask, page, more=more))


def log_request(state: EmulatorState, call: Call) -> LogRequest:
    """Return which log a call of ``changes`` is about. Raises ``DriveError``."""
    params, viewer = call.params, state.world.viewer(call.user)
    include_removed = params.flag("includeRemoved", default=True)
    include_corpus_removals = params.flag("includeCorpusRemovals")
    my_drive_only = params.flag("restrictToMyDrive")
    spaces = [each.strip() for each in (params.text("spaces") or "drive").split(",")]
    if not {"drive", "appDataFolder"}.issuperset(spaces):
        raise invalid_value("spaces")
    key, number = _drive_id(state, call) or call.user.email, _number(state, params.text("pageToken"))
    return LogRequest(
        viewer,
        key,
        number if "drive" in spaces else state.world.change_id + 1,
        includes_drives(params),
        include_removed,
        include_corpus_removals,
        my_drive_only,
    )


def _drive_id(state: EmulatorState, call: Call) -> str | None:
    """Return the shared drive whose log is meant; None for the caller's own. Raises ``DriveError``.

    For clients that do not say that they support shared drives, none is there (facts A4).
    """
    check_companions(call.params)
    drive_id = call.params.text("driveId") or call.params.text("teamDriveId") or None
    if drive_id is None:
        return None
    if not supports_drives(call.params):
        raise drive_not_found(drive_id)
    check_drive(state.world, state.world.viewer(call.user), drive_id)
    return drive_id


def _number(state: EmulatorState, token: str | None) -> int:
    if not token:
        raise required("pageToken")
    if not (token.isascii() and token.isdecimal() and len(token) <= 18):
        raise invalid_value("pageToken")
    number = int(token)
    if not 1 <= number <= state.world.change_id + 1:
        raise invalid_value("pageToken")
    return number


def _comes_empty(state: EmulatorState, token: str) -> bool:
    """Choose the pages that come empty: those at every fourth number, always the same ones."""
    return state.world.quirks.pages_may_be_empty and not token.startswith(_AFTER_EMPTY) and int(token) % 4 == 0


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


def _changes(state: EmulatorState, request: LogRequest) -> Iterator[_Change]:
    for entry in state.world.log(request.key).since(request.number):
        change = _drive_change(state, request, entry) if entry.kind == "drive" else _file_change(state, request, entry)
        if change is not None and (request.include_removed or not change.removed):
            yield change


def _drive_change(state: EmulatorState, request: LogRequest, entry: Entry) -> _Change | None:
    """The drive is shown while it exists and the caller is a member."""
    if not request.is_drive and (request.my_drive_only or not request.include_drives):
        return None
    drive = state.world.drives.get(entry.item_id)
    shown = drive if drive is not None and request.viewer.is_member(drive.id) else None
    return _Change(entry, shown is None, drive=shown)


def _file_change(state: EmulatorState, request: LogRequest, entry: Entry) -> _Change | None:
    position = state.world.position(entry.item_id)
    item = None if position is None else state.world.item_at(position)
    if position is None or item is None or not request.viewer.sees(item):
        return _Change(entry, removed=True)
    if not _holds(request, entry, item):
        return _Change(entry, removed=True, located=(position, item) if request.include_corpus_removals else None)
    if _is_unwanted(state, request, item):
        return None
    return _Change(entry, removed=False, located=(position, item))


def _holds(request: LogRequest, entry: Entry, item: Item) -> bool:
    """Tell whether an item that the caller may see belongs to the log's corpus."""
    if request.is_drive:
        return item.drive_id == request.key
    if entry.has_left:
        return False
    return item.drive_id is not None or request.viewer.lists(item)


def _is_unwanted(state: EmulatorState, request: LogRequest, item: Item) -> bool:
    """Tell whether a caller wants nothing of an item: of shared drives, or from outside My Drive."""
    if request.is_drive:
        return False
    if item.drive_id is not None:
        return request.my_drive_only or not request.include_drives
    return request.my_drive_only and not state.world.is_below(item.id, request.viewer.root_id)


def _tokens(state: EmulatorState, mask: Mask, page: Sequence[_Change], *, more: bool) -> dict[str, str]:
    """The next page, or on the last one the new start: never both."""
    if more:
        return _selected(mask, {"nextPageToken": str(page[-1].entry.number + 1)})
    return _selected(mask, {"newStartPageToken": str(state.world.change_id + 1)})


def _selected(mask: Mask, tokens: Mapping[str, str]) -> dict[str, str]:
    return {name: token for name, token in tokens.items() if name in mask}


async def _reply(
    state: EmulatorState, call: Call, mask: Mask, page: Sequence[_Change], tokens: Mapping[str, str]
) -> Reply:
    parts = [b'"kind":"drive#changeList"'] if "kind" in mask else []
    parts += [f'"{name}":"{token}"'.encode() for name, token in tokens.items()]
    if "changes" in mask:
        parts.append(b'"changes":[' + b",".join(await _render(state, call, mask, page)) + b"]")
    return Reply(b"{" + b",".join(parts) + b"}")


async def _render(state: EmulatorState, call: Call, mask: Mask, page: Sequence[_Change]) -> list[bytes]:
    project, file_mask = compile_projector(mask.below("changes")), _file_mask(mask)
    located = [change.located for change in page if change.located is not None]
    files = iter(await _files(state, call, file_mask, located))
    viewer = state.world.viewer(call.user)
    rendered = []
    for change in page:
        selected = project(_resource(change, state, viewer))
        value: dict[str, object] = dict(selected) if isinstance(selected, Mapping) else {}
        if change.located is not None and file_mask is not None:
            value["file"] = msgspec.Raw(next(files))
        rendered.append(msgspec.json.encode(value))
    return rendered


async def _files(
    state: EmulatorState, call: Call, file_mask: Mask | None, located: Sequence[Located]
) -> Sequence[bytes]:
    if file_mask is None:
        return ()
    return await render_items(state, call.user, file_mask, located, state.world.epoch, included_labels(call))


def _resource(change: _Change, state: EmulatorState, viewer: Viewer) -> dict[str, Json]:
    """Return a change without its file."""
    kind, entry = change.entry.kind, change.entry
    resource: dict[str, Json] = {
        "kind": "drive#change",
        "type": kind,
        "changeType": kind,
        "time": rfc3339(entry.time_ms),
        "removed": change.removed,
    }
    if kind == "file":
        return resource | {"fileId": entry.item_id}
    resource |= {"driveId": entry.item_id, "teamDriveId": entry.item_id}
    if change.drive is not None:
        shown = drive_resource(state.world, change.drive, viewer)
        resource |= {"drive": shown, "teamDrive": team_drive_resource(state.world, change.drive, viewer)}
    return resource


ROUTES = (
    Route("changes.getStartPageToken", "GET", "/drive/v3/changes/startPageToken", start_token),
    Route("changes.list", "GET", "/drive/v3/changes", list_changes),
)
