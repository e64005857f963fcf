"""Messages: what they are called, what they are wrapped in, when they are too large.

In: data of an integration. Out: values and headers for Kafka. Everything here is pure; clocks and randomness are
passed in.
"""

from clustera_toolkit.message.dead_letter import DeadLetter
from clustera_toolkit.message.envelope import (
    AFTER_DATA_BYTES,
    SCHEMA_VERSION,
    Envelope,
    EnvelopeMetadata,
    EnvelopeTemplate,
    by_claim_check,
    decode,
    encode,
    resource_key,
)
from clustera_toolkit.message.identity import message_id, message_ids
from clustera_toolkit.message.size import CLAIM_CHECK_THRESHOLD_BYTES, SizeGuard
from clustera_toolkit.message.timestamps import now_rfc3339, rfc3339
from clustera_toolkit.message.trace import Traceparent

__all__ = [
    "AFTER_DATA_BYTES",
    "CLAIM_CHECK_THRESHOLD_BYTES",
    "SCHEMA_VERSION",
    "DeadLetter",
    "Envelope",
    "EnvelopeMetadata",
    "EnvelopeTemplate",
    "SizeGuard",
    "Traceparent",
    "by_claim_check",
    "decode",
    "encode",
    "message_id",
    "message_ids",
    "now_rfc3339",
    "resource_key",
    "rfc3339",
]
