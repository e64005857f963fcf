"""The messages that go in and out, and the places they have.

Plain values; no librdkafka object leaves this package.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

client_log = logging.getLogger("clustera_toolkit.kafka.client")
"""Where librdkafka's own lines go, so that they are structured like all others."""

Headers = Sequence[tuple[str, bytes]]


class Position(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int


class InboundMessage(Struct, frozen=True):
    """A message as consumed. `key`, `value` and `headers` are the producer's bytes."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp_ms: int | None = None

    @property
    def position(self) -> Position:
        """Where it came from."""
        return Position(self.topic, self.partition)

    def header(self, name: str) -> bytes | None:
        """The last header of that name."""
        return next((value for key, value in reversed(self.headers) if key == name), None)


class OutboundMessage(Struct, gc=False):
    """A message to produce. Without a partition, murmur2 of the key decides; `value` None is a tombstone."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, str | bytes | None]] = []
    partition: int | None = None

    @property
    def size_bytes(self) -> int:
        """Key and value."""
        return len(self.key or b"") + len(self.value or b"")
