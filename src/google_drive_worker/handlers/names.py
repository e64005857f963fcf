"""What an inbound message is called and to which trace it belongs, whatever else is wrong with it.

In: a message. Out: ids for error records, and the trace context that what it leads to goes on with. Pure but for the
ids of new traces.
"""

import os
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.json import Decoder
from msgspec.structs import replace

from clustera_toolkit.kafka import InboundMessage
from clustera_toolkit.message import Traceparent
from google_drive_worker.schemas.trigger import NOT_JSON

Name = Annotated[str, Meta(max_length=255)]


class Names(Struct, frozen=True):
    """The sender's own ids; None for what is missing or of another shape."""

    message_id: Name | None = None
    trace_id: Name | None = None


_NAMES = Decoder(Names)


def names_of(message: InboundMessage) -> Names:
    """The ids in the message's fields; the trace of its header where it names none."""
    try:
        names = _NAMES.decode(message.value or b"")
    except NOT_JSON:
        names = Names()
    parent = _parent(message)
    return names if names.trace_id or parent is None else replace(names, trace_id=parent.trace_id)


def traceparent_of(message: InboundMessage) -> str:
    """Go on with the sender's trace, or start one."""
    parent = _parent(message)
    return str(parent.child(os.urandom) if parent else Traceparent.start(os.urandom))


def _parent(message: InboundMessage) -> Traceparent | None:
    return Traceparent.parse((message.header("traceparent") or b"").decode(errors="replace"))
