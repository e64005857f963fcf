"""What is known of Google's methods by their names alone: a route in, how it is billed and what it can answer out."""

from typing import Literal, TypeAlias

from google_drive_emulator.http.calls import Route
from google_drive_emulator.http.params import Params

Effort: TypeAlias = Literal["get", "list", "download", "edit", "other"]
"""The kinds of calls that cost differently (facts D)."""

_MEDIA_METHODS = frozenset({"files.get", "files.export", "revisions.get"})
_DOWNLOADS = frozenset({"files.export", "files.download"})
_OTHERS = frozenset({"files.generateIds", "files.watch", "changes.watch", "channels.stop", "files.generateCseToken"})
_READS = frozenset({"get", "getStartPageToken"})
_LISTS = frozenset({"list", "listLabels"})


def serves_media(route: Route) -> bool:
    """Tell whether a method can answer bytes with ``alt=media`` (facts A1, A10)."""
    return route.api == "drive" and route.name in _MEDIA_METHODS


def asks_for_media(route: Route, params: Params) -> bool:
    """Tell whether a call is answered by the media download service (facts A10)."""
    if not serves_media(route):
        return False
    return params.text("alt") == "media" or route.name == "files.export"


def effort(route: Route, params: Params) -> Effort:
    """Return what kind of call this is billed as (facts D)."""
    if route.name in _DOWNLOADS or asks_for_media(route, params):
        return "download"
    if route.name in _OTHERS:
        return "other"
    verb = route.name.rpartition(".")[2]
    if verb in _LISTS:
        return "list"
    return "get" if verb in _READS else "edit"
