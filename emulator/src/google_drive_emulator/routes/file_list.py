"""``files.list``: a query, an order and a corpus in, a page of files out (facts A1, A4)."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from google_drive_emulator.grammar import schema
from google_drive_emulator.grammar.expressions import Expression, InvalidQueryError, Membership, leaves, mentions
from google_drive_emulator.grammar.fields import Mask
from google_drive_emulator.grammar.full_text import relevance
from google_drive_emulator.grammar.ordering import (
    DuplicateSortKeyError,
    Order,
    SortTerm,
    UnknownSortKeyError,
    order_of,
    parse_order,
)
from google_drive_emulator.grammar.pages import PageToken
from google_drive_emulator.grammar.predicates import predicate
from google_drive_emulator.grammar.query import parse_query
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import DriveError, forbidden, invalid_value
from google_drive_emulator.rendering.creation_times import creation_times, is_creation_time
from google_drive_emulator.rendering.render_page import included_labels, render_positions
from google_drive_emulator.routes.masks import requested_mask
from google_drive_emulator.routes.paging import start_of, token_text
from google_drive_emulator.search.corpora import Corpus, requested_corpus
from google_drive_emulator.search.listing import Page, Search, Selection, list_page
from google_drive_emulator.search.plan import beyond_creation, plan_of
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.items import Item
from google_drive_emulator.world.viewer import Viewer

_DEFAULT = "kind,incompleteSearch,nextPageToken,files(kind,id,name,mimeType,driveId,teamDriveId)"
_FLAGS = ("includeItemsFromAllDrives", "supportsAllDrives", "includeTeamDriveItems", "supportsTeamDrives")
_NOT_SORTED = (
    "Sorting is not supported for queries with fullText terms. Results are always in descending relevance order."
)


@dataclass(frozen=True, slots=True)
class _Request:
    """A call, checked; ``listing`` names what its page tokens are bound to."""

    selection: Selection
    expression: Expression | None
    listing: str
    start: PageToken | None
    size: int
    mask: Mask


async def list_files(state: EmulatorState, call: Call) -> Reply:
    """``GET /drive/v3/files``: a page of files by position, as ``orderBy`` says, or the most relevant first."""
    request = _request(state, call)
    page = await _page(state, call, request)
    return await _reply(state, call, request, page)


def _request(state: EmulatorState, call: Call) -> _Request:
    """Check the parameters in Google's order (facts A1)."""
    params, viewer = call.params, state.world.viewer(call.user)
    for name in _FLAGS:
        params.flag(name)
    size = params.page_size(100, 1000)
    terms = _terms(state, params.text("orderBy") or "")
    corpus = requested_corpus(state.world, viewer, params)
    expression = _expression(params.text("q") or "")
    order = _order(terms, expression, viewer)
    listing = repr((call.user.email, corpus.name, params.text("q") or "", terms))
    selection = _selection(state, viewer, corpus, expression, order, listing)
    start = start_of(state, call, listing)
    mask = requested_mask(call, schema.FILE_LIST, _DEFAULT)
    return _Request(selection, expression, listing, start, size, mask)


def _terms(state: EmulatorState, text: str) -> tuple[SortTerm, ...]:
    try:
        terms = parse_order(text)
    except UnknownSortKeyError:
        raise invalid_value("orderBy") from None
    except DuplicateSortKeyError:
        message = "The orderBy parameter contains duplicate sort keys."
        raise forbidden("orderByContainsDuplicateSortKeys", message, "orderBy") from None
    if state.world.quirks.starred_order_fails and any(term.key == "starred" for term in terms[1:]):
        raise DriveError(500, "Internal Error", "internalError")
    return terms


def _expression(text: str) -> Expression | None:
    try:
        return parse_query(text)
    except InvalidQueryError:
        raise invalid_value("q") from None


def _order(terms: tuple[SortTerm, ...], expression: Expression | None, viewer: Viewer) -> Order | None:
    if not mentions(expression, "fullText"):
        return order_of(terms, viewer) if terms else None
    if terms:
        raise forbidden("forbidden", _NOT_SORTED, "orderBy")
    return Order([(relevance(expression), False)])


