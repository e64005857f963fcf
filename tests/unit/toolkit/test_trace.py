"""W3C trace contexts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustera_toolkit.message import Traceparent

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


def counting(size: int) -> bytes:
    return bytes(range(1, size + 1))


def test_a_header_is_read_and_written_alike() -> None:
    """A version 00 header survives parsing and writing."""
    header = f"00-{TRACE}-{PARENT}-01"
    assert str(Traceparent.parse(header)) == header


def test_a_child_stays_in_the_trace() -> None:
    """A child keeps the trace and the decision to sample, and has an id of its own."""
    child = Traceparent(TRACE, PARENT, sampled=False).child(counting)
    assert str(child) == f"00-{TRACE}-0102030405060708-00"


def test_a_new_trace_has_two_ids() -> None:
    """A trace begins with ids from the randomness passed in."""
    assert Traceparent.start(counting).trace_id == counting(16).hex()


def test_ids_are_never_zero() -> None:
    """An all-zero id means "none", so randomness that gives one is bent."""
    start = Traceparent.start(bytes)
    assert Traceparent.parse(str(start)) == start


@pytest.mark.parametrize(
    "header",
    [
        "",
        f"00-{TRACE}-{PARENT}",
        f"00-{TRACE}-{PARENT}-01-more",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{PARENT}-01\n",
    ],
)
def test_a_bad_header_is_ignored(header: str) -> None:
    """A header that the standard calls invalid starts nothing and breaks nothing."""
    assert Traceparent.parse(header) is None


def test_a_later_version_is_read_as_far_as_known() -> None:
    """A later version's first fields keep their meaning; what is written is version 00."""
    assert str(Traceparent.parse(f"01-{TRACE}-{PARENT}-03-more")) == f"00-{TRACE}-{PARENT}-01"


@given(st.text())
def test_no_header_breaks_the_parser(header: str) -> None:
    """Whatever a header holds, parsing gives a context or None."""
    assert isinstance(Traceparent.parse(header), Traceparent | None)
