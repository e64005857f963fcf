"""``drives``, and ``teamdrives`` as it was called before (facts A2, A4)."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from google_drive_emulator.grammar import schema
from google_drive_emulator.grammar.drive_query import DriveFacts, parse_drive_query
from google_drive_emulator.grammar.expressions import InvalidQueryError
from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.grammar.pages import PageToken
from google_drive_emulator.grammar.schema import Schema
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import DriveError, bad_request, drive_not_found, forbidden, invalid_value
from google_drive_emulator.http.errors import required as parameter_required
from google_drive_emulator.rendering.drives import drive_resource, team_drive_resource
from google_drive_emulator.routes.access import insufficient
from google_drive_emulator.routes.bodies import json_body
from google_drive_emulator.routes.drive_bodies import DriveBody, made_theme, updated_drive
from google_drive_emulator.routes.masks import masked_reply, requested_mask
from google_drive_emulator.routes.ownership import is_consumer
from google_drive_emulator.routes.paging import start_of, token_text
from google_drive_emulator.search.corpora import check_drive
from google_drive_emulator.search.plan import Plan
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.accounts import is_service_account
from google_drive_emulator.world.items import Drive, User
from google_drive_emulator.world.reading import Reading
from google_drive_emulator.world.viewer import Viewer

_DEFAULT = "kind,id,name"


class _Render(Protocol):
    def __call__(self, world: Reading, drive: Drive, viewer: Viewer, *, as_admin: bool = False) -> dict[str, Json]: ...


@dataclass(frozen=True, slots=True)
class DriveMethods:
    """The methods of a resource that is a shared drive, under one of its names."""

    kind: str
    items: str
    schema: Schema
    list_schema: Schema
    render: _Render

    async def list(self, state: EmulatorState, call: Call) -> Reply:
        """``GET drives``: pages of the shared drives that the caller is a member of; an administrator gets all."""
        size, as_admin = call.params.page_size(10, 100), call.params.is_true("useDomainAdminAccess")
        if as_admin and not state.world.accounts.is_admin(call.user):
            message = "The user does not have the administrator privileges to list shared drives."
            raise forbidden("noListTeamDrivesAdministratorPrivilege", message)
        wanted = _test(call, as_admin=as_admin)
        page, token = _page(state, call, wanted, size, as_admin=as_admin)
        mask = requested_mask(call, self.list_schema, f"kind,nextPageToken,{self.items}({_DEFAULT})")
        viewer = state.world.viewer(call.user)
        value: dict[str, Json] = {"kind": f"{self.kind}List"}
        if token is not None:
            value["nextPageToken"] = token
        value[self.items] = [
            self.render(state.world, drive, viewer, as_admin=as_admin) | _org_unit(drive, as_admin=as_admin)
            for drive in page
        ]
        return masked_reply(value, mask)

    async def get(self, state: EmulatorState, call: Call) -> Reply:
        """``GET drives/{id}``."""
        drive, _ = _admitted(state, call)
        return self._reply(state, call, drive)

    async def create(self, state: EmulatorState, call: Call) -> Reply:
        """``POST drives?requestId=``: make one, once for a request id; its maker is an organizer."""
        requested_mask(call, self.schema, _DEFAULT)
        request_id = call.params.text("requestId")
        if not request_id:
            raise parameter_required("requestId")
        body = await json_body(call, DriveBody)
        theme = made_theme(body)
        if not may_create(call.user):
            raise forbidden("userCannotCreateTeamDrives", "The user cannot create new shared drives.")
        drive = state.world.create_drive_once(body.name or "", request_id, by=call.user, theme=theme)
        if drive is None:
            message = "A shared drive already exists with the specified request ID."
            raise DriveError(409, message, "duplicate", "requestId")
        return self._reply(state, call, drive)

    async def update(self, state: EmulatorState, call: Call) -> Reply:
        """``PATCH drives/{id}``: its name, its looks and what it forbids; what is not given stays."""
        requested_mask(call, self.schema, _DEFAULT)
        body = await json_body(call, DriveBody)
        drive, as_admin = _admitted(state, call)
        changed = updated_drive(state, call, drive, body, as_admin=as_admin)
        if changed != drive:
            state.world.update_drive(changed, by=call.user)
        return self._reply(state, call, changed)

    async def delete(self, state: EmulatorState, call: Call) -> Reply:
        """``DELETE drives/{id}``: an organizer an empty one, an administrator any."""
        drive, as_admin = _admitted(state, call)
        with_items = call.params.is_true("allowItemDeletion")
        if with_items and not as_admin:
            raise bad_request("The allowItemDeletion parameter is only supported with useDomainAdminAccess.")
        root = state.world.item(drive.id)
        if not as_admin and (root is None or state.world.viewer(call.user).role(root) != "organizer"):
            raise insufficient(drive.id)
        if not with_items and _has_items(state, drive.id):
            message = "This resource cannot be deleted because it has children."
            raise forbidden("cannotDeleteResourceWithChildren", message)
        state.world.delete_drive(drive.id, by=call.user)
        return Reply(b"", 204)

    async def hide(self, state: EmulatorState, call: Call) -> Reply:
        """``POST drives/{id}/hide``: out of the caller's default view."""
        return self._set_hidden(state, call, hidden=True)

    async def unhide(self, state: EmulatorState, call: Call) -> Reply:
        """``POST drives/{id}/unhide``: into the caller's default view again."""
        return self._set_hidden(state, call, hidden=False)

    def _set_hidden(self, state: EmulatorState, call: Call, *, hidden: bool) -> Reply:
        requested_mask(call, self.schema, _DEFAULT)
        drive_id = call.path["drive_id"]
        check_drive(state.world, state.world.viewer(call.user), drive_id)
        state.world.hide_drive(drive_id, call.user, hidden=hidden)
        return self._reply(state, call, state.world.drives[drive_id])

    def _reply(self, state: EmulatorState, call: Call, drive: Drive) -> Reply:
        as_admin = call.params.is_true("useDomainAdminAccess")
        value = self.render(state.world, drive, state.world.viewer(call.user), as_admin=as_admin)
        return masked_reply(value, requested_mask(call, self.schema, _DEFAULT))


