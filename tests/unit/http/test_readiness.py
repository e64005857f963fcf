"""When a worker is ready, part by part."""

from dataclasses import replace

import pytest

from google_drive_worker.http.health import Check
from google_drive_worker.http.readiness import HEARTBEAT_SECONDS, Standing, readiness

READY = Standing(
    stopping=False, partitions=3, restored=True, heartbeat_age_seconds=0.5, kafka=Check(ok=True, detail="reachable")
)


def test_a_worker_with_all_its_parts_is_ready() -> None:
    """It says how much it owns; a spare owns nothing and is ready too."""
    assert readiness(READY) == Check(ok=True, detail="owns 3 partitions")
    assert readiness(replace(READY, partitions=0)).ok


@pytest.mark.parametrize(
    ("standing", "part", "why"),
    [
        (replace(READY, restored=False, partitions=0), "assignment", "no partitions yet"),
        (replace(READY, restored=False), "restore", "3 partitions assigned"),
        (replace(READY, heartbeat_age_seconds=HEARTBEAT_SECONDS + 1), "committer", "last seen 31 s ago"),
        (replace(READY, lost_track=True), "committer", "lost track of a transaction"),
        (replace(READY, kafka=Check(ok=False, detail="no broker answers")), "kafka", "no broker answers"),
        (replace(READY, stopping=True), "process", "stopping"),
    ],
)
def test_one_part_that_is_missing_is_named(standing: Standing, part: str, why: str) -> None:
    """Not ready, with the part for programs and the reason for people."""
    check = readiness(standing)
    assert (check.ok, check.failed) == (False, (part,))
    assert why in check.detail


def test_all_that_is_missing_is_named_at_once() -> None:
    """Who looks at the probe sees every reason, not the first one."""
    check = readiness(replace(READY, restored=False, kafka=Check(ok=False, detail="away")))
    assert check.failed == ("restore", "kafka")
