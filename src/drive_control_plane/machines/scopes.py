"""What a machine may be allowed to do.

In: words. Out: scopes, checked.
"""

from collections.abc import Sequence
from enum import StrEnum


class Scope(StrEnum):
    """One right of a client."""

    CONNECTIONS_TOKEN = "connections:token"  # noqa: S105 # a name
    """Access tokens to Google: what a worker needs, and the only right of a client without a tenant."""
    CONNECTIONS_READ = "connections:read"
    CONNECTIONS_WRITE = "connections:write"
    TRIGGERS_WRITE = "triggers:write"
    AUDIT_READ = "audit:read"


MEANINGS = {
    Scope.CONNECTIONS_TOKEN: "access tokens of connections (workers)",
    Scope.CONNECTIONS_READ: "see connections and their progress",
    Scope.CONNECTIONS_WRITE: "make, change and delete connections",
    Scope.TRIGGERS_WRITE: "start, pause and resume work",
    Scope.AUDIT_READ: "read and export the audit log",
}


class ScopeError(ValueError):
    """These scopes cannot be given; the text says why."""


def checked(words: Sequence[str], tenant_id: str | None) -> list[str]:
    """Scopes in their own order, each once. Raises `ScopeError`."""
    known = [scope.value for scope in Scope]
    if unknown := sorted(set(words) - set(known)):
        raise ScopeError(f"no such scope: {', '.join(unknown)}; there are {', '.join(known)}")
    if not words:
        raise ScopeError(f"at least one scope is needed, of {', '.join(known)}")
    if tenant_id is None and set(words) != {Scope.CONNECTIONS_TOKEN.value}:
        raise ScopeError(f"a client without a tenant is a worker, whose only scope is {Scope.CONNECTIONS_TOKEN.value}")
    return [word for word in known if word in words]
