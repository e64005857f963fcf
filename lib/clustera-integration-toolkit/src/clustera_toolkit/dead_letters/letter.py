"""A dead letter as stored: a message of a `.dlq` topic in, what failed, why and when out. Pure.

A letter that was sent again is not deleted, since topics only grow: a *mark* behind it, without a value, names it.
"""

import re
from dataclasses import dataclass

from clustera_toolkit.kafka import InboundMessage, OutboundMessage, Position

ATTEMPTS = "clustera-attempts"
"""How often a message was tried before it was sent again."""
REPLAYED = "dlq.replayed"
"""The header of a mark: the place of the letter that was sent again."""
STORED_AT, SHA256 = "dlq.s3_url", "dlq.sha256"
_PREFIX = "dlq."
_MAX_ATTEMPTS_DIGITS = 6
_ID = re.compile(r"(.+):([0-9]{1,9}):([0-9]{1,18})")


@dataclass(frozen=True, slots=True, order=True)
class LetterId:
    """Where a letter stands; its text is what a user types."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}:{self.partition}:{self.offset}"

    @classmethod
    def parse(cls, text: str) -> "LetterId":
        """Read what `str` writes. Raises `ValueError`."""
        match = _ID.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is no id of a dead letter")
        return cls(match[1], int(match[2]), int(match[3]))

    @property
    def position(self) -> Position:
        """Its partition."""
        return Position(self.topic, self.partition)


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter. `stored_at` and `sha256` say where a value is that was too large for a message."""

    id: LetterId
    message: InboundMessage
    reason: str
    detail: str
    source: str
    attempts: int
    failed_at: str
    stored_at: str | None = None
    sha256: str | None = None
    replayed: bool = False
    replayed_at_ms: int | None = None
    """When it was last sent again, in milliseconds since 1970, where that is known."""

    @property
    def connection(self) -> str | None:
        """The connection it is about, by its key."""
        key = self.message.key
        return None if key is None else key.decode(errors="replace")

    def again(self, value: bytes | None) -> OutboundMessage:
        """The message as it was first sent, with the attempts it has behind it; `value` is the original one."""
        headers = [(name, content) for name, content in self.message.headers if not _is_ours(name)]
        headers.append((ATTEMPTS, str(self.attempts).encode()))
        return OutboundMessage(self.inbound_topic, self.message.key, value, [*headers])

    def mark(self) -> OutboundMessage:
        """The mark that says it was sent again; same key and partition, so it stands behind the letter."""
        name = (REPLAYED, str(self.id).encode())
        return OutboundMessage(self.id.topic, self.message.key, None, [name], self.id.partition)

    @property
    def inbound_topic(self) -> str:
        """The topic it was first sent to."""
        return self.id.topic.removesuffix(".dlq")


def _is_ours(header: str) -> bool:
    return header.startswith(_PREFIX) or header in {ATTEMPTS, "clustera-hops", "clustera-origin-topic"}


def attempts_of(message: InboundMessage) -> int:
    """How often a message has failed before, by its header; what is no number counts as never."""
    return _count(message.header(ATTEMPTS), 0)


def _count(header: bytes | None, otherwise: int) -> int:
    """What a header counts; anybody may have written it."""
    text = (header or b"").decode(errors="replace")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_ATTEMPTS_DIGITS else otherwise


def read_letter(message: InboundMessage) -> Letter | None:
    """The letter that a message of a `.dlq` topic is; None for a mark, and for what is no letter of ours."""
    if message.header("dlq.reason") is None:
        return None

    def text(name: str) -> str:
        return (message.header(name) or b"").decode(errors="replace")

    return Letter(
        LetterId(message.topic, message.partition, message.offset),
        message,
        reason=text("dlq.reason"),
        detail=text("dlq.detail"),
        source=f"{text('dlq.topic')}:{text('dlq.partition')}:{text('dlq.offset')}",
        attempts=_count(message.header("dlq.attempts"), 1),
        failed_at=text("dlq.first_failed_at"),
        stored_at=text(STORED_AT) or None,
        sha256=text(SHA256) or None,
    )


def marked_by(message: InboundMessage) -> LetterId | None:
    """The letter that a mark names; None for what is no mark."""
    header = message.header(REPLAYED)
    if header is None:
        return None
    try:
        return LetterId.parse(header.decode())
    except ValueError:
        return None
