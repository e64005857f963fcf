"""Envelopes from a template, against the encoder."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from clustera_toolkit.message import Envelope, EnvelopeTemplate, encode

texts = st.text(st.characters(exclude_categories=["Cs"]))
SOURCE, DATA = b'{"corpus":"user:me"}', b'{"id":"f"}'


def shared(text: str = "c") -> Envelope:
    return Envelope(
        message_id="",
        integration_id=text,
        integration_connection_id=text,
        resource_type=text,
        resource_id="",
        idempotency_key="",
        op="delete",
        version=None,
        snapshot_id=text,
        observed_at=text,
        source=msgspec.Raw(SOURCE),
    )


@given(text=texts, resource_id=texts, version=st.none() | st.integers(-(2**63), 2**63))
def test_a_template_gives_the_bytes_that_the_encoder_gives(text: str, resource_id: str, version: int | None) -> None:
    """Whatever stands in the texts, quotes and control characters included."""
    template = EnvelopeTemplate(shared(text))
    whole = replace(
        shared(text),
        message_id="m",
        resource_id=resource_id,
        idempotency_key=template.key(resource_id),
        version=version,
        data=msgspec.Raw(DATA),
    )
    assert template.fill("m", resource_id, version, SOURCE, DATA) == encode(whole)


def test_an_id_that_is_no_text_is_refused() -> None:
    """Half a surrogate pair cannot be written, and is told as the encoder tells it."""
    with pytest.raises(UnicodeEncodeError):
        EnvelopeTemplate(shared()).fill("m", "\ud800", None, SOURCE, DATA)
