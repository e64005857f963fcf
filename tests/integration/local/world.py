"""The emulated drive as it is, and what a copy of it must hold.

Both sides are brought to the same plain values by hand, without the worker's own normaliser.
"""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

SECONDS = 30.0
FOLDER = "application/vnd.google-apps.folder"
KINDS = {"file", "folder", "snapshot"}

Item = dict[str, Any]


def control(
    base_url: str, path: str, message: Mapping[str, object] | None = None, *, method: str | None = None
) -> Item:
    """Ask the emulator's control API, or tell it something."""
    body = None if message is None else json.dumps(message).encode()
    with urlopen(Request(f"{base_url}/__emulator__/{path}", data=body, method=method), timeout=SECONDS) as answer:  # noqa: S310
        told: Item = json.load(answer)
    return told


def drive(base_url: str, user: str | None = None) -> dict[str, Item]:
    """Everything that a user sees, by id; the root folder is in no listing."""
    found: dict[str, Item] = {}
    after = ""
    while True:
        query = f"world/items?limit=5000{after}" + (f"&user={user}" if user else "")
        page = control(base_url, query)
        found |= {item["id"]: _of_drive(item) for item in page["items"] if not item["isRoot"]}
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"


def table(path: Path) -> dict[str, Item]:
    """Everything that a SQLite file holds, by id."""
    statement = "SELECT resource_type, data FROM records WHERE resource_type IN ('file', 'folder')"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return _by_id((kind, json.loads(data)) for kind, data in database.execute(statement))


def replayed(path: Path) -> dict[str, Item]:
    """Every item that a consumer holds who applies a JSON Lines file by docs/contracts.md."""
    rows: dict[str, Item] = {}
    for line in path.read_bytes().splitlines():
        record = json.loads(line)
        if record["resource_type"] not in KINDS:
            continue  # what hangs below an item goes with it, and is not compared here
        if record["resource_type"] == "snapshot":
            if record["data"]["phase"] == "complete" and record["data"]["complete"]:
                rows = {key: row for key, row in rows.items() if row["snapshot_id"] >= record["snapshot_id"]}
        elif record["op"] == "delete":
            rows.pop(record["idempotency_key"], None)
        elif record["version"] >= rows.get(record["idempotency_key"], record)["version"]:
            rows[record["idempotency_key"]] = record
    return _by_id((row["resource_type"], row["data"]) for row in rows.values())


def _by_id(rows: Any) -> dict[str, Item]:
    return {data["id"]: _of_record(kind, data) for kind, data in rows}


def _of_drive(item: Item) -> Item:
    grants = [(grant["id"], grant["role"], grant.get("emailAddress")) for grant in item.get("permissions", [])]
    return {
        "kind": "folder" if item["mimeType"] == FOLDER else "file",
        "name": item["name"],
        "mime_type": item["mimeType"],
        "parents": item.get("parents"),
        "version": int(item["version"]),
        "size": int(item["size"]) if "size" in item else None,
        "trashed": item["trashed"],
        "modified": item["modifiedTime"],
        "md5": item.get("md5Checksum"),
        "grants": sorted(grants),
    }


def _of_record(kind: str, data: Item) -> Item:
    grants = [(grant["id"], grant["role"], grant.get("email_address")) for grant in data.get("permissions", [])]
    return {
        "kind": kind,
        "name": data["name"],
        "mime_type": data["mime_type"],
        "parents": data.get("parents"),
        "version": data["version"],
        "size": data.get("size_bytes"),
        "trashed": data["trashed"],
        "modified": data["modified_at"],
        "md5": data.get("md5_checksum"),
        "grants": sorted(grants),
    }


def changes_of_files(items: Mapping[str, Item], root_id: str) -> list[Item]:
    """Mutations of each kind, on single files: what a folder hands down is not in the change log (facts A5)."""
    files = [identity for identity, item in items.items() if item["kind"] == "file" and item["grants"]]
    own = [identity for identity in files if any(grant[1] == "owner" for grant in items[identity]["grants"])]
    folders = [identity for identity, item in items.items() if item["kind"] == "folder" and not item["trashed"]]
    pick = iter([identity for identity in own if not items[identity]["trashed"] and items[identity]["size"]])
    return [
        {"op": "rename", "id": next(pick), "name": "renamed.txt"},
        {"op": "rename", "id": folders[0], "name": "renamed folder"},
        {"op": "edit", "id": next(pick), "content": "new words"},
        {"op": "trash", "id": next(pick)},
        {"op": "delete", "id": next(pick)},
        {"op": "delete", "id": next(pick)},
        {"op": "share", "id": next(pick), "emailAddress": "guest@example.org"},
        {"op": "create", "name": "new.txt", "parent": root_id, "content": "first words"},
        {"op": "create", "name": "new folder", "mimeType": FOLDER, "parent": root_id},
    ]
