"""The envelope around what an integration learned about one resource.

In: a resource's encoded data. Out: the JSON value of a record, inline or with its data behind a claim check.
"""

from typing import Literal

import msgspec

__all__ = [
    "AFTER_DATA_BYTES",
    "SCHEMA_VERSION",
    "Envelope",
    "EnvelopeMetadata",
    "EnvelopeTemplate",
    "by_claim_check",
    "decode",
    "encode",
    "resource_key",
]

SCHEMA_VERSION = "1.0"
NULL = msgspec.Raw(b"null")


class EnvelopeMetadata(msgspec.Struct, frozen=True):
    """What a reader of a claim check verifies: the object's SHA-256 in hexadecimal, its size in bytes."""

    sha256: str | None = None
    size_bytes: int | msgspec.UnsetType = msgspec.UNSET


INLINE = EnvelopeMetadata()
_AFTER_DATA = b',"payload":null,"s3_url":null,"metadata":{"sha256":null}}'
AFTER_DATA_BYTES = len(_AFTER_DATA)
"""So long is what follows the data of an envelope that a template filled."""


class Envelope(msgspec.Struct, kw_only=True, gc=False):
    """One record. `data`, `payload` and `source` are JSON already; times are RFC 3339.

    `version` is None where the source gives none, as for a delete.
    """

    message_id: str
    schema_version: str = SCHEMA_VERSION
    integration_id: str
    integration_connection_id: str
    resource_type: str
    resource_id: str
    idempotency_key: str
    op: Literal["upsert", "delete"]
    version: int | None
    snapshot_id: str
    observed_at: str
    source: msgspec.Raw
    data: msgspec.Raw = NULL
    payload: msgspec.Raw = NULL
    s3_url: str | None = None
    metadata: EnvelopeMetadata = INLINE


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Envelope)


def encode(envelope: Envelope) -> bytes:
    """Return the envelope as JSON in UTF-8."""
    return _encoder.encode(envelope)


def decode(value: bytes) -> Envelope:
    """Return the envelope of a record's value. Raises `msgspec.ValidationError` for what is none."""
    return _decoder.decode(value)


class EnvelopeTemplate:
    """Envelopes with their data inline that differ in a few values only, at a fraction of what it costs to encode each.

    `shared` says what they have in common; what it says of the varying values is not heeded.
    """

    def __init__(self, shared: Envelope) -> None:
        kind, text = shared.resource_type, _encoder.encode
        self._key = resource_key(shared.integration_id, shared.integration_connection_id, kind, "")
        place = text(shared.integration_id), text(shared.integration_connection_id), text(kind)
        self._after_message_id = (
            b'","schema_version":%b,"integration_id":%b,"integration_connection_id":%b,"resource_type":%b,"resource_id":'
            % (text(shared.schema_version), *place)
        )
        self._before_key = b',"idempotency_key":' + text(self._key)[:-1]
        self._after_key = b',"op":%b,"version":' % text(shared.op)
        when = text(shared.snapshot_id), text(shared.observed_at)
        self._after_version = b',"snapshot_id":%b,"observed_at":%b,"source":' % when

    def key(self, resource_id: str) -> str:
        """Return the idempotency key that goes with the id."""
        return self._key + resource_id

    def fill(self, message_id: str, resource_id: str, version: int | None, source: bytes, data: bytes) -> bytes:
        """Return an envelope as `encode` would; `source` and `data` are JSON already."""
        quoted = _encoder.encode(resource_id)
        return b"".join(
            (
                b'{"message_id":"',
                message_id.encode(),
                self._after_message_id,
                quoted,
                self._before_key,
                quoted[1:],
                self._after_key,
                b"null" if version is None else b"%d" % version,
                self._after_version,
                source,
                b',"data":',
                data,
                _AFTER_DATA,
            )
        )


def by_claim_check(envelope: Envelope, *, url: str, sha256: str, size_bytes: int) -> Envelope:
    """Return the envelope with `data` and `payload` replaced by where they are stored and how to verify them."""
    return msgspec.structs.replace(
        envelope,
        data=NULL,
        payload=NULL,
        s3_url=url,
        metadata=EnvelopeMetadata(sha256=sha256, size_bytes=size_bytes),
    )


def resource_key(integration_id: str, connection_id: str, resource_type: str, resource_id: str) -> str:
    """Return the key by which a consumer upserts: it names the resource, never a version of it."""
    return f"{integration_id}:{connection_id}:{resource_type}:{resource_id}"
