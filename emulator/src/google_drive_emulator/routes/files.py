"""``files.list`` and ``files.get`` with its media (facts A2, A4, A10)."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from google_drive_emulator.grammar import schema
from google_drive_emulator.grammar.fields import Mask
from google_drive_emulator.grammar.ordering import (
    DuplicateSortKeyError,
    SortTerm,
    UnknownSortKeyError,
    parse_order,
)
from google_drive_emulator.grammar.pages import InvalidPageTokenError, PageToken, read_token, write_token
from google_drive_emulator.grammar.query import Asker, InvalidQueryError, parse_query, predicate
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import DriveError, file_not_found, forbidden, invalid_value
from google_drive_emulator.rendering.render_page import render_items
from google_drive_emulator.routes.masks import requested_mask
from google_drive_emulator.search.corpora import check_corpora
from google_drive_emulator.search.listing import Page, Search, Selection, list_page
from google_drive_emulator.search.plan import plan_of
from google_drive_emulator.sources.content import ByteRange, UnsatisfiableRangeError, parse_range
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.items import Content, Item, User

_LIST_DEFAULT = "kind,incompleteSearch,nextPageToken,files(kind,id,name,mimeType)"
_GET_DEFAULT = "kind,id,name,mimeType"
_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class _ListRequest:
    """A files.list call, checked; ``listing`` names what its page tokens are bound to."""

    selection: Selection
    listing: str
    start: PageToken | None
    size: int
    mask: Mask


async def list_files(state: EmulatorState, call: Call) -> Reply:
    """``GET /drive/v3/files``: a page of files in the order of their positions, or as ``orderBy`` says."""
    request = _list_request(state, call)
    size = state.pages.page_size(
        request.size,
        parents=_selects(request.mask, "parents"),
        permissions=_selects(request.mask, "permissions"),
        position=0 if request.start is None else request.start.position,
    )
    page = await _finish(list_page(state.world, request.selection, request.start, size))
    return await _list_reply(state, call.user, request, page)


def _list_request(state: EmulatorState, call: Call) -> _ListRequest:
    """Check the parameters in Google's order (facts A1)."""
    params = call.params
    include = params.flag("includeItemsFromAllDrives")
    supports = params.flag("supportsAllDrives")
    size = params.page_size(100, 1000)
    order = _order(params.text("orderBy") or "")
    check_corpora(state.world, params, include=include, supports=supports)
    selection = _selection(state, call, order)
    bound_to = ("q", "orderBy", "corpora", "driveId", "spaces", "includeItemsFromAllDrives")
    listing = repr([call.user.email, *(params.text(name) for name in bound_to)])
    start = _start(params.text("pageToken"), listing)
    return _ListRequest(selection, listing, start, size, requested_mask(call, schema.FILE_LIST, _LIST_DEFAULT))


def _order(text: str) -> tuple[SortTerm, ...]:
    try:
        return parse_order(text)
    except UnknownSortKeyError:
        raise invalid_value("orderBy") from None
    except DuplicateSortKeyError:
        message = "The orderBy parameter contains duplicate sort keys."
        raise forbidden("orderByContainsDuplicateSortKeys", message, "orderBy") from None


def _selection(state: EmulatorState, call: Call, order: tuple[SortTerm, ...]) -> Selection:
    root_id = state.world.roots[call.user.email].id
    try:
        expression = parse_query(call.params.text("q") or "")
    except InvalidQueryError:
        raise invalid_value("q") from None
    test = None if expression is None else predicate(expression, Asker(call.user, root_id))
    return Selection(call.user, plan_of(expression, root_id), test, order)


def _start(token: str | None, listing: str) -> PageToken | None:
    if not token:
        return None
    try:
        return read_token(token, listing)
    except InvalidPageTokenError:
        raise invalid_value("pageToken") from None


def _selects(mask: Mask, name: str) -> bool:
    return "files" in mask and name in mask.below("files")


async def _finish(search: Search) -> Page:
    """Run a search to its end, letting others run meanwhile."""
    while True:
        try:
            next(search)
        except StopIteration as finished:
            page: Page = finished.value
            return page
        await asyncio.sleep(0)


async def _list_reply(state: EmulatorState, user: User, request: _ListRequest, page: Page) -> Reply:
    mask = request.mask
    parts = []
    if "kind" in mask:
        parts.append(b'"kind":"drive#fileList"')
    if "incompleteSearch" in mask:
        parts.append(b'"incompleteSearch":false')
    if "nextPageToken" in mask and page.next_token is not None:
        parts.append(b'"nextPageToken":"%b"' % write_token(page.next_token, request.listing).encode())
    if "files" in mask:
        rendered = await render_items(state, user, mask.below("files"), page.items, page.epoch)
        parts.append(b'"files":[' + b",".join(rendered) + b"]")
    return Reply(b"{" + b",".join(parts) + b"}")


async def get(state: EmulatorState, call: Call) -> Reply:
    """``GET /drive/v3/files/{id}``: a file's metadata, or with ``alt=media`` its bytes. ``root`` is My Drive."""
    item = visible_item(state, call)
    if call.params.text("alt") == "media":
        return _media(call, item)
    mask = requested_mask(call, schema.FILE, _GET_DEFAULT)
    position = state.world.position(item.id)
    located = [(-1 if position is None else position, item)]
    return Reply((await render_items(state, call.user, mask, located, state.world.epoch))[0])


def visible_item(state: EmulatorState, call: Call) -> Item:
    """Return the item that a call's path names. Raises ``DriveError`` (404) if the caller may not see it."""
    file_id = call.path["file_id"]
    item = state.world.roots[call.user.email] if file_id == "root" else state.world.item(file_id)
    if item is None or item.role_of(call.user) is None:
        raise file_not_found(file_id)
    return item


def _media(call: Call, item: Item) -> Reply:
    if item.content is None:
        message = "Only files with binary content can be downloaded. Use Export with Docs Editors files."
        raise forbidden("fileNotDownloadable", message, "alt")
    content = item.content
    try:
        part = parse_range(call.headers.get("Range"), content.size)
    except UnsatisfiableRangeError:
        raise DriveError(
            416,
            "Request range not satisfiable",
            "requestedRangeNotSatisfiable",
            "Range",
            "header",
            headers={"Content-Range": f"bytes */{content.size}"},
        ) from None
    whole = ByteRange(0, content.size)
    return Reply(
        _chunks(content, part or whole),
        200 if part is None else 206,
        item.mime_type,
        _media_headers(part, part or whole, content.size),
    )


def _media_headers(part: ByteRange | None, sent: ByteRange, size: int) -> dict[str, str]:
    headers = {"Content-Length": str(sent.stop - sent.start), "Accept-Ranges": "bytes"}
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    return headers


async def _chunks(content: Content, part: ByteRange) -> AsyncIterator[bytes]:
    for start in _steps(part):
        yield await asyncio.to_thread(content.read, start, min(part.stop, start + _CHUNK_BYTES))


def _steps(part: ByteRange) -> Iterable[int]:
    return range(part.start, part.stop, _CHUNK_BYTES)


ROUTES = (
    Route("files.list", "GET", "/drive/v3/files", list_files),
    Route("files.get", "GET", "/drive/v3/files/{file_id}", get),
)
