"""The envelope around what an integration learned about one resource.

In: a resource's encoded data. Out: the JSON value of a record, inline or with its data behind a claim check.
"""

from typing import Literal

import msgspec

__all__ = ["SCHEMA_VERSION", "Envelope", "EnvelopeMetadata", "by_claim_check", "decode", "encode", "resource_key"]

SCHEMA_VERSION = "1.0"
NULL = msgspec.Raw(b"null")


class EnvelopeMetadata(msgspec.Struct, frozen=True):
    """What a reader of a claim check verifies: the object's SHA-256 in hexadecimal, its size in bytes."""

    sha256: str | None = None
    size_bytes: int | msgspec.UnsetType = msgspec.UNSET


INLINE = EnvelopeMetadata()


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
