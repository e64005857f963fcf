"""``users``, ``groups`` and ``members`` of the Admin Directory (facts D).

They are for administrators, apart from what everybody may know of users (``viewType=domain_public``).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

from google_drive_emulator.grammar import schema
from google_drive_emulator.grammar.directory_query import InvalidDirectoryQueryError, parse_directory_query
from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.grammar.pages import InvalidPageTokenError, PageToken, read_token, write_token
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import DriveError, bad_request, forbidden, not_found
from google_drive_emulator.oauth.identity import account_number
from google_drive_emulator.rendering.directory import (
    CUSTOMER_ID,
    etag,
    group_resource,
    member_resource,
    names_of,
    role_of,
    user_profile,
    user_resource,
)
from google_drive_emulator.routes.masks import masked_reply, requested_mask
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.items import Group, User
from google_drive_emulator.world.membership import all_members, domains, staff, teams

ElementT = TypeVar("ElementT")
EntryT = TypeVar("EntryT", User, Group)

_TOKEN_MS = 3 * 86_400_000
_ROLES = frozenset({"OWNER", "MANAGER", "MEMBER"})
_USER_FIELDS = frozenset({"email", "name", "givenName", "familyName", "isAdmin", "isSuspended", "orgUnitPath"})
_GROUP_FIELDS = frozenset({"email", "name"})
_ORDERS: Mapping[str, Callable[[User], str]] = {
    "email": lambda user: user.email,
    "givenName": lambda user: names_of(user)[0],
    "familyName": lambda user: names_of(user)[1],
}


async def list_users(state: EmulatorState, call: Call) -> Reply:
    """``GET /admin/directory/v1/users``: the users of the organization or of one domain."""
    size, shown = call.params.bounded("maxResults", 100, 1, 500), _user_view(state, call)
    order, descending = _choice(call, "orderBy", tuple(_ORDERS)), _is_descending(call)
    ours = _in_domain(state, call, staff(state.world.accounts))
    users = _queried(call, ours, _USER_FIELDS, lambda user: _user_values(state, user))
    if call.params.flag("showDeleted"):
        users = []
    if order is not None:
        users = sorted(users, key=lambda user: _ORDERS[order](user).casefold(), reverse=descending)
    return _page(state, call, "users", users, size, shown)


async def get_user(state: EmulatorState, call: Call) -> Reply:
    """``GET /admin/directory/v1/users/{key}``: a user, by address or number."""
    shown, key = _user_view(state, call), call.path["user_key"]
    user = next((each for each in staff(state.world.accounts) if key in {each.email, account_number(each)}), None)
    if user is None:
        raise _unknown("userKey")
    return masked_reply(shown(user), requested_mask(call, schema.DIRECTORY_USER, "*"))


async def list_groups(state: EmulatorState, call: Call) -> Reply:
    """``GET /admin/directory/v1/groups``: the groups of the organization or a domain, or those that someone is in."""
    size = call.params.bounded("maxResults", 200, 1, 200)
    _check_admin(state, call)
    order, descending = _choice(call, "orderBy", ("email",)), _is_descending(call)
    ours = _of_member(state, call, teams(state.world.accounts))
    groups = _queried(call, ours, _GROUP_FIELDS, lambda group: {"email": group.email, "name": group.name})
    if order is not None and descending:
        groups = groups[::-1]
    return _page(state, call, "groups", groups, size, group_resource)


async def get_group(state: EmulatorState, call: Call) -> Reply:
    """``GET /admin/directory/v1/groups/{key}``: a group, by address or number."""
    _check_admin(state, call)
    return masked_reply(group_resource(_group(state, call)), requested_mask(call, schema.DIRECTORY_GROUP, "*"))


async def list_members(state: EmulatorState, call: Call) -> Reply:
    """``GET /admin/directory/v1/groups/{key}/members``: a group's members, those of groups in it too if wanted."""
    size, derived = call.params.bounded("maxResults", 200, 1, 200), call.params.flag("includeDerivedMembership")
    _check_admin(state, call)
    group, roles = _group(state, call), _roles(call)
    accounts = state.world.accounts
    everyone = all_members(accounts, group) if derived else group.members
    members = [email for email in everyone if role_of(group, email) in roles]
    return _page(state, call, "members", members, size, lambda email: member_resource(accounts, group, email))


