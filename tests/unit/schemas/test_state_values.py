"""Stored state values: what is read back, what is refused."""

import json

import pytest

from google_drive_worker.schemas.state import (
    VERSION,
    Applied,
    ConnectionState,
    CorpusState,
    JobState,
    Parked,
    Phase,
    Range,
    UnreadableStateError,
    corpus_part,
    decode_part,
    encode_part,
    parse_key,
    state_key,
)

JOB_PART = JobState(
    config={"refresh_token": "gAAAAcipher", "page_size": 10},
    full_wanted=2,
    applied={"triggers/3": Applied("id", 3, 9)},
    parked=Parked("domain_policy", "ask the administrator", "2026-01-01T00:00:00.000Z"),
)
CORPUS_PART = CorpusState(
    "user:me", Phase.SCANNING, "000000000001", "5", "5", 1, ranges={"all": Range(page_token="t")}, counts={"file": 3}
)


@pytest.mark.parametrize("part", [JOB_PART, CORPUS_PART], ids=["job", "corpus"])
def test_a_part_is_read_back_as_written(part: JobState | CorpusState) -> None:
    """Encoding and decoding give the same part, of the same kind."""
    assert decode_part(encode_part(part)) == part


def test_fields_that_are_not_known_are_ignored() -> None:
    """A part written by a worker with more fields of the same format is read."""
    value = json.loads(encode_part(CORPUS_PART)) | {"later": {"more": 1}}
    assert decode_part(json.dumps(value).encode()) == CORPUS_PART


@pytest.mark.parametrize("part", [JOB_PART, CORPUS_PART], ids=["job", "corpus"])
def test_a_newer_format_is_refused(part: JobState | CorpusState) -> None:
    """A value of a newer format is not guessed at; the error names both formats and none of the value."""
    value = json.loads(encode_part(part)) | {"v": VERSION + 1}
    with pytest.raises(UnreadableStateError, match=f"format {VERSION + 1}.*reads {VERSION}") as raised:
        decode_part(json.dumps(value).encode())
    assert "cipher" not in str(raised.value)


@pytest.mark.parametrize(
    "value",
    [b"", b"{", b"[]", b"null", b'{"part":"job"}', b'{"part":"other"}', b'{"v":"1"}', b"\xff"],
    ids=repr,
)
def test_what_is_no_part_is_refused(value: bytes) -> None:
    """Anything else is unreadable: one error, whatever the bytes."""
    with pytest.raises(UnreadableStateError):
        decode_part(value)


@pytest.mark.parametrize("key", [b"", b"no-slash", b"\xff/job"], ids=repr)
def test_a_key_of_another_form_is_refused(key: bytes) -> None:
    """A key that no worker wrote is unreadable, not a crash."""
    with pytest.raises(UnreadableStateError):
        parse_key(key)


def test_keys_read_as_the_contract_has_them() -> None:
    """An ordinary connection's keys are its id, a slash and the part."""
    assert state_key("conn_abc123", "job") == b"conn_abc123/job"
    assert state_key("conn_abc123", corpus_part("user:me")) == b"conn_abc123/corpus:user:me"
    assert corpus_part("user:a/b@example.com") == "corpus:user:a%2Fb@example.com"


def test_parts_are_told_apart() -> None:
    """A state gives its job and its corpora by name, and None for what it has not."""
    state = ConnectionState("c").with_part("job", JOB_PART).with_part(corpus_part("user:me"), CORPUS_PART)
    assert (state.job, state.corpus("user:me"), state.corpora) == (JOB_PART, CORPUS_PART, [CORPUS_PART])
    assert state.corpus("drive:x") is None
    assert ConnectionState("c").job is None
