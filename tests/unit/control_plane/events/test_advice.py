"""Every code that the worker may tell of comes with what to do."""

import re
from pathlib import Path

import pytest

from drive_control_plane.events import advice

REFERENCE = Path("docs/reference/errors.md")
CODES = re.findall(r"^\| `(\w+)` \| ([\w ]+) \|", REFERENCE.read_text(), re.MULTILINE)
STOPPING = {code for code, kind in CODES if kind == "connection"}


def test_the_reference_has_codes() -> None:
    """The list that the other tests go by is not empty, and is that of codes."""
    assert {"rate_limited", "not_found", "account_changed"} <= {code for code, _ in CODES}


@pytest.mark.parametrize("code", [code for code, _ in CODES])
def test_each_code_has_advice(code: str) -> None:
    """None is answered as if it were not known."""
    assert advice.about(code) != advice.about("no_such_code")


@pytest.mark.parametrize("code", sorted(STOPPING))
def test_what_stops_a_connection_says_how_to_go_on(code: str) -> None:
    """A code that parks a connection is told as one that waits for somebody."""
    assert advice.when_stopped(code) == advice.about(code)


def test_codes_of_a_newer_worker_are_no_mystery() -> None:
    """A code that is not known leads to the log."""
    assert "log" in advice.about("no_such_code")
    assert advice.when_stopped("no_such_code") is None