async def get_member(state: EmulatorState, call: Call) -> Reply:
    """``GET /admin/directory/v1/groups/{key}/members/{key}``: a direct member, by address or number."""
    _check_admin(state, call)
    group, email = _group(state, call), _address(state, call.path["member_key"])
    if email not in group.members:
        raise _unknown("memberKey")
    value = member_resource(state.world.accounts, group, email) | {"delivery_settings": "ALL_MAIL"}
    return masked_reply(value, requested_mask(call, schema.DIRECTORY_MEMBER, "*"))


async def has_member(state: EmulatorState, call: Call) -> Reply:
    """``GET /admin/directory/v1/groups/{key}/hasMember/{key}``: whether a user is in a group, however nested."""
    _check_admin(state, call)
    group, email = _group(state, call), _address(state, call.path["member_key"])
    if state.world.user(email) is None:
        raise DriveError(400, "Invalid Input: memberKey", "invalid")
    is_member = email in all_members(state.world.accounts, group)
    return masked_reply({"isMember": is_member}, requested_mask(call, schema.HAS_MEMBER, "*"))


def _check_admin(state: EmulatorState, call: Call) -> None:
    if not state.world.accounts.is_admin(call.user):
        raise forbidden("forbidden", "Not Authorized to access this resource/API")


def _user_view(state: EmulatorState, call: Call) -> Callable[[User], dict[str, Json]]:
    """Return how the caller sees users. Raises ``DriveError`` (403) for what only administrators see."""
    _choice(call, "projection", ("basic", "custom", "full"))
    if _choice(call, "viewType", ("admin_view", "domain_public")) == "domain_public":
        return user_profile
    _check_admin(state, call)
    return lambda user: user_resource(user, is_admin=state.world.accounts.is_admin(user))


def _of_member(state: EmulatorState, call: Call, groups: Sequence[Group]) -> Sequence[Group]:
    """Return the groups that someone is in, or else those of the domain or customer. Raises ``DriveError`` (400)."""
    member, domain = call.params.text("userKey"), call.params.text("domain")
    if member is not None and call.params.text("customer") is not None:
        raise bad_request("Bad Request")
    if member is None or domain is not None:
        groups = _in_domain(state, call, groups)
    if member is None:
        return groups
    email = _address(state, member)
    return [group for group in groups if email in group.members]


def _in_domain(state: EmulatorState, call: Call, found: Sequence[EntryT]) -> Sequence[EntryT]:
    """Return what belongs to the domain or customer that is asked for. Raises ``DriveError`` (400, 404)."""
    domain, customer = call.params.text("domain"), call.params.text("customer")
    if domain is None:
        if customer not in {"my_customer", CUSTOMER_ID}:
            raise bad_request("Bad Request")
        return found
    if domain not in domains(state.world.accounts):
        raise not_found("Domain not found.")
    return [each for each in found if each.email.endswith(f"@{domain}")]


def _queried(
    call: Call, found: Sequence[ElementT], fields: Collection[str], values: Callable[[ElementT], Mapping[str, str]]
) -> Sequence[ElementT]:
    """Return what ``query`` asks for. Raises ``DriveError`` (400)."""
    try:
        clauses = parse_directory_query(call.params.text("query") or "", fields)
    except InvalidDirectoryQueryError:
        raise DriveError(400, "Invalid Input: query", "invalid") from None
    return [each for each in found if all(clause.holds(values(each)) for clause in clauses)]


def _user_values(state: EmulatorState, user: User) -> Mapping[str, str]:
    given, family = names_of(user)
    is_admin = "true" if state.world.accounts.is_admin(user) else "false"
    return {
        "email": user.email,
        "name": user.display_name,
        "givenName": given,
        "familyName": family,
        "isAdmin": is_admin,
        "isSuspended": "false",
        "orgUnitPath": "/",
    }


