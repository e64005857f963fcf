"""Lists below items, and drives: the world and a consumer, side by side.

In: what Drive shows, and what the records led to. Out: one short line for each difference. Lists that the account may
not read are not compared: nobody can know what is in them. Nor are, where history was not asked for, those of files
that did not change since.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.convergence.compare import short
from tests.support.convergence.consumer import Consumer, Row
from tests.support.convergence.lists_truth import Below, Listed
from tests.support.convergence.truth import OWN, Seen

Json = dict[str, Any]
PARENTS = {"revision": "file_id", "comment": "file_id"}


def differing_lists(seen: Mapping[str, Seen], real: Below, consumer: Consumer, *, history: bool) -> Iterator[str]:
    """Everything; with `history` lists of the account's own files, always open to it, were read at least once."""
    yield from _drives(real, consumer)
    yield from _permissions(seen, real, consumer)
    for kind, lists in (("revision", real.revisions), ("comment", real.comments)):
        for file_id, entries in lists.items():
            must_be = history and bool(seen[file_id].raw.get("ownedByMe"))
            yield from _entries(kind, file_id, entries, consumer, must_be=must_be)
    items = {row.id for row in consumer.of("file", "folder")}
    for row in consumer.of("revision", "comment", "manifest"):
        if row.id.partition(":")[0] not in items:
            yield f"{row.kind} {row.id} is held and its file is not"


def _entries(kind: str, file_id: str, entries: Listed, consumer: Consumer, *, must_be: bool) -> Iterator[str]:
    manifest = consumer.rows.get(("manifest", f"{file_id}:{kind}"))
    if entries is None or (manifest is None and not must_be):
        return
    if manifest is None:
        yield f"{kind}s of {file_id} were never read"
        return
    held = {row.data["id"]: _plain(row) for row in consumer.of(kind) if row.data[PARENTS[kind]] == file_id}
    for entry_id in entries.keys() | (held.keys() if manifest.data["complete"] else ()):
        if held.get(entry_id) != entries.get(entry_id):
            yield _difference(f"{kind} {file_id}:{entry_id}", held.get(entry_id), entries.get(entry_id))


def _plain(row: Row) -> Json:
    """An entry as Drive gives it: without the file it belongs to, nor what differs by viewer."""
    return {name: value for name, value in row.data.items() if name not in {PARENTS.get(row.kind), "viewer"}}


def _difference(what: str, held: Json | None, real: Json | None) -> str:
    if held is None or real is None:
        return f"{what} is missing" if held is None else f"{what} is held and not there"
    names = [name for name in sorted(held.keys() | real.keys()) if held.get(name) != real.get(name)]
    shown = (f"{name} is held as {short(held.get(name))}, and is {short(real.get(name))}" for name in names)
    return f"{what}: {'; '.join(shown)}"


def _drives(real: Below, consumer: Consumer) -> Iterator[str]:
    held = {row.id: _plain(row) for row in consumer.of("drive")}
    for drive_id in held.keys() | real.drives.keys():
        if held.get(drive_id) != real.drives.get(drive_id):
            yield _difference(f"drive {drive_id}", held.get(drive_id), real.drives.get(drive_id))


def _permissions(seen: Mapping[str, Seen], real: Below, consumer: Consumer) -> Iterator[str]:
    """Who has access to what of shared drives, by the nearest set on the way up to the drive."""
    for item_id, grants in real.permissions.items():
        if grants is None:
            continue
        near = _nearest(item_id, seen)
        row = consumer.rows.get(("permission_set", near))
        if real.permissions.get(near) is None:
            continue  # the account may share the item, and not what it inherits from
        if row is None or not row.data["complete"]:
            yield f"the permissions of {item_id} (set of {near}) are missing or not complete"
            continue
        mine, theirs = _access(row.data["permissions"]), _access(grants.values())
        if mine != theirs:
            yield f"the permissions of {item_id} (set of {near}) are held as {mine}, and are {theirs}"


def _nearest(item_id: str, seen: Mapping[str, Seen]) -> str:
    """The item whose set tells of another one: itself if it has its own, else that of the folder above it."""
    item = seen.get(item_id)
    if item is None or item.data.get("permissions_state") == OWN:
        return item_id
    parent = next(iter(item.data.get("parents", [])), None)
    return item_id if parent is None else _nearest(parent, seen)


def _access(grants: Any) -> dict[str, tuple[str, str]]:
    """Who has access to content; to see that a limited folder is there is none, and is not inherited."""
    return {grant["id"]: (grant["type"], grant["role"]) for grant in grants if grant.get("view") != "metadata"}