def _selection(
    state: EmulatorState,
    viewer: Viewer,
    corpus: Corpus,
    expression: Expression | None,
    order: Order | None,
    listing: str,
) -> Selection:
    """Put together what is searched; ranges of creation times share what is remembered, unless they are sorted."""
    plan = replace(plan_of(expression, viewer.root_id), drive_id=corpus.drive_id)
    left = beyond_creation(expression, plan)
    about = (viewer.user.email, corpus.name, left) if order is None else listing
    matches = state.matches.matches(state.world, (about, state.world.quirks))
    return Selection(plan, _test(corpus, expression, viewer), matches, order, _test(corpus, left, viewer))


def _test(corpus: Corpus, expression: Expression | None, viewer: Viewer) -> Callable[[Item], bool]:
    if expression is None:
        return corpus.holds
    holds, wanted = corpus.holds, predicate(expression, viewer)
    return lambda item: holds(item) and wanted(item)


async def _page(state: EmulatorState, call: Call, request: _Request) -> Page:
    start = request.start
    if _finds_nothing(call, request.expression):
        return Page(state.world.epoch, [], None)
    if start is not None and not start.after_empty and _comes_empty(state, start.position):
        return Page(state.world.epoch, [], PageToken(start.position, start.key, after_empty=True))
    page = await _finish(list_page(state.world, request.selection, start, _page_size(state, request)))
    return replace(page, positions=_quirky(state, page.positions, start))


def _finds_nothing(call: Call, expression: Expression | None) -> bool:
    """Tell whether a fault makes the listing end here without a result."""
    if _fault(call) == "partial_or":
        folders = [leaf for leaf in leaves(expression) if isinstance(leaf, Membership) and leaf.collection == "parents"]
        return len(folders) > 1
    return _fault(call) == "empty_list"


def _fault(call: Call) -> str | None:
    return None if call.fault is None else call.fault.kind


def _comes_empty(state: EmulatorState, position: int) -> bool:
    """Choose the pages that come empty: about every fourth, always the same ones."""
    return state.world.quirks.pages_may_be_empty and (position * 2_654_435_761 >> 9) % 4 == 0


def _page_size(state: EmulatorState, request: _Request) -> int:
    return state.pages.page_size(
        request.size,
        parents=_selects(request.mask, "parents"),
        permissions=_selects(request.mask, "permissions"),
        position=0 if request.start is None else request.start.position,
    )


def _selects(mask: Mask, name: str) -> bool:
    return "files" in mask and name in mask.below("files")


def _quirky(state: EmulatorState, positions: list[int], start: PageToken | None) -> list[int]:
    """Leave out what a lagging index does not know yet, and repeat what a careless one repeats (facts A4)."""
    quirks = state.world.quirks
    if quirks.listing_lag_ms:
        latest = state.world.clock() - quirks.listing_lag_ms
        positions = [each for each in positions if (state.world.inserted_ms(each) or 0) <= latest]
    if quirks.repeat_ids and start is not None and positions:
        positions = [start.position, *positions]
    return positions


async def _finish(search: Search) -> Page:
    """Run a search to its end, letting others run meanwhile."""
    while True:
        try:
            next(search)
        except StopIteration as finished:
            page: Page = finished.value
            return page
        await asyncio.sleep(0)


async def _reply(state: EmulatorState, call: Call, request: _Request, page: Page) -> Reply:
    fields = list(_plain_fields(state, call, request, page))
    if "files" not in request.mask:
        return Reply(b"{" + b",".join(fields) + b"}")
    rendered = await _rendered(state, call, request.mask.below("files"), page)
    head = b"{" + b",".join([*fields, b'"files":['])
    return Reply(b"".join([head, b",".join(rendered), b"]}"]))


async def _rendered(state: EmulatorState, call: Call, mask: Mask, page: Page) -> list[bytes]:
    if is_creation_time(mask):
        return creation_times(state.world, page.positions)
    labels = included_labels(call)
    return await render_positions(state, call.user, mask, page.positions, page.epoch, labels, page.made)


def _plain_fields(state: EmulatorState, call: Call, request: _Request, page: Page) -> Iterator[bytes]:
    if "kind" in request.mask:
        yield b'"kind":"drive#fileList"'
    if "incompleteSearch" in request.mask:
        yield b'"incompleteSearch":true' if _fault(call) == "incomplete_search" else b'"incompleteSearch":false'
    if "nextPageToken" in request.mask and page.next_token is not None:
        yield b'"nextPageToken":"%b"' % token_text(state, page.next_token, request.listing).encode()


ROUTES = (Route("files.list", "GET", "/drive/v3/files", list_files),)
