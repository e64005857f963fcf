"""Identities, sizes, times and envelopes of messages."""

import msgspec
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from clustera_toolkit.message import (
    DeadLetter,
    Envelope,
    SizeGuard,
    by_claim_check,
    encode,
    message_id,
    message_ids,
    now_rfc3339,
    resource_key,
    rfc3339,
)

PARTS = st.lists(st.binary(max_size=8), max_size=5)


@given(PARTS, PARTS)
def test_ids_differ_where_parts_differ(one: list[bytes], other: list[bytes]) -> None:
    """Two lists of parts share an id only when they are equal, however their bytes join."""
    assert (message_id(*one) == message_id(*other)) == (one == other)


def test_an_id_never_changes() -> None:
    """An id is the same in every run: 32 hexadecimal characters of XXH3 over lengths and parts."""
    framed = b"".join(number.to_bytes(8, "big") for number in (2, 2, 1)) + b"ab" + b"c"
    assert message_id("ab", b"c") == xxhash.xxh3_128_hexdigest(framed)
    assert len(message_id("ab", b"c")) == 32


@given(st.binary(), st.binary(), st.binary(), st.lists(st.binary(), max_size=3))
def test_ids_of_one_place_are_the_same_ids(key: bytes, op: bytes, data: bytes, place: list[bytes]) -> None:
    """Making many ids at one place is quicker, and gives no others."""
    assert message_ids(*place)(key, op, data) == message_id(key, op, *place, data)


@given(st.text(st.characters(categories=["Cs", "L"])))
def test_any_text_has_an_id(text: str) -> None:
    """Text that JSON can carry but UTF-8 cannot, lone surrogates, has an id too."""
    assert len(message_id(text)) == 32


def test_the_threshold_itself_is_inline() -> None:
    """A value goes by claim check above the threshold, not at it."""
    guard = SizeGuard(4)
    assert not guard.exceeds(b"1234")
    assert guard.exceeds(b"12345")


def test_the_default_threshold_is_256_kib() -> None:
    """Nobody has to say the platform's threshold."""
    assert SizeGuard().threshold_bytes == 262_144


def test_a_threshold_is_positive() -> None:
    """A threshold that would send everything away is a mistake."""
    with pytest.raises(ValueError, match="at least 1"):
        SizeGuard(0)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1_767_225_600.9996, "2026-01-01T00:00:00.999Z"),
    ],
)
def test_times_are_cut_to_milliseconds(seconds: float, text: str) -> None:
    """A time is RFC 3339 in UTC with three digits, never rounded into the future."""
    assert rfc3339(seconds) == text


def test_now_is_the_clocks() -> None:
    """The time comes from the clock that is passed in."""
    assert now_rfc3339(lambda: 1.5) == "1970-01-01T00:00:01.500Z"


def envelope() -> Envelope:
    return Envelope(
        message_id="m",
        integration_id="drive",
        integration_connection_id="c",
        resource_type="file",
        resource_id="f",
        idempotency_key=resource_key("drive", "c", "file", "f"),
        op="upsert",
        version=3,
        snapshot_id="000000000007",
        observed_at=rfc3339(0),
        source=msgspec.Raw(b'{"corpus":"user:me"}'),
        data=msgspec.Raw(b'{"id":"f"}'),
    )


def test_an_inline_envelope_embeds_its_data() -> None:
    """Encoded data stands in the envelope as JSON, not as text."""
    value = msgspec.json.decode(encode(envelope()))
    assert value["data"] == {"id": "f"}
    assert value["payload"] is None
    assert value["s3_url"] is None
    assert value["idempotency_key"] == "drive:c:file:f"


def test_a_claim_check_replaces_the_data() -> None:
    """Behind a claim check the data is null, and the reader has what it needs to fetch and verify it."""
    checked = by_claim_check(envelope(), url="s3://b/sha256/ab/cd", sha256="abcd", size_bytes=9)
    value = msgspec.json.decode(encode(checked))
    assert value["data"] is None
    assert value["s3_url"] == "s3://b/sha256/ab/cd"
    assert value["metadata"] == {"sha256": "abcd", "size_bytes": 9}
    assert value["message_id"] == "m"


def test_a_dead_letter_says_where_and_why() -> None:
    """The headers name the place and the reason; a long detail is cut."""
    letter = DeadLetter("malformed", "x" * 5000, "triggers", 3, 42, 2, rfc3339(0))
    headers = dict(letter.headers())
    assert headers["dlq.reason"] == b"malformed"
    assert (headers["dlq.topic"], headers["dlq.partition"], headers["dlq.offset"]) == (b"triggers", b"3", b"42")
    assert len(headers["dlq.detail"]) == 1000
