"""Counts of jobs by what they do now."""

import pytest

from google_drive_worker.sync.job_table import JobKind, JobTable, Stage


def test_jobs_are_counted_by_stage_and_kind() -> None:
    """A job counts where it stands, for as long as it stands there, however that ends."""
    table = JobTable(lambda: 0.0)
    with table.standing("a", Stage.WAITING, JobKind.SCAN), table.standing("b", Stage.WAITING, JobKind.INCREMENT):
        assert (table.count(Stage.WAITING), table.count(Stage.RUNNING)) == (2, 0)
        assert table.count(Stage.WAITING, JobKind.SCAN) == 1
    with pytest.raises(KeyError), table.standing("a", Stage.RUNNING, JobKind.SCAN):
        raise KeyError
    assert [table.count(stage) for stage in Stage] == [0, 0, 0]


def test_the_oldest_waits_since_it_came() -> None:
    """The age of the job that came first, whichever kind it is; 0 when none waits."""
    now = [100.0]
    table = JobTable(lambda: now[0])
    assert table.oldest_seconds(Stage.WAITING) == 0.0
    with table.standing("a", Stage.WAITING, JobKind.SCAN):
        now[0] = 130.0
        with table.standing("b", Stage.WAITING, JobKind.INCREMENT), table.standing("c", Stage.RUNNING, JobKind.SCAN):
            now[0] = 160.0
            assert table.oldest_seconds(Stage.WAITING) == 60.0
            assert table.oldest_seconds(Stage.RUNNING) == 30.0
