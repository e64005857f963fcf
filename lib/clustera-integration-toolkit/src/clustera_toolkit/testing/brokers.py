"""What a test may ask of a broker, whichever broker it is.

In: topics wanted. Out: a bootstrap address; names that no other test uses.
"""

import secrets
from collections.abc import Mapping
from typing import Protocol

from clustera_toolkit.kafka import TopicSpec

__all__ = ["Broker", "unique_name"]


class Broker(Protocol):
    """A running broker without authentication, on this machine."""

    @property
    def name(self) -> str:
        """How test ids call it."""
        ...

    @property
    def bootstrap_servers(self) -> str:
        """Where clients connect: `host:port`."""
        ...

    @property
    def transactional(self) -> bool:
        """Whether an aborted transaction stays invisible to `read_committed` readers."""
        ...

    def create_topics(self, topics: Mapping[str, TopicSpec], /) -> None:
        """Make these topics and return once clients can see them."""
        ...

    def stop(self) -> None:
        """End the broker and forget what it held; a second call does nothing."""
        ...


def unique_name(prefix: str = "test") -> str:
    """Return a topic, group or transaction name that starts with `prefix` and that nobody else has."""
    return f"{prefix}-{secrets.token_hex(6)}"
