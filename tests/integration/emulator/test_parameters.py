"""Every parameter that is said to be honoured is looked at, and every method that is said to be served answers."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.support.emulator.discovery import methods

from google_drive_emulator.http.calls import Route
from google_drive_emulator.http.observers import Exchange, observe
from google_drive_emulator.parameters import METHODS
from google_drive_emulator.routes import ROUTES
from google_drive_emulator.world.items import DOCUMENT, FOLDER

from .conftest import Answer, Client

BENIGN: Mapping[str, str] = {
    "corpora": "user",
    "count": "3",
    "customer": "my_customer",
    "emailMessage": "Hello",
    "includeLabels": "some-label",
    "maxResults": "5",
    "orderBy": "name",
    "pageSize": "5",
    "requestId": "another",
    "roles": "MEMBER",
    "sendNotificationEmail": "true",
    "sortOrder": "ASCENDING",
    "space": "drive",
    "spaces": "drive",
    "startModifiedTime": "2020-01-01T00:00:00Z",
    "type": "files",
    "viewType": "admin_view",
}
"""A value for each parameter with which a call goes well; for all others but those below it is ``false``."""

NOT_SENT = frozenset(
    {"addParents", "domain", "driveId", "mimeType", "pageToken", "q", "query", "removeParents", "revisionId"}
    | {"teamDriveId", "userKey"}
)
"""Parameters that make another call of it; that they were not sent is seen by who looks."""

BY_METHOD: Mapping[str, Mapping[str, str]] = {
    "drive.changes.list": {"pageToken": "1"},
    "drive.changes.watch": {"pageToken": "1"},
    "drive.files.export": {"mimeType": "text/plain"},
    "drive.files.update": {"addParents": "{folder_id}", "enforceSingleParent": "true"},
    "directory.users.list": {"orderBy": "email"},
    "directory.groups.list": {"orderBy": "email"},
}
CHANNEL = {"id": "channel", "type": "web_hook", "address": "https://127.0.0.1:9/"}
BODIES: Mapping[str, Any] = {
    "drive.changes.watch": CHANNEL,
    "drive.channels.stop": {"id": "open", "resourceId": "{resource_id}"},
    "drive.comments.create": {"content": "words"},
    "drive.comments.update": {"content": "words"},
    "drive.drives.create": {"name": "Team"},
    "drive.drives.update": {"name": "Crew"},
    "drive.files.watch": CHANNEL,
    "drive.permissions.create": {"type": "user", "role": "reader", "emailAddress": "user03@example.com"},
    "drive.permissions.update": {"role": "writer"},
    "drive.replies.create": {"content": "words"},
    "drive.replies.update": {"content": "words"},
    "drive.revisions.update": {"keepForever": True},
    "drive.teamdrives.create": {"name": "Team"},
    "drive.teamdrives.update": {"name": "Crew"},
}
REACHED = {route.id: route for route in reversed(ROUTES) if route.id in METHODS}
"""For each method the first way to reach it."""


async def answered(client: Client, method: str, path: str, message: object = None) -> Any:
    """Make a call that must go well, and return its answer."""
    answer = await client.send(method, path, json=message)
    assert answer.status == 200, answer.body
    return answer.json


@pytest.fixture
async def names(client: Client) -> dict[str, str]:
    """Prepare one of each: the parts of paths that vary, and what they name here."""
    files = "/drive/v3/files"
    file_id = (await answered(client, "POST", files, {"name": "a.txt"}))["id"]
    comments = f"{files}/{file_id}/comments"
    comment_id = (await answered(client, "POST", f"{comments}?fields=id", {"content": "words"}))["id"]
    replies = f"{comments}/{comment_id}/replies?fields=id"
    grant = {"type": "user", "role": "reader", "emailAddress": "user02@example.com"}
    group = (await answered(client, "GET", "/admin/directory/v1/groups?customer=my_customer"))["groups"][0]["email"]
    members = await answered(client, "GET", f"/admin/directory/v1/groups/{group}/members")
    document = await answered(client, "POST", files, {"name": "Report", "mimeType": DOCUMENT})
    await client.send("PATCH", f"/upload{files}/{file_id}?uploadType=media", data=b"new bytes")
    revisions = await answered(client, "GET", f"{files}/{file_id}/revisions")
    channel = CHANNEL | {"id": "open"}
    return {
        "file_id": file_id,
        "document_id": document["id"],
        "folder_id": (await answered(client, "POST", files, {"name": "To", "mimeType": FOLDER}))["id"],
        "comment_id": comment_id,
        "reply_id": (await answered(client, "POST", replies, {"content": "words"}))["id"],
        "permission_id": (await answered(client, "POST", f"{files}/{file_id}/permissions", grant))["id"],
        "revision_id": revisions["revisions"][0]["id"],
        "drive_id": (await answered(client, "POST", "/drive/v3/drives?requestId=1", {"name": "Team"}))["id"],
        "name": (await answered(client, "POST", f"{files}/{document['id']}/download"))["name"],
        "resource_id": (await answered(client, "POST", f"{files}/{file_id}/watch", channel))["resourceId"],
        "group_key": group,
        "member_key": members["members"][0]["email"],
        "user_key": client.world.users[1].email,
    }


def parameters_of(route: Route) -> dict[str, str]:
    """Return a good value for each parameter that a method honours, and a mask that selects all it can."""
    values = {name: BENIGN.get(name, "false") for name in METHODS[route.id].honoured - NOT_SENT}
    return values | dict(BY_METHOD.get(route.id, {})) | {"fields": "*"}


def filled(texts: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Put names into the texts that ask for them."""
    return {key: text.format(**names) if isinstance(text, str) else text for key, text in texts.items()}


async def call(client: Client, names: Mapping[str, str], method_id: str, **params: str) -> Answer:
    """Call a method with all that it honours, and these parameters."""
    route = REACHED[method_id]
    path = route.paths[0].replace("{file_id}", "{document_id}" if method_id == "drive.files.export" else "{file_id}")
    body = {"json": filled(BODIES.get(method_id, {}), names)} if route.methods[0] in {"POST", "PATCH"} else {}
    sent = filled(parameters_of(route), names) | params
    return await client.send(route.methods[0], path.format(**names), params=sent, **body)


@pytest.mark.parametrize("method_id", sorted(METHODS))
async def test_a_method_reads_what_it_honours(client: Client, names: dict[str, str], method_id: str) -> None:
    """A good call with every honoured parameter goes well, and each of them was read."""
    seen = list[Exchange]()
    with observe(seen.append):
        answer = await call(client, names, method_id)
    assert answer.status in {200, 204}, answer.body
    assert METHODS[method_id].honoured <= seen[-1].params.read


@pytest.mark.parametrize(
    ("method_id", "parameter"),
    [(method_id, name) for method_id in sorted(METHODS) for name in sorted(methods()[method_id].typed_parameters)],
)
async def test_a_parameter_of_the_wrong_type_is_refused(
    client: Client, names: dict[str, str], method_id: str, parameter: str
) -> None:
    """What is declared as a boolean or a number must be one, even where it has no effect (facts A1)."""
    answer = await call(client, names, method_id, **{parameter: "maybe"})
    error = answer.json["error"]
    assert (answer.status, error["status"]) == (400, "INVALID_ARGUMENT")
    assert '"maybe"' in error["message"]
