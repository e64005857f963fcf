"""Moments of scenarios: RFC 3339 text, epoch milliseconds or a distance from now in, epoch milliseconds out."""

import re

from google_drive_emulator.scenario.format import Moment
from google_drive_emulator.world.timestamps import parse_rfc3339

_RELATIVE = re.compile(r"([+-])(\d{1,9})(s|m|h|d)")
_UNIT_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def moment_ms(moment: Moment, now_ms: int) -> int:
    """Return a moment in epoch milliseconds. Raises ``ValueError``, whose text says what a moment may look like."""
    if isinstance(moment, int):
        return moment
    if moment == "now":
        return now_ms
    relative = _RELATIVE.fullmatch(moment)
    if relative is not None:
        sign, number, unit = relative.groups()
        return now_ms + int(sign + number) * _UNIT_MS[unit]
    try:
        return parse_rfc3339(moment)
    except ValueError:
        problem = "must be RFC 3339 text, epoch milliseconds, now, or a distance from now such as -3d, +90m, +2h, -30s"
        raise ValueError(f"{problem}, not {moment!r}") from None
