"""How far a connection is: what has only begun is not done."""

from typing import Any

import pytest
from tests.support.control_plane.context import EPOCH

from drive_control_plane.connections.progress import Stage, progress_of
from drive_control_plane.dashboard.reading import standing
from drive_control_plane.database.tables import Corpus


def _corpus(**values: Any) -> Corpus:
    counts = {"files": 0, "ranges_done": 0, "ranges_total": 0}
    return Corpus(connection_id="conn_1", corpus="user:me", opened_at=EPOCH, heard_at=EPOCH, **{**counts, **values})


@pytest.mark.parametrize(
    ("values", "stage", "percent", "words"),
    [
        ({}, Stage.LISTING, None, "being listed"),
        ({"ranges_done": 1, "ranges_total": 4}, Stage.LISTING, 25, "being listed, 1 of 4 parts"),
        ({"ranges_done": 4, "ranges_total": 4}, Stage.LISTED, None, "in step"),
        ({"complete": True}, Stage.LISTED, None, "in step"),
        ({"changes_at": EPOCH}, Stage.LISTED, None, "in step"),
        ({"complete": False}, Stage.LISTED, None, "listed, but not all could be read"),
        ({"complete": True, "held": 1234}, Stage.LISTED, None, "waits: 1,234 items would be removed"),
        ({"closed_at": EPOCH, "complete": True}, Stage.WAITING, None, "not followed any more"),
    ],
)
def test_a_corpus_stands(values: dict[str, Any], stage: Stage, percent: int | None, words: str) -> None:
    """In a word, and in percent where that is known."""
    corpus = _corpus(**values)
    progress = progress_of([corpus])
    assert (progress.stage, progress.percent, standing(corpus)) == (stage, percent, words)


def test_a_connection_is_as_far_as_its_corpora() -> None:
    """One that is still being listed keeps the whole from being listed; without any, nothing has begun."""
    assert progress_of([_corpus(complete=True), _corpus()]).stage is Stage.LISTING
    assert progress_of([]).stage is Stage.WAITING
