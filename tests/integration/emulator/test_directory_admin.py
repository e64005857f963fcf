"""Users, groups and members of the Admin Directory over HTTP (facts D)."""

from typing import Any

import pytest

from google_drive_emulator.world.items import Group, User

from .conftest import Answer, Client

MINE = {"customer": "my_customer"}


async def ask(client: Client, path: str, **params: str) -> Answer:
    return await client.send("GET", f"/admin/directory/v1/{path}", params=params)


async def pages(client: Client, path: str, items: str, **params: str) -> list[Any]:
    """Read all pages and return their items."""
    found: list[Any] = []
    while True:
        answer = (await ask(client, path, **params)).json
        found += answer.get(items, [])
        if "nextPageToken" not in answer:
            return found
        params["pageToken"] = answer["nextPageToken"]


def emails(users: list[Any]) -> list[str]:
    return [user["primaryEmail"] for user in users]


@pytest.fixture
def groups(client: Client) -> tuple[Group, Group]:
    """Make a group in a group: the second and third user, and the fourth user as owner of the outer one."""
    users = [user.email for user in client.world.users]
    inner = Group("inner@example.com", "Inner", "41", (users[1], users[2]), managers=(users[2],))
    outer = Group("outer@example.com", "Outer", "42", (users[3], inner.email, "guest@example.org"), owners=(users[3],))
    for group in (inner, outer):
        client.world.accounts.put_group(group)
    return inner, outer


async def test_users_are_listed_in_pages_by_address(client: Client) -> None:
    """All users of the organization, and not the service accounts."""
    client.world.add_user(User("robot@p.iam.gserviceaccount.com", "robot", "77"))
    whole = (await ask(client, "users", **MINE, maxResults="500")).json
    paged = await pages(client, "users", "users", **MINE, maxResults="3")
    known = [user.email for user in client.world.users if user.domain == "example.com"]
    assert whole["kind"] == "admin#directory#users"
    assert emails(whole["users"]) == emails(paged) == sorted(known)


async def test_a_user_is_found_by_address_and_by_number(client: Client) -> None:
    """The number is the one that Drive Activity and the user's own profile give."""
    user = client.world.users[0]
    found = (await ask(client, f"users/{user.email}")).json
    assert (await ask(client, f"users/{found['id']}")).json == found
    assert (found["primaryEmail"], found["name"]["fullName"], found["isAdmin"]) == (user.email, user.display_name, True)
    profile = await client.send("GET", "/oauth2/v2/userinfo")
    assert profile.json["id"] == found["id"]
    unknown = await ask(client, "users/nobody@example.com")
    assert (unknown.status, unknown.reason) == (404, "notFound@")


async def test_the_directory_is_for_administrators(client: Client) -> None:
    """Others see users only as everybody does."""
    client.token = client.world.users[1].email
    for path in (
        "users",
        "users/x",
        "groups",
        "groups/x",
        "groups/x/members",
        "groups/x/members/y",
        "groups/x/hasMember/y",
    ):
        answer = await ask(client, path, **MINE)
        assert (answer.status, answer.reason) == (403, "forbidden@")
        assert answer.json["error"]["message"] == "Not Authorized to access this resource/API"
    public = (await ask(client, "users", **MINE, viewType="domain_public")).json["users"][0]
    assert "isAdmin" not in public


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("email:user00*", ["user00@example.com"]),
        ("email=USER01@example.com", ["user01@example.com"]),
        ("isAdmin=true", ["user00@example.com"]),
        ("isAdmin=true email:user01", []),
        ("user02", ["user02@example.com"]),
    ],
)
async def test_users_are_searched(client: Client, query: str, expected: list[str]) -> None:
    """By fields, wholly or by a beginning; several clauses must all hold."""
    assert emails((await ask(client, "users", **MINE, query=query)).json.get("users", [])) == expected


async def test_users_are_searched_by_name(client: Client) -> None:
    """A name of several words stands in single quotes."""
    user = client.world.users[3]
    for query in (f"name='{user.display_name}'", f"givenName:{user.display_name[:3]} email:user03"):
        assert emails((await ask(client, "users", **MINE, query=query)).json["users"]) == [user.email]


async def test_users_are_sorted(client: Client) -> None:
    """By names as well, and the other way round."""
    users = (await ask(client, "users", **MINE, orderBy="givenName", sortOrder="DESCENDING")).json["users"]
    given = [user["name"]["givenName"].casefold() for user in users]
    assert given == sorted(given, reverse=True)


async def test_nobody_was_deleted(client: Client) -> None:
    """Deleted users are a list of their own, which is empty here."""
    assert "users" not in (await ask(client, "users", **MINE, showDeleted="true")).json


