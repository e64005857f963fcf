"""What may be spent. In: settings. Out: `Limits`."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from google_drive_worker.config import (
    UNITS_PER_MINUTE_PROJECT,
    UNITS_PER_MINUTE_USER,
    DriveSettings,
    QuotaModel,
)

LimitName: TypeAlias = Literal["user", "project", "day", "replica"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits a minute of one user and of the project, in units or in queries (facts D).

    `day` is the project's a day, in the same; `replica_units` is this process's own a minute, always in units.
    """

    model: QuotaModel = "units"
    user: int = UNITS_PER_MINUTE_USER
    project: int = UNITS_PER_MINUTE_PROJECT
    day: int | None = None
    replica_units: int | None = None

    def price(self, units: int) -> int:
        """Give what a call of so many units costs in this model."""
        return units if self.model == "units" else 1


def limits_of(settings: DriveSettings) -> Limits:
    """Read the limits from the settings."""
    return Limits(
        model=settings.gdrive_quota_model,
        user=settings.quota_per_minute_user,
        project=settings.quota_per_minute_project,
        day=settings.gdrive_quota_units_per_day,
        replica_units=settings.gdrive_api_rate_limit,
    )
