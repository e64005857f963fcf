import pytest

from google_drive_worker.config import DriveSettings
from google_drive_worker.quota.limits import Limits, limits_of


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of this machine's takes part."""
    for name in DriveSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_without_settings_the_limits_are_googles() -> None:
    """By default a user has 325,000 units a minute and the project 1,000,000, without a limit a day."""
    assert limits_of(DriveSettings()) == Limits(user=325_000, project=1_000_000)


def test_projects_of_the_older_model_count_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the model of queries the defaults are its own, 12,000 a minute for both (facts D)."""
    monkeypatch.setenv("GDRIVE_QUOTA_MODEL", "queries")
    assert limits_of(DriveSettings()) == Limits(model="queries", user=12_000, project=12_000)


def test_every_limit_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set holds in either model; the replica's own limit keeps its name and is in units."""
    for name, value in {
        "GDRIVE_QUOTA_UNITS_PER_MINUTE_USER": "1000",
        "GDRIVE_QUOTA_UNITS_PER_MINUTE_PROJECT": "2000",
        "GDRIVE_QUOTA_UNITS_PER_DAY": "3000",
        "GDRIVE_API_RATE_LIMIT": "400",
    }.items():
        monkeypatch.setenv(name, value)
    assert limits_of(DriveSettings()) == Limits(user=1000, project=2000, day=3000, replica_units=400)
