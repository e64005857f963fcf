"""What a backfill is said to cost: the price of its calls, and the time that the tightest limit gives it."""

import pytest

from google_drive_worker.quota.forecast import forecast
from google_drive_worker.quota.limits import Limits

BOTH = ("revision", "comment")


@pytest.mark.parametrize(
    ("limits", "kinds", "cost", "minutes"),
    [
        (Limits(), BOTH, 6_500_000, 20),
        (Limits(), ("comment",), 3_250_000, 10),
        (Limits(project=100_000), BOTH, 6_500_000, 65),
        (Limits(replica_units=65_000), BOTH, 6_500_000, 100),
        (Limits(model="queries", user=12_000, project=13_000), BOTH, 65_000, 65_000 / 12_000),
        (Limits(model="queries", replica_units=65_000), BOTH, 65_000, 100),
        (Limits(day=3_000_000), BOTH, 6_500_000, 2 * 24 * 60),
        (Limits(day=7_000_000), BOTH, 6_500_000, 20),
    ],
)
def test_the_tightest_limit_says_how_long(limits: Limits, kinds: tuple[str, ...], cost: int, minutes: float) -> None:
    """A call a file and kind, in what the limits are counted in; a cap a day makes it wait for whole days."""
    told = forecast(32_500, kinds, limits)
    assert (told.cost, told.counted_in) == (cost, limits.model)
    assert told.minutes == pytest.approx(minutes)


@pytest.mark.parametrize(("files", "time"), [(10, "a minute"), (32_500, "20 minutes"), (1_000_000, "10.3 hours")])
def test_the_time_is_told_as_people_say_it(files: int, time: str) -> None:
    """Minutes, hours when they are many, and never less than one."""
    told = str(forecast(files, BOTH, Limits()))
    assert told == (
        f"reading the revisions and comments of {files:,} files costs about {200 * files:,} quota units: "
        f"about {time} at the quota"
    )
