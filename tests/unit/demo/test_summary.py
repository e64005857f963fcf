"""How the demo's end is told."""

import json

import pytest

from drive_demo.drive import Difference
from drive_demo.options import Connected, Summary

DIFFERS = [Difference("item", "was never read, or was read and deleted")]


@pytest.mark.parametrize(
    ("own", "connected", "ok"),
    [([], [], True), (DIFFERS, [], False), ([], DIFFERS, False)],
    ids=["equal", "the demo's own differs", "what was connected differs"],
)
def test_every_connection_counts(own: list[Difference], connected: list[Difference], ok: bool) -> None:
    """The verdict is good when the copies of all connections equal the drive."""
    made = [Connected("conn_1", 5, connected)]
    summary = Summary({"files": 3, "folders": 1, "shortcuts": 1}, 2.0, {"drives": 0}, 7, 1, own, made)
    told = json.loads(summary.to_json())
    assert told["ok"] is ok
    assert (told["items"], told["items_per_second"], told["differences"]) == (5, 2, len(own))
    assert told["connected"] == [{"items": 5, "differences": len(connected)}]
