"""Ports for servers that tests start.

In: an address of this machine. Out: ports that nobody uses now.
"""

import secrets
import socket

__all__ = ["free_port", "is_free"]

# Outgoing connections take theirs above: a port from here is still free when a killed server wants it back.
_LOWEST = 15_000
_HIGHEST = 30_000
_ATTEMPTS = 100


def free_port(host: str = "127.0.0.1") -> int:
    """Return a free port; raises `OSError` when none is found."""
    for _ in range(_ATTEMPTS):
        port = _LOWEST + secrets.randbelow(_HIGHEST - _LOWEST)
        if is_free(port, host):
            return port
    raise OSError(f"no free port found between {_LOWEST} and {_HIGHEST}")


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        # A closed connection's port waits for late packets; a server may listen there nevertheless.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