def may_create(user: User) -> bool:
    """Tell whether a user may make shared drives: those of an organisation may, programs and consumers may not."""
    return not is_consumer(user) and not is_service_account(user)


def _admitted(state: EmulatorState, call: Call) -> tuple[Drive, bool]:
    """Return the shared drive that a path names, and whether the caller has an administrator's access to it.

    Raises ``DriveError`` (404).
    """
    drive_id = call.path["drive_id"]
    if not call.params.is_true("useDomainAdminAccess"):
        check_drive(state.world, state.world.viewer(call.user), drive_id)
        return state.world.drives[drive_id], False
    drive = state.world.drives.get(drive_id)
    if drive is None or not state.world.accounts.is_admin(call.user):
        raise drive_not_found(drive_id)
    return drive, True


def _test(call: Call, *, as_admin: bool) -> Callable[[DriveFacts], bool]:
    try:
        return parse_drive_query(call.params.text("q") or "", as_admin=as_admin)
    except InvalidQueryError:
        raise invalid_value("q") from None


def _page(
    state: EmulatorState, call: Call, wanted: Callable[[DriveFacts], bool], size: int, *, as_admin: bool
) -> tuple[Sequence[Drive], str | None]:
    """Return a page of shared drives in the order of their ids, and the token of the next one, or None."""
    listing = f"drives {as_admin} {call.params.text('q')} for {call.user.email}"
    start, world, viewer = start_of(state, call, listing), state.world, state.world.viewer(call.user)
    ids = sorted(world.drives)
    following = 0 if start is None else bisect_right(ids, str(start.key[0]))
    drives = (world.drives[drive_id] for drive_id in islice(ids, following, None))
    found = list(islice((each for each in drives if _is_wanted(state, viewer, each, wanted, as_admin)), size + 1))
    page = found[:size]
    token = PageToken(0, (page[-1].id,)) if len(found) > size else None
    return page, None if token is None else token_text(state, token, listing)


def _is_wanted(
    state: EmulatorState, viewer: Viewer, drive: Drive, wanted: Callable[[DriveFacts], bool], as_admin: bool
) -> bool:
    return (as_admin or viewer.is_member(drive.id)) and wanted(_facts(state, drive, viewer))


def _facts(state: EmulatorState, drive: Drive, viewer: Viewer) -> DriveFacts:
    members = state.world.own_permissions(drive.id)
    organizers = sum(grant.role == "organizer" for grant in members)
    is_hidden = drive.id in viewer.marks.hidden_drives
    return DriveFacts(drive.name, drive.created_ms, len(members), organizers, is_hidden, drive.org_unit_id)


def _org_unit(drive: Drive, *, as_admin: bool) -> dict[str, Json]:
    """The organizational unit is for administrators' lists only."""
    return {"orgUnitId": drive.org_unit_id} if as_admin and drive.org_unit_id is not None else {}


def _has_items(state: EmulatorState, drive_id: str) -> bool:
    items = (state.world.item_at(position) for position in state.world.positions(Plan(drive_id=drive_id)))
    return any(item is not None and item.drive_id == drive_id and not item.trashed for item in items)


_DRIVES = DriveMethods("drive#drive", "drives", schema.DRIVE, schema.DRIVE_LIST, drive_resource)
_TEAM_DRIVES = DriveMethods(
    "drive#teamDrive", "teamDrives", schema.TEAM_DRIVE, schema.TEAM_DRIVE_LIST, team_drive_resource
)


def _routes(name: str, methods: DriveMethods) -> tuple[Route, ...]:
    path = f"/drive/v3/{name}"
    return (
        Route(f"{name}.list", "GET", path, methods.list),
        Route(f"{name}.create", "POST", path, methods.create),
        Route(f"{name}.get", "GET", path + "/{drive_id}", methods.get),
        Route(f"{name}.update", "PATCH", path + "/{drive_id}", methods.update),
        Route(f"{name}.delete", "DELETE", path + "/{drive_id}", methods.delete),
    )


ROUTES = (
    *_routes("drives", _DRIVES),
    Route("drives.hide", "POST", "/drive/v3/drives/{drive_id}/hide", _DRIVES.hide),
    Route("drives.unhide", "POST", "/drive/v3/drives/{drive_id}/unhide", _DRIVES.unhide),
    *_routes("teamdrives", _TEAM_DRIVES),
)
