"""What belongs to a user rather than to an item: stars, views, what was opened, drives hidden."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Marks:
    """One user's marks, by the ids of items and drives; times are epoch milliseconds.

    ``opened`` are the items reached by a link only that the user has looked at: they are in listings from then on.
    """

    stars: dict[str, bool] = field(default_factory=dict)
    viewed_ms: dict[str, int] = field(default_factory=dict)
    shared_ms: dict[str, int] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    hidden_drives: set[str] = field(default_factory=set)

    def copy(self) -> "Marks":
        """Return marks that can be changed apart from these."""
        return Marks(
            dict(self.stars), dict(self.viewed_ms), dict(self.shared_ms), set(self.opened), set(self.hidden_drives)
        )
