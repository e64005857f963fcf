"""Access tokens that were given lately, for who asks again: workers that start, replicas, pages.

In: who asks for which connection. Out: the token they were given within the last five minutes, by the cache: neither
the connection's rows nor Google are asked. Only who was given a token gets it from here, at the same address: that
stands in the audit log, and nothing new is told. So an entry that outlives a disconnection tells nobody anything.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from drive_control_plane.connections.grants import AccessGrant, Request
from drive_control_plane.context import Context
from drive_control_plane.security.secrets import is_secret_of
from drive_control_plane.security.vault import VaultError

KEPT: Final = timedelta(minutes=5)
"""A change that nobody told of (`forget`) counts after that."""
MOST_ASKERS: Final = 50


class _Given(msgspec.Struct, frozen=True, kw_only=True):
    connection_id: str
    """Whoever can write to the cache could put one connection's entry in the place of another's."""
    access_token: str
    expires_at: datetime
    scopes: tuple[str, ...]
    connection_config: dict[str, Any]
    subject: str
    askers: Sequence[str]


async def given_again(context: Context, request: Request, good_until: datetime) -> AccessGrant | None:
    """The token that this asker was given lately, if it is good beyond that time and nothing speaks against it."""
    given = await _find(context, request.connection_id)
    if given is None or _asker(request) not in given.askers or given.expires_at <= good_until:
        return None
    if request.subject is not None and request.subject.lower() != given.subject:
        return None
    if request.refused_hash is not None and is_secret_of(given.access_token, request.refused_hash):
        await forget(context, request.connection_id)
        return None
    return AccessGrant(given.access_token, given.expires_at, given.scopes, given.connection_config)


async def remember(context: Context, request: Request, grant: AccessGrant, subject: str, spare: timedelta) -> None:
    """Keep what was given, and to whom: five minutes at most, and no longer than the token may be given."""
    kept = min(grant.expires_at - spare - context.clock.now(), KEPT).total_seconds()
    if kept <= 0:
        return
    former = await _find(context, request.connection_id)
    others = former.askers if former is not None and former.access_token == grant.access_token else ()
    given = _Given(
        connection_id=request.connection_id,
        access_token=grant.access_token,
        expires_at=grant.expires_at,
        scopes=grant.scopes,
        connection_config=grant.connection_config,
        subject=subject,
        askers=[*others, _asker(request)][-MOST_ASKERS:],
    )
    await context.cache.put(_key(request.connection_id), context.vault.seal(msgspec.json.encode(given).decode()), kept)


async def forget(context: Context, connection_id: str) -> None:
    """Give nothing any more that was read before: the grant, the account or the settings are others."""
    await context.cache.drop(_key(connection_id))


async def _find(context: Context, connection_id: str) -> _Given | None:
    sealed = await context.cache.get(_key(connection_id))
    if sealed is None:
        return None
    try:
        given = msgspec.json.decode(context.vault.open(sealed), type=_Given)
        return given if given.connection_id == connection_id else None
    except (VaultError, msgspec.DecodeError):  # by a key that is gone, or of another version
        return None


def _asker(request: Request) -> str:
    actor = request.actor
    return f"{actor.kind}:{actor.name}@{actor.address or ''}"


def _key(connection_id: str) -> str:
    return f"access-token:{connection_id}"
