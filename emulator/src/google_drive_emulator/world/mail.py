"""What Drive writes to people: that something was shared with them, or is theirs now (facts A2)."""

import msgspec

KEPT_MAILS = 1000


class Mail(msgspec.Struct, frozen=True):
    """A notification of a new permission; ``message`` is what the one who shared added. ``time_ms`` is epoch time."""

    to: str
    sender: str
    item_id: str
    item_name: str
    role: str
    time_ms: int
    message: str | None = None
