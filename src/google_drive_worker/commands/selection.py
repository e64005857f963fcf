"""The options of `sync` and `trigger` that say what of a Drive is wanted.

In: options as typed. Out: fields of `connection_config` (docs/contracts.md, "Trigger"), or the sentence that says which
option is wrong, with exit code 2.
"""

from typing import Annotated, Any

import msgspec
import typer

from google_drive_worker.commands.shell import WRONG_USE, fail
from google_drive_worker.quota.forecast import KINDS
from google_drive_worker.schemas.trigger import ConnectionConfig, plain

Resources = Annotated[
    str | None,
    typer.Option(
        metavar="LIST",
        help="What to keep in step, comma separated: file, permission, revision, comment (these by default), "
        "permission_record (each grant a record of its own).",
    ),
]
Backfill = Annotated[
    str | None,
    typer.Option(
        metavar="LIST",
        help="Read these of files that did not change, too: revision, comment. A call a file each; what it costs is "
        "told first.",
    ),
]
Drives = Annotated[
    str | None, typer.Option(metavar="all|none|ID,...", help="Which shared drives to follow; all by default.")
]
User = Annotated[
    str | None,
    typer.Option(
        metavar="all|owned|none", help="What of the user's own log: My Drive and what others share; all by default."
    ),
]


def wanted_settings(
    resources: str | None, drives: str | None, user: str | None, folders: list[str] | None
) -> dict[str, Any]:
    """The fields that were asked for; what was not asked for is absent."""
    corpora = {"drives": None if drives is None else _drives(drives), "user": user}
    given = {
        "resources": None if resources is None else listed(resources),
        "corpora": {name: value for name, value in corpora.items() if value is not None} or None,
        "selected_folders": folders or None,
    }
    return checked({name: value for name, value in given.items() if value is not None})


def backfill_kinds(text: str | None, settings: dict[str, Any]) -> tuple[str, ...]:
    """The kinds of history that were asked for; one that is not to be kept in step either makes no sense."""
    kinds = tuple(dict.fromkeys(listed(text or "")))
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        fail(f"--backfill: {unknown[0]!r} is none of {', '.join(KINDS)}; files and grants are always read", WRONG_USE)
    left_out = [kind for kind in kinds if kind not in settings.get("resources", kinds)]
    if left_out:
        fail(f"--backfill {left_out[0]} needs it among --resources", WRONG_USE)
    return kinds


def listed(text: str) -> list[str]:
    """The words of a list with commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def checked(settings: dict[str, Any]) -> dict[str, Any]:
    """The same, if a worker takes them."""
    try:
        msgspec.convert(settings, ConnectionConfig)
    except msgspec.ValidationError as error:
        fail(f"this is not a setting that a worker takes: {plain(error)}", WRONG_USE)
    return settings


def _drives(text: str) -> str | list[str]:
    return text if text in {"all", "none"} else listed(text)
