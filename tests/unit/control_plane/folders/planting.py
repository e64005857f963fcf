"""Folders in an emulated Drive. In: a stage, names. Out: ids."""

from typing import Any

from tests.support.control_plane.consent import Stage

FOLDER = "application/vnd.google-apps.folder"


async def mutate(stage: Stage, op: str, **values: Any) -> str:
    """Change the world; the id of what was changed."""
    answer = await stage.control("POST", "world", {"mutations": [{"op": op, **values}]})
    found: str = answer["results"][0]["id"]
    return found


async def folder(stage: Stage, name: str, parent: str | None = None, **values: Any) -> str:
    """Make a folder; in My Drive of the first user, unless said otherwise."""
    where = {} if parent is None else {"parent": parent}
    return await mutate(stage, "create", name=name, mimeType=FOLDER, **where, **values)
