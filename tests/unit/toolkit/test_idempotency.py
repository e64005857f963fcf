"""The memory of what was seen lately."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustera_toolkit.idempotency import IdempotencyCache


def test_a_repeat_is_seen() -> None:
    """A key is new the first time and known the second."""
    cache = IdempotencyCache(2)
    assert not cache.seen("a")
    assert cache.seen("a")


def test_what_is_used_stays() -> None:
    """The key that was not used for longest gives way, not the one added first."""
    cache = IdempotencyCache(2)
    cache.add("a")
    cache.add("b")
    assert cache.seen("a")
    cache.add("c")
    assert "a" in cache
    assert "b" not in cache


def test_a_forgotten_key_is_new() -> None:
    """A discarded key may come again; discarding an unknown one does nothing."""
    cache = IdempotencyCache(2)
    cache.add("a")
    cache.discard("a")
    cache.discard("never")
    assert not cache.seen("a")


def test_a_cache_holds_something() -> None:
    """A cache of no entries is a mistake."""
    with pytest.raises(ValueError, match="at least 1"):
        IdempotencyCache(0)


@given(st.lists(st.sampled_from("abcdef")), st.integers(min_value=1, max_value=4))
def test_it_knows_the_last_distinct_keys(keys: list[str], size: int) -> None:
    """After any sequence it knows exactly the last `max_entries` distinct keys."""
    cache = IdempotencyCache(size)
    for key in keys:
        cache.add(key)
    latest = list(dict.fromkeys(reversed(keys)))[:size]
    assert len(cache) == len(latest)
    assert {key for key in "abcdef" if key in cache} == set(latest)
