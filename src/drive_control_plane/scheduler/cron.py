"""Lines of cron, by the clocks of a time zone.

In: five fields (minute, hour, day of month, month, day of week), a zone's name. Out: the moments they mean, in UTC.
Where clocks change it goes as with Debian's cron: what falls into the hour that is left out happens right after it,
what falls into the hour that comes twice happens once; lines with a star for minute or hour just go on.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

FIELDS = 5
_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


class CronError(ValueError):
    """A line or a zone that cannot be used; the text says why."""


def zone_of(name: str) -> ZoneInfo:
    """The zone of a name. Raises `CronError`."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # unknown; an absolute path; the name of a folder of zones
        raise CronError("is no time zone; names are such as Europe/Berlin, America/New_York or UTC") from None


def check_cron(expression: str) -> None:
    """See that a line can be read and comes true some day. Raises `CronError`."""
    if len(expression.split()) != FIELDS:
        raise CronError("needs five fields: minute, hour, day of month, month, day of week")
    try:
        fire = next_fire(expression, _ANY_DAY, ZoneInfo("UTC"))
    except CronSimError as error:
        raise CronError(f"cannot be read: {str(error).lower()}") from None
    if fire is None:
        raise CronError("never comes true")


def next_fire(expression: str, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The first moment after another that a line means, in UTC; None if there is none within fifty years."""
    for fire in CronSim(expression, after.astimezone(zone)):
        moment = fire.astimezone(UTC)
        # In the hour that comes twice, the first hour's moments are over during the second.
        if moment > after:
            return moment
    return None
