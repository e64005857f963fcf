"""Dead letters, read from messages and made into messages again."""

import pytest

from clustera_toolkit.dead_letters import LetterId, attempts_of, marked_by, read_letter
from clustera_toolkit.kafka import InboundMessage
from clustera_toolkit.message import DeadLetter

TOPIC = "integrations-inbound-trigger.dlq"
WHY = DeadLetter("not_json", "no JSON", "integrations-inbound-trigger", 7, 99, 2, "2026-01-01T00:00:00.000Z")


def a_message(*headers: tuple[str, bytes], value: bytes | None = b"broken") -> InboundMessage:
    return InboundMessage(TOPIC, 1, 17, b"conn_a", value, headers)


def test_a_letter_tells_what_failed_and_why() -> None:
    """Everything the headers say, and the place a user names it by."""
    letter = read_letter(a_message(*WHY.headers()))
    assert letter is not None
    assert (str(letter.id), letter.connection, letter.reason) == (f"{TOPIC}:1:17", "conn_a", "not_json")
    assert (letter.attempts, letter.source) == (2, "integrations-inbound-trigger:7:99")
    assert LetterId.parse(str(letter.id)) == letter.id


def test_a_message_sent_again_is_the_original_with_its_attempts() -> None:
    """The sender's headers stay; those about the failure and the detours go."""
    own, detour = ("traceparent", b"00-1"), ("clustera-hops", b"2")
    letter = read_letter(a_message(own, detour, *WHY.headers()))
    assert letter is not None
    again = letter.again(b"value")
    assert (again.topic, again.key, again.value) == ("integrations-inbound-trigger", b"conn_a", b"value")
    assert again.headers == [own, ("clustera-attempts", b"2")]


def test_a_mark_names_its_letter_and_is_none_itself() -> None:
    """It stands in the letter's partition, without a value."""
    letter = read_letter(a_message(*WHY.headers()))
    assert letter is not None
    mark = letter.mark()
    stored = InboundMessage(mark.topic, 1, 18, mark.key, mark.value, (("dlq.replayed", str(letter.id).encode()),))
    assert (mark.partition, mark.value, mark.headers) == (1, None, list(stored.headers))
    assert marked_by(stored) == letter.id
    assert read_letter(stored) is None


@pytest.mark.parametrize("text", ["", "topic", "topic:1", "topic:x:1", "topic:1:-1", ":1:1", "topic:1:²"])
def test_what_is_no_id_is_refused(text: str) -> None:
    """Ids come from users."""
    with pytest.raises(ValueError, match="no id of a dead letter"):
        LetterId.parse(text)


@pytest.mark.parametrize(("header", "attempts"), [(b"3", 3), (b"-1", 0), (b"many", 0), (b"9" * 30, 0), (b"\xff", 0)])
def test_attempts_are_read_with_care(header: bytes, attempts: int) -> None:
    """The header may come from anyone."""
    assert attempts_of(a_message(("clustera-attempts", header))) == attempts
    assert marked_by(a_message(("dlq.replayed", header))) is None


def test_a_letters_attempts_are_read_with_care() -> None:
    """More digits than a number may have, or none: it was tried once."""
    for odd in (b"9" * 5_000, b"", b"many"):
        letter = read_letter(a_message(("dlq.reason", b"empty"), ("dlq.attempts", odd)))
        assert letter is not None
        assert letter.attempts == 1
