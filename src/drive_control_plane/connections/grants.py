"""What is asked for and given: an access token to Google, for somebody, for a connection."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from drive_control_plane.audit.log import Actor


@dataclass(frozen=True, slots=True)
class AccessGrant:
    """A token, until when it is good, what it opens, and the connection's settings without credentials."""

    access_token: str = field(repr=False)
    expires_at: datetime
    scopes: tuple[str, ...]
    connection_config: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for which connection's token; `tenant_id` is None for whoever serves all tenants."""

    actor: Actor
    connection_id: str
    tenant_id: str | None = None
    subject: str | None = None
    refused_hash: str | None = None
    """The SHA-256 of a token that Google refused before its time: that one is given to nobody any more."""
