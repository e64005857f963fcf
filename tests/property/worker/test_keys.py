"""Keys and values of the state topic, for any connection id and any corpus."""

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from google_drive_worker.schemas.state import (
    JOB,
    Applied,
    CorpusState,
    JobState,
    Parked,
    Part,
    Phase,
    Range,
    corpus_part,
    decode_part,
    encode_part,
    parse_key,
    state_key,
)

SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SMALL = st.integers(0, 5)
NAMES = st.one_of(TEXT, st.sampled_from(["a/b", "/", "a//", "%2F", "ü/ß", "job", "corpus:x", "a b", "\x00"]))
JOBS = st.builds(
    JobState,
    config=st.dictionaries(TEXT, st.one_of(TEXT, SMALL, st.none(), st.lists(TEXT))),
    full_wanted=SMALL,
    incremental_wanted=SMALL,
    account_id=st.none() | TEXT,
    parked=st.none() | st.builds(Parked, TEXT, TEXT, TEXT),
    applied=st.dictionaries(TEXT, st.builds(Applied, TEXT, SMALL, SMALL)),
    channels=st.dictionaries(TEXT, SMALL),
)
CORPORA = st.builds(
    CorpusState,
    corpus=TEXT,
    phase=st.sampled_from(Phase),
    snapshot_id=TEXT,
    start_token=TEXT,
    cursor=TEXT,
    full_wanted=SMALL,
    ranges=st.dictionaries(TEXT, st.builds(Range, st.none() | TEXT, st.none() | TEXT, st.none() | TEXT, st.booleans())),
    counts=st.dictionaries(TEXT, SMALL),
    complete=st.booleans(),
)


@SETTINGS
@given(NAMES, NAMES)
def test_keys_round_trip(connection: str, corpus: str) -> None:
    """A key gives back the connection and the part it was made of, slashes and all scripts included."""
    for part in (JOB, corpus_part(corpus)):
        assert parse_key(state_key(connection, part)) == (connection, part)


@SETTINGS
@given(st.tuples(NAMES, NAMES), st.tuples(NAMES, NAMES))
def test_keys_are_distinct(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Two parts share a key only if they are the same part of the same connection."""
    keys = [state_key(connection, corpus_part(corpus)) for connection, corpus in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)


@SETTINGS
@given(JOBS | CORPORA)
def test_parts_round_trip(part: Part) -> None:
    """What is stored is what is read."""
    assert decode_part(encode_part(part)) == part