def _group(state: EmulatorState, call: Call) -> Group:
    key = call.path["group_key"]
    group = next((each for each in teams(state.world.accounts) if key in {each.email, each.permission_id}), None)
    if group is None:
        raise _unknown("groupKey")
    return group


def _address(state: EmulatorState, key: str) -> str:
    """Return the address of a user or group by its number; what is no number is an address."""
    accounts = state.world.accounts
    if "@" in key:
        return key
    users = (user.email for user in accounts.users if account_number(user) == key)
    groups = (group.email for group in accounts.groups if group.permission_id == key)
    return next(users, None) or next(groups, key)


def _roles(call: Call) -> frozenset[str]:
    text = call.params.text("roles")
    wanted = _ROLES if text is None else frozenset(part.strip().upper() for part in text.split(","))
    if not wanted <= _ROLES:
        raise DriveError(400, "Invalid Input: roles", "invalid")
    return wanted


def _choice(call: Call, name: str, allowed: Sequence[str]) -> str | None:
    """Return a parameter that is one of a few words. Raises ``DriveError`` (400)."""
    text = call.params.text(name)
    if text is not None and text not in allowed:
        raise DriveError(
            400, f"Invalid string value: '{text}'. Allowed values: [{', '.join(allowed)}]", "invalidParameter", name
        )
    return text


def _is_descending(call: Call) -> bool:
    return _choice(call, "sortOrder", ("ASCENDING", "DESCENDING")) == "DESCENDING"


def _page(
    state: EmulatorState,
    call: Call,
    name: str,
    elements: Sequence[ElementT],
    size: int,
    shown: Callable[[ElementT], dict[str, Json]],
) -> Reply:
    """Reply with a page of users, groups or members."""
    listing = repr((call.user.email, call.path, [pair for pair in call.params if pair[0] not in _NOT_BOUND]))
    start = _start(state, call, listing)
    page: list[Json] = [shown(each) for each in elements[start : start + size]]
    value: dict[str, Json] = {"kind": f"admin#directory#{name}", "etag": etag(repr(page))}
    if page:
        value[name] = page
    if start + size < len(elements):
        value["nextPageToken"] = write_token(PageToken(start + size, issued_ms=state.world.clock()), listing)
    return masked_reply(value, requested_mask(call, _SCHEMAS[name], "*"))


def _start(state: EmulatorState, call: Call, listing: str) -> int:
    """Return where a page starts; a token is good for three days. Raises ``DriveError`` (400)."""
    text = call.params.text("pageToken")
    if not text:
        return 0
    try:
        token = read_token(text, listing)
    except InvalidPageTokenError:
        raise DriveError(400, "Invalid Input: pageToken", "invalid") from None
    if state.world.clock() > token.issued_ms + _TOKEN_MS:
        raise DriveError(400, "Invalid Input: pageToken", "invalid")
    return token.position


def _unknown(key: str) -> DriveError:
    return not_found(f"Resource Not Found: {key}")


_NOT_BOUND = frozenset({"pageToken", "maxResults", "fields", "alt", "prettyPrint", "access_token", "quotaUser", "key"})
_SCHEMAS = {"users": schema.USERS, "groups": schema.GROUPS, "members": schema.MEMBERS}
_USERS, _GROUPS = "/admin/directory/v1/users", "/admin/directory/v1/groups"

ROUTES = (
    Route("users.list", "GET", _USERS, list_users, api="directory"),
    Route("users.get", "GET", _USERS + "/{user_key}", get_user, api="directory"),
    Route("groups.list", "GET", _GROUPS, list_groups, api="directory"),
    Route("groups.get", "GET", _GROUPS + "/{group_key}", get_group, api="directory"),
    Route("members.list", "GET", _GROUPS + "/{group_key}/members", list_members, api="directory"),
    Route("members.get", "GET", _GROUPS + "/{group_key}/members/{member_key}", get_member, api="directory"),
    Route("members.hasMember", "GET", _GROUPS + "/{group_key}/hasMember/{member_key}", has_member, api="directory"),
)