@pytest.mark.parametrize(
    ("path", "params", "status", "reason"),
    [
        ("users", {}, 400, "badRequest@"),
        ("users", {"customer": "C999"}, 400, "badRequest@"),
        ("users", {"domain": "example.org"}, 404, "notFound@"),
        ("users", MINE | {"maxResults": "501"}, 400, "invalidParameter@max_results"),
        ("users", MINE | {"orderBy": "age"}, 400, "invalidParameter@orderBy"),
        ("users", MINE | {"projection": "none"}, 400, "invalidParameter@projection"),
        ("users", MINE | {"query": "age:7"}, 400, "invalid@"),
        ("users", MINE | {"pageToken": "nonsense"}, 400, "invalid@"),
        ("users", MINE | {"fields": "users(age)"}, 400, "invalidParameter@fields"),
        ("groups", {}, 400, "badRequest@"),
        ("groups", MINE | {"userKey": "user00@example.com"}, 400, "badRequest@"),
        ("groups", MINE | {"maxResults": "201"}, 400, "invalidParameter@max_results"),
        ("groups/nobody@example.com", {}, 404, "notFound@"),
        ("groups/outer@example.com/members", {"roles": "BOSS"}, 400, "invalid@"),
        ("groups/outer@example.com/members/user00@example.com", {}, 404, "notFound@"),
        ("groups/outer@example.com/hasMember/nobody@example.org", {}, 400, "invalid@"),
    ],
)
@pytest.mark.usefixtures("groups")
async def test_bad_requests_are_refused(
    client: Client, path: str, params: dict[str, str], status: int, reason: str
) -> None:
    """Each has its status and reason."""
    answer = await ask(client, path, **params)
    assert (answer.status, answer.reason) == (status, reason)


async def test_groups_are_listed_by_domain_and_by_member(client: Client, groups: tuple[Group, Group]) -> None:
    """Someone's groups are those that they are in directly; a group can be in groups too."""
    inner, outer = groups
    everything = (await ask(client, "groups", domain="example.com")).json
    assert everything["kind"] == "admin#directory#groups"
    assert {inner.email, outer.email} <= {group["email"] for group in everything["groups"]}
    of_user = (await ask(client, "groups", userKey=client.world.users[1].email)).json["groups"]
    assert inner.email in [group["email"] for group in of_user]
    assert outer.email not in [group["email"] for group in of_user]
    of_group = (await ask(client, "groups", userKey=inner.permission_id)).json["groups"]
    assert [group["email"] for group in of_group] == [outer.email]
    searched = (await ask(client, "groups", **MINE, query="name:Inn*")).json["groups"]
    assert [(group["email"], group["directMembersCount"]) for group in searched] == [(inner.email, "2")]


async def test_a_group_is_found_by_address_and_by_number(client: Client, groups: tuple[Group, Group]) -> None:
    """Both give the same group."""
    found = [(await ask(client, f"groups/{key}")).json for key in (groups[0].email, groups[0].permission_id)]
    assert found[0] == found[1]
    assert found[0]["name"] == "Inner"


async def test_members_have_roles_and_types(client: Client, groups: tuple[Group, Group]) -> None:
    """Users, groups and people from elsewhere; roles choose among them."""
    path, users = f"groups/{groups[1].email}/members", client.world.users
    members = await pages(client, path, "members", maxResults="1")
    owners = (await ask(client, path, roles="OWNER,MANAGER")).json["members"]
    assert [(each["email"], each["role"], each["type"]) for each in members] == [
        (users[3].email, "OWNER", "USER"),
        (groups[0].email, "MEMBER", "GROUP"),
        ("guest@example.org", "MEMBER", "USER"),
    ]
    assert [each["email"] for each in owners] == [users[3].email]


async def test_members_of_inner_groups_are_derived(client: Client, groups: tuple[Group, Group]) -> None:
    """If asked for; each comes once, and has no role of its own."""
    path, users = f"groups/{groups[1].email}/members", client.world.users
    derived = (await ask(client, path, includeDerivedMembership="true")).json["members"]
    assert [each["email"] for each in derived[3:]] == [users[1].email, users[2].email]
    assert {each["role"] for each in derived[3:]} == {"MEMBER"}


async def test_membership_is_asked_for(client: Client, groups: tuple[Group, Group]) -> None:
    """``hasMember`` knows of inner groups, ``members.get`` does not."""
    path, email = f"groups/{groups[1].email}", client.world.users[1].email
    assert (await ask(client, f"{path}/hasMember/{email}")).json == {"isMember": True}
    assert (await ask(client, f"{path}/hasMember/{client.world.users[0].email}")).json == {"isMember": False}
    assert (await ask(client, f"{path}/members/{email}")).status == 404
    member = (await ask(client, f"{path}/members/{client.world.users[3].email}")).json
    assert (member["role"], member["delivery_settings"]) == ("OWNER", "ALL_MAIL")


async def test_page_tokens_are_good_for_three_days(client: Client) -> None:
    """And for their own list only."""
    token = (await ask(client, "users", **MINE, maxResults="1")).json["nextPageToken"]
    other = await ask(client, "users", domain="example.com", maxResults="1", pageToken=token)
    await client.control("PUT", "clock", {"advance_ms": 2 * 86_400_000})
    good = await ask(client, "users", **MINE, pageToken=token)
    await client.control("PUT", "clock", {"advance_ms": 2 * 86_400_000})
    old = await ask(client, "users", **MINE, pageToken=token)
    assert (other.status, good.status, old.status) == (400, 200, 400)
