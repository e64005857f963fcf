"""Grants: who let which client do what, for how long. In: consent and refreshes. Out: what is still good (facts C3, F).

A grant is named by the digest of its refresh token, so that tokens themselves are not kept.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Literal, TypeAlias

import msgspec

GrantKind: TypeAlias = Literal["consent", "registered", "unknown", "service_account"]


class Grant(msgspec.Struct, frozen=True):
    """What a user let a client do. Without a client, any may use it.

    ``kind`` says where it comes from: a consent page, the control API, a token that open mode took, or an assertion.
    Times are epoch milliseconds; ``ends_ms`` is when a refresh token ends, used or not.
    """

    id: str
    kind: GrantKind
    email: str
    scopes: frozenset[str]
    client_id: str | None
    issued_ms: int
    used_ms: int
    ends_ms: int | None = None
    has_refresh_token: bool = True


class Grants:
    """The grants of an emulator. What was revoked stays so until it is added again."""

    def __init__(self) -> None:
        self._grants: dict[str, Grant] = {}
        self._revoked: set[str] = set()

    @property
    def all(self) -> Sequence[Grant]:
        """Return the grants that were not revoked, the oldest first."""
        return tuple(self._grants.values())

    def add(self, grant: Grant) -> None:
        """Add a grant, again if it was revoked."""
        self._grants[grant.id] = grant
        self._revoked.discard(grant.id)

    def get(self, grant_id: str) -> Grant | None:
        """Return a grant; None when it was revoked or never was."""
        return self._grants.get(grant_id)

    def was_revoked(self, grant_id: str) -> bool:
        """Tell whether a grant, or a token that open mode would take, was revoked."""
        return grant_id in self._revoked

    def use(self, grant_id: str, now_ms: int, unused_ms: int) -> Grant | None:
        """Note that a refresh token is used, and return its grant; None when it has ended."""
        grant = self._grants.get(grant_id)
        if grant is None or not _is_good(grant, now_ms, unused_ms):
            return None
        used = self._grants[grant_id] = msgspec.structs.replace(grant, used_ms=now_ms)
        return used

    def revoke(self, grant_id: str) -> None:
        """End a grant, known or not; one of a consent page takes along all that the user gave the client."""
        grant = self._grants.get(grant_id)
        doomed = [grant_id]
        if grant is not None and grant.kind == "consent":
            doomed += [each.id for each in self._given(grant.email, grant.client_id)]
        for each_id in doomed:
            self._grants.pop(each_id, None)
            self._revoked.add(each_id)

    def consented(self, email: str, client_id: str, now_ms: int, unused_ms: int) -> frozenset[str]:
        """Return the scopes that a user has granted a client on its pages and that have not ended."""
        scopes = [each.scopes for each in self._given(email, client_id) if _lasts(each, now_ms, unused_ms)]
        return frozenset().union(*scopes)

    def has_refresh_token(self, email: str, client_id: str, now_ms: int, unused_ms: int) -> bool:
        """Tell whether a client got a refresh token of a user on its pages that is still good."""
        return any(_is_good(each, now_ms, unused_ms) for each in self._given(email, client_id))

    def evict(self, email: str, client_id: str, limit: int) -> None:
        """Keep the newest ``limit`` refresh tokens of a user and client; older ones end silently (facts C3)."""
        live = [each for each in self._of(email, client_id) if each.has_refresh_token]
        for each in live[:-limit]:
            self._grants[each.id] = msgspec.structs.replace(each, has_refresh_token=False)

    def _of(self, email: str, client_id: str | None) -> list[Grant]:
        return [each for each in self._grants.values() if (each.email, each.client_id) == (email, client_id)]

    def _given(self, email: str, client_id: str | None) -> list[Grant]:
        return [each for each in self._of(email, client_id) if each.kind == "consent"]


def digest(token: str) -> str:
    """Return the name under which a token is remembered."""
    return blake2b(token.encode(errors="surrogatepass"), digest_size=12).hexdigest()


def _lasts(grant: Grant, now_ms: int, unused_ms: int) -> bool:
    return now_ms - grant.used_ms <= unused_ms and (grant.ends_ms is None or now_ms < grant.ends_ms)


def _is_good(grant: Grant, now_ms: int, unused_ms: int) -> bool:
    return grant.has_refresh_token and _lasts(grant, now_ms, unused_ms)
