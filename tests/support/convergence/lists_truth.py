"""What Drive shows an account below its files and drives, read call by call.

In: a client and the items that it sees. Out: grants, revisions and comments of each, under the contract's names; None
for a list that the account may not read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.convergence.truth import Client, Seen, data_of

from google_drive_worker.client.listed_resources import COMMENT_FIELDS, REVISION_FIELDS
from google_drive_worker.client.resources import DRIVE_FIELDS, FOLDER, PERMISSION_FIELDS, SHORTCUT

Json = dict[str, Any]
Listed = dict[str, Json] | None


@dataclass(frozen=True, slots=True)
class Below:
    """Lists by the id of their item; in each, entries by their own id."""

    permissions: Mapping[str, Listed]
    revisions: Mapping[str, Listed]
    comments: Mapping[str, Listed]
    drives: Mapping[str, Json]


async def below(client: Client, seen: Mapping[str, Seen]) -> Below:
    """Ask for everything."""
    drives = {drive["id"]: data_of(drive) async for drive in client.each("drives", "drives", fields=_of("drives"))}
    in_drives = [*drives, *(item_id for item_id, item in seen.items() if "driveId" in item.raw)]
    files = [item_id for item_id, item in seen.items() if item.raw["mimeType"] not in {FOLDER, SHORTCUT}]
    return Below(
        {item_id: await _listed(client, item_id, "permissions", supportsAllDrives="true") for item_id in in_drives},
        {file_id: await _listed(client, file_id, "revisions") for file_id in files},
        {file_id: await _listed(client, file_id, "comments", includeDeleted="true") for file_id in files},
        drives,
    )


FIELDS = {
    "drives": DRIVE_FIELDS,
    "permissions": PERMISSION_FIELDS,
    "revisions": REVISION_FIELDS,
    "comments": COMMENT_FIELDS,
}


def _of(name: str) -> str:
    return f"nextPageToken,{name}({FIELDS[name]})"


async def _listed(client: Client, item_id: str, name: str, **params: str) -> Listed:
    entries = await client.list(f"files/{item_id}/{name}", name, pageSize="100", fields=_of(name), **params)
    return None if entries is None else {entry["id"]: _data(entry) for entry in entries}


def _data(entry: Json) -> Json:
    """An entry's data; the replies to a comment have names of their own to be changed."""
    replies = {"replies": [data_of(reply) for reply in entry["replies"]]} if "replies" in entry else {}
    return data_of(entry) | replies
