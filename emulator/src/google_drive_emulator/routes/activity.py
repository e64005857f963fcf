"""``activity.query`` of Drive Activity v2 (facts E). Its errors are those of google.rpc."""

from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from google_drive_emulator.grammar import schema
from google_drive_emulator.grammar.activity_filter import ActivityFilter, InvalidFilterError, parse_filter
from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.grammar.pages import InvalidPageTokenError, PageToken, read_token, write_token
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import DriveError
from google_drive_emulator.rendering.activity import activity_resource
from google_drive_emulator.rendering.activity_names import Names
from google_drive_emulator.routes.bodies import json_body
from google_drive_emulator.routes.masks import masked_reply, requested_mask
from google_drive_emulator.search.activities import ActivityQuery, consolidated, each_alone, find_activities
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.activity import Activity

_PREFIX = "items/"
_MOST = 1000
_HOUR_MS = 3_600_000


class _Empty(msgspec.Struct, frozen=True):
    pass


class _Strategy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    none: _Empty | None = None
    legacy: _Empty | None = None


class _QueryBody(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    item_name: str | None = None
    ancestor_name: str | None = None
    filter: str = ""
    consolidation_strategy: _Strategy = _Strategy()
    page_size: int = 0
    page_token: str = ""


async def query(state: EmulatorState, call: Call) -> Reply:
    """``POST /v2/activity:query``: what was done, the newest first, to one item, below a folder or anywhere."""
    mask = requested_mask(call, schema.ACTIVITY_RESPONSE, "*")
    body = await json_body(call, _QueryBody)
    wanted, below = _wanted(state, call, body), _below(state, call, body)
    found = find_activities(state.world, state.world.viewer(call.user), wanted, below)
    groups = each_alone(found) if body.consolidation_strategy.legacy is None else consolidated(found)
    return masked_reply(_page(state, call, body, groups, _size(state, body)), mask)


def _page(
    state: EmulatorState, call: Call, body: _QueryBody, groups: Iterator[Sequence[Activity]], size: int
) -> dict[str, Json]:
    """Return a page of at most ``size`` groups; a field that would be empty is left out."""
    page, names = list(islice(groups, size)), Names(state.world, call.user)
    value: dict[str, Json] = {}
    if page:
        value["activities"] = [activity_resource(names, group) for group in page]
    if page and next(groups, None) is not None:
        token = PageToken(page[-1][-1].number, issued_ms=state.world.clock())
        value["nextPageToken"] = write_token(token, _listing(call, body))
    return value


def _wanted(state: EmulatorState, call: Call, body: _QueryBody) -> ActivityQuery:
    """Return what a body asks for. Raises ``DriveError`` (400, 404)."""
    strategy = body.consolidation_strategy
    if body.item_name is not None and body.ancestor_name is not None:
        raise _invalid("itemName and ancestorName cannot both be set.")
    if strategy.none is not None and strategy.legacy is not None:
        raise _invalid("consolidationStrategy cannot be both none and legacy.")
    tests = _filter(body.filter)
    if body.item_name is not None:
        return ActivityQuery(item_id=_item_id(state, call, body.item_name), filter=tests)
    if body.ancestor_name is not None:
        return ActivityQuery(ancestor_id=_item_id(state, call, body.ancestor_name), filter=tests)
    only_mine = state.activity.without_key == "my_drive"
    return ActivityQuery(ancestor_id=state.world.root_id(call.user) if only_mine else None, filter=tests)


def _filter(text: str) -> ActivityFilter:
    try:
        return parse_filter(text)
    except InvalidFilterError as error:
        raise _invalid(f"Invalid filter: {error}") from None


def _item_id(state: EmulatorState, call: Call, name: str) -> str:
    """Return the id in a name. Raises ``DriveError``: 400 for no name, 404 for what the caller knows nothing of."""
    item_id, viewer = name.removeprefix(_PREFIX), state.world.viewer(call.user)
    if not name.startswith(_PREFIX) or not item_id:
        raise _invalid(f"Invalid name '{name}'. The format is items/ITEM_ID.")
    if item_id == "root":
        return viewer.root_id
    item = state.world.item(item_id)
    recorded = find_activities(state.world, viewer, ActivityQuery(item_id=item_id), None)
    is_known = viewer.role(item) is not None if item is not None else any(True for _ in recorded)
    if not is_known:
        raise DriveError(404, "Requested entity was not found.", "notFound")
    return item_id


def _below(state: EmulatorState, call: Call, body: _QueryBody) -> int | None:
    """Return the number of the last activity of the page before. Raises ``DriveError`` (400)."""
    if not body.page_token:
        return None
    try:
        token = read_token(body.page_token, _listing(call, body))
    except InvalidPageTokenError:
        raise _invalid("Invalid page token.") from None
    if state.world.clock() > token.issued_ms + state.pages.token_hours * _HOUR_MS:
        raise _invalid("The page token has expired.")
    return token.position


def _listing(call: Call, body: _QueryBody) -> str:
    """Return what page tokens are bound to."""
    is_legacy = body.consolidation_strategy.legacy is not None
    return repr((call.user.email, body.item_name, body.ancestor_name, body.filter, is_legacy))


def _size(state: EmulatorState, body: _QueryBody) -> int:
    """Return how many activities a page holds: what is asked for, within bounds, or fewer by the settings."""
    if body.page_size < 0:
        raise _invalid("pageSize must not be negative.")
    asked = min(body.page_size or state.activity.page_size, _MOST)
    return state.pages.page_size(asked, parents=False, permissions=False, position=len(state.world.activity))


def _invalid(message: str) -> DriveError:
    return DriveError(400, message, "badRequest")


ROUTES = (Route("activity.query", "POST", "/v2/activity:query", query, api="driveactivity"),)
