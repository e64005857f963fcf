"""Which scopes a connection needs: its settings in, scopes out; and what is missing of them in a grant (facts A2, F).

Metadata alone opens files, permissions, revisions and the change log. Comments and content need `drive.readonly`, and
so does every call about shared drives (`drives.list`, `drives.get`).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

PREFIX: Final = "https://www.googleapis.com/auth/"
DRIVE_READONLY: Final = PREFIX + "drive.readonly"
METADATA_READONLY: Final = PREFIX + "drive.metadata.readonly"

EVERYTHING: Final[Mapping[str, Any]] = {
    "corpora": {"user": "all", "drives": "all"},
    "selected_folders": [],
    "resources": ["file", "permission", "revision", "comment"],
    "backfill": ["file", "permission"],
}
"""The settings of a new connection."""
METADATA_ONLY: Final[Mapping[str, Any]] = {
    **EVERYTHING,
    "corpora": {"user": "all", "drives": "none"},
    "resources": ["file", "permission", "revision"],
}
"""As much as the narrowest scope allows."""
READS: Final[Mapping[str, Mapping[str, Any]]] = {"everything": EVERYTHING, "metadata": METADATA_ONLY}
"""How much is asked for, as forms and programs name it."""

_WIDER: Final[Mapping[str, str]] = {METADATA_READONLY: DRIVE_READONLY}
"""What opens all that a scope opens, and more."""


def scopes_for(settings: Mapping[str, Any]) -> frozenset[str]:
    """The least scopes with which all that the settings want can be read."""
    return frozenset({METADATA_READONLY if _is_metadata_enough(settings) else DRIVE_READONLY})


def missing_scopes(wanted: Iterable[str], granted: Iterable[str]) -> tuple[str, ...]:
    """What of the scopes that are wanted a grant does not open, in order."""
    there = set(granted)
    return tuple(sorted(scope for scope in set(wanted) - there if _WIDER.get(scope) not in there))


def _is_metadata_enough(settings: Mapping[str, Any]) -> bool:
    resources = settings.get("resources") or EVERYTHING["resources"]
    drives = (settings.get("corpora") or {}).get("drives", "all")
    return "comment" not in resources and drives in ("none", []) and not settings.get("content")
