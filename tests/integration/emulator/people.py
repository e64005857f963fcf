"""Several people on one emulator: each calls it with a token of their own."""

from dataclasses import replace
from typing import Any

from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.items import Item, User

from .conftest import Answer, Client

ALL_DRIVES = {"supportsAllDrives": "true", "includeItemsFromAllDrives": "true"}
SUPPORTS = {"supportsAllDrives": "true"}


def as_user(client: Client, user: User | str) -> Client:
    """Return the client of another user, or of who has an address."""
    return replace(client, token=user if isinstance(user, str) else user.email)


async def post(client: Client, path: str, body: object, **params: str) -> Answer:
    """Call a Drive method that makes something."""
    return await client.send("POST", f"/drive/v3/{path}", params=params, json=body)


async def patch(client: Client, path: str, body: object, **params: str) -> Answer:
    """Call a Drive method that changes something."""
    return await client.send("PATCH", f"/drive/v3/{path}", params=params, json=body)


async def delete(client: Client, path: str, **params: str) -> Answer:
    """Call a Drive method that takes something away."""
    return await client.send("DELETE", f"/drive/v3/{path}", params=params)


def made_drive(client: Client, **members: str) -> str:
    """Make a shared drive of the first user's; other members by the number of the user: ``user3="writer"``."""
    drive = client.world.create_drive("Team")
    for name, role in members.items():
        client.world.share(drive.id, user_grant(client.world.users[int(name.removeprefix("user"))], role))
    return drive.id


class Follower:
    """Follows a log from where it ends now: the caller's own, or a shared drive's."""

    def __init__(self, client: Client, token: str, **params: str) -> None:
        self._client = client
        self._token = token
        self._params = params

    async def changes(
        self, fields: str = "removed,fileId,driveId,changeType,file(id,name)", **params: str
    ) -> list[Any]:
        """Return what came since the last time."""
        asked = {**ALL_DRIVES, **self._params, **params, "fields": f"nextPageToken,newStartPageToken,changes({fields})"}
        found: list[Any] = []
        while True:
            answer = await self._client.get("changes", pageToken=self._token, **asked)
            assert answer.status == 200, answer.body
            found += answer.json["changes"]
            self._token = answer.json.get("newStartPageToken") or answer.json["nextPageToken"]
            if "newStartPageToken" in answer.json:
                return found

    async def told(self, **params: str) -> list[tuple[str, bool]]:
        """Return what came since the last time as ids and whether each was removed."""
        changes = await self.changes(**params)
        return [(change.get("fileId") or change["driveId"], change["removed"]) for change in changes]


async def follow(client: Client, drive_id: str | None = None) -> Follower:
    """Start to follow the caller's log, or that of a shared drive."""
    params = {} if drive_id is None else {"driveId": drive_id}
    answer = await client.get("changes/startPageToken", **SUPPORTS, **params)
    assert answer.status == 200, answer.body
    return Follower(client, answer.json["startPageToken"], **params)


def seen(item: Item | None) -> Item:
    """Return an item that must be there."""
    assert item is not None
    return item
