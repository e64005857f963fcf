"""A connection's settings as people and programs give them (docs/contracts.md, "Trigger").

In: JSON. Out: settings that the worker takes as they are, and whether a grant's scopes are enough for them. Credentials
are no settings: they come by consent, or as a service account's key.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from drive_control_plane.oauth.scopes import missing_scopes, scopes_for

MOST_IDS = 1_000
DriveId = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_.-]+$")]
Resource = Literal["file", "permission", "permission_record", "revision", "comment"]
Resources = Annotated[list[Resource], Field(max_length=5)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Corpora(_Model):
    """Which change logs are followed."""

    user: Literal["all", "owned", "none"] = "all"
    drives: Literal["all", "none"] | Annotated[list[DriveId], Field(max_length=MOST_IDS)] = "all"


class ConnectionSettings(_Model):
    """What is followed of an account. They replace the former ones as a whole."""

    corpora: Corpora = Corpora()
    selected_folders: Annotated[list[DriveId], Field(max_length=MOST_IDS)] = []
    """Only these folders and what lies below them; `root` is My Drive's. Empty: everything."""
    resources: Resources = ["file", "permission", "revision", "comment"]
    backfill: Resources = ["file", "permission"]
    page_size: Annotated[int, Field(ge=1, le=1000)] | None = None


def lacking_scopes(settings: ConnectionSettings, granted: Iterable[str]) -> tuple[str, ...]:
    """What a grant lacks for the settings; the greater scope opens all that the smaller one does."""
    return missing_scopes(scopes_for(settings.model_dump()), granted)
