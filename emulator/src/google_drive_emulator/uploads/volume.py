"""How much each user uploaded today: uploads in, Google's refusal of too much out (facts A11, C2)."""

from google_drive_emulator.world.items import User
from google_drive_emulator.world.timestamps import Clock
from google_drive_emulator.writing.refusals import too_much_today

_DAY_MS = 86_400_000


class DailyVolume:
    """The bytes that each user uploaded since the last midnight, UTC."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self._day = self._clock() // _DAY_MS
        self._bytes: dict[str, int] = {}

    def check(self, user: User, size: int, limit: int) -> None:
        """Refuse an upload that is too much. Raises ``DriveError`` (403)."""
        if self._clock() // _DAY_MS != self._day:
            self.clear()
        if self._bytes.get(user.email, 0) + size > limit:
            raise too_much_today()

    def add(self, user: User, size: int) -> None:
        """Count an upload."""
        self._bytes[user.email] = self._bytes.get(user.email, 0) + size
