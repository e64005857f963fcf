"""All that a world is at one moment, so that it can be kept and returned to."""

from collections import deque
from dataclasses import dataclass, field

from google_drive_emulator.world.accounts import Accounts
from google_drive_emulator.world.activity import ActivityLog
from google_drive_emulator.world.changelog import ChangeLog
from google_drive_emulator.world.comments import Comments
from google_drive_emulator.world.holdings import Holdings
from google_drive_emulator.world.inheritance import Inheritance
from google_drive_emulator.world.items import Drive, Item
from google_drive_emulator.world.mail import KEPT_MAILS, Mail
from google_drive_emulator.world.marks import Marks
from google_drive_emulator.world.revisions import Revisions


@dataclass(slots=True)
class Present:
    """The state of a world.

    ``ids`` counts the ids made; ``roots`` are the root folders by id, ``my_drives`` their ids by the owner's address.
    ``logs`` are by address of a user or id of a shared drive; ``shared_folders`` are folders that hold what others own.
    ``expiries`` is a heap of when grants end, each with its item and its own id; what ended or went before stays in it.
    ``drive_requests`` names the shared drives that were made for a user's request ids.
    """

    accounts: Accounts
    holdings: Holdings
    change_id: int
    generation: int = 0
    ids: int = 0
    roots: dict[str, Item] = field(default_factory=dict)
    my_drives: dict[str, str] = field(default_factory=dict)
    drives: dict[str, Drive] = field(default_factory=dict)
    logs: dict[str, ChangeLog] = field(default_factory=dict)
    marks: dict[str, Marks] = field(default_factory=dict)
    marks_epoch: int = 0
    shared_folders: set[str] = field(default_factory=set)
    expiries: list[tuple[int, str, str]] = field(default_factory=list)
    drive_requests: dict[tuple[str, str], str] = field(default_factory=dict)
    mails: deque[Mail] = field(default_factory=lambda: deque(maxlen=KEPT_MAILS))
    revisions: Revisions = field(default_factory=Revisions)
    comments: Comments = field(default_factory=Comments)
    activity: ActivityLog = field(default_factory=ActivityLog)
    inheritance: Inheritance = field(init=False)

    def __post_init__(self) -> None:
        self.inheritance = Inheritance(self.folder)

    def folder(self, item_id: str) -> Item | None:
        """Return an item or root folder as stored."""
        return self.holdings.get(item_id) or self.roots.get(item_id)

    def copy(self, generation: int) -> "Present":
        """Return a state that can be changed apart from this one."""
        copied = Present(
            accounts=self.accounts.copy(),
            holdings=self.holdings.copy(),
            change_id=self.change_id,
            generation=generation,
            ids=self.ids,
            roots=dict(self.roots),
            my_drives=dict(self.my_drives),
            drives=dict(self.drives),
            logs={key: log.copy() for key, log in self.logs.items()},
            marks={email: marks.copy() for email, marks in self.marks.items()},
            shared_folders=set(self.shared_folders),
            expiries=list(self.expiries),
            drive_requests=dict(self.drive_requests),
            mails=self.mails.copy(),
            revisions=self.revisions.copy(),
            comments=self.comments.copy(),
            activity=self.activity.copy(),
        )
        copied.inheritance = self.inheritance.copy(copied.folder, 0)
        return copied

    @property
    def epoch(self) -> int:
        """Return a number that moves whenever items may look different without a new version."""
        parts = self.inheritance.epoch + self.accounts.epoch + self.marks_epoch
        return (self.generation << 40) + parts
