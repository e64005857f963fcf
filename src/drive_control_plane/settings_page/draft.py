"""What the form says: a connection or a sent form in; settings and a schedule out, or sentences on what is wrong.

Pure. A form that was sent with mistakes is shown again as it was sent.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, get_args

from pydantic import TypeAdapter, ValidationError

from drive_control_plane.connections.routes import Name
from drive_control_plane.connections.service import Changes
from drive_control_plane.connections.settings import ConnectionSettings, Corpora, DriveId, Resource
from drive_control_plane.database.tables import Connection
from drive_control_plane.scheduler.schedule import Schedule, ScheduleError, parse_schedule
from drive_control_plane.security.secrets import hash_of

MOST_CHOSEN: Final = 400
"""Folders, and shared drives, that this form can carry; the API takes more."""
OPTIONAL: Final = ("permission", "permission_record", "revision", "comment")
"""Resources that one may leave out: files always come."""
HISTORY: Final = ("revision", "comment")
"""Resources whose past costs a call a file; that of the others comes with the snapshot."""
_ALWAYS: Final = ("file", "permission")
_NAME: Final = TypeAdapter[str](Name)
_ID: Final = TypeAdapter[str](DriveId)
_LINK: Final = re.compile(r"/folders/([A-Za-z0-9_-]+)|[?&]id=([A-Za-z0-9_-]+)")
_MY_DRIVE_LINK: Final = re.compile(r"^https://drive\.google\.com/(?:drive/(?:u/\d+/)?)?my-drive\b")
_MINUTES_MOST: Final = 30 * 24 * 60


class FormFields(Protocol):
    """A form as it was sent."""

    def get(self, key: str, default: str) -> Any:
        """A field's last value."""
        ...

    def getlist(self, key: str) -> Sequence[Any]:
        """All values of a field."""
        ...


class DraftError(ValueError):
    """What is wrong with a form, a sentence each."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, slots=True)
class Draft:
    """The form's fields, as text where people type."""

    name: str
    reach: str
    """`all`, or `chosen`: only the folders."""
    folders: tuple[str, ...]
    user: str
    drives_reach: str
    drives: tuple[str, ...]
    resources: tuple[str, ...]
    history: tuple[str, ...]
    schedule: str
    minutes: str
    expression: str
    timezone: str
    link: str = ""
    """Of a folder, pasted and not yet among the chosen ones."""
    seen: str = ""
    """The stamp of the settings that the form was made of."""
    read: str = ""
    """The mark of the losses that somebody has read."""

    def without(self, folder_id: str) -> "Draft":
        """With a folder fewer."""
        return replace(self, folders=tuple(each for each in self.folders if each != folder_id))

    def with_link(self) -> "Draft":
        """With the folder that was pasted. Raises `DraftError`."""
        if not self.link:
            return self
        found = folder_of(self.link)
        return replace(self, folders=tuple(dict.fromkeys([*self.folders, found])), reach="chosen", link="")


def draft_of(connection: Connection) -> Draft:
    """A connection's settings as the form shows them."""
    settings = ConnectionSettings.model_validate(connection.settings)
    schedule, drives = connection.schedule, settings.corpora.drives
    return Draft(
        name=connection.name,
        reach="chosen" if settings.selected_folders else "all",
        folders=tuple(settings.selected_folders),
        user=settings.corpora.user,
        drives_reach=drives if isinstance(drives, str) else "chosen",
        drives=() if isinstance(drives, str) else tuple(drives),
        resources=tuple(each for each in OPTIONAL if each in settings.resources),
        history=tuple(each for each in HISTORY if each in settings.backfill),
        schedule=str(schedule.get("kind", "adaptive")),
        minutes=f"{schedule.get('seconds', 900) / 60:g}",
        expression=str(schedule.get("expression", "")),
        timezone=str(schedule.get("timezone", "UTC")),
    )


def stamp_of(connection: Connection) -> str:
    """Tells whether what the form changes is as it was."""
    return hash_of(json.dumps([connection.name, connection.settings, connection.schedule], sort_keys=True))


def draft_from(form: FormFields) -> Draft:
    """A form as it was sent."""

    def text(name: str) -> str:
        return str(form.get(name, "")).strip()

    def texts(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(str(each) for each in form.getlist(name)))

    return Draft(
        name=text("name"),
        reach=text("reach"),
        folders=texts("folder"),
        user=text("user"),
        drives_reach=text("drives"),
        drives=texts("drive"),
        resources=texts("resource"),
        history=texts("history"),
        schedule=text("schedule"),
        minutes=text("minutes"),
        expression=text("expression"),
        timezone=text("timezone") or "UTC",
        link=text("link"),
        seen=text("seen"),
        read=text("read"),
    )


def folder_of(link: str) -> str:
    """A folder's id out of its address, or the id itself. Raises `DraftError`."""
    if _MY_DRIVE_LINK.match(link):
        return "root"
    found = _LINK.search(link)
    folder_id = link if found is None else found[1] or found[2]
    try:
        return _ID.validate_python(folder_id)
    except ValidationError:
        raise DraftError(
            f"“{link[:100]}” is no link of a folder: open the folder in Google Drive and copy the browser's address."
        ) from None


def changes_of(draft: Draft, page_size: int | None) -> Changes:
    """What is to be, with the page size as it was. Raises `DraftError` with all that is wrong."""
    wrong: list[str] = []
    parts: list[Any] = []
    for part in (_name, lambda asked: _settings(asked, page_size), _schedule):
        try:
            parts.append(part(draft))
        except DraftError as error:
            wrong.extend(error.sentences)
    if wrong:
        raise DraftError(*wrong)
    return Changes(*parts)


def _name(draft: Draft) -> str:
    try:
        return _NAME.validate_python(draft.name)
    except ValidationError:
        raise DraftError("The name needs 1 to 200 characters.") from None


def _settings(draft: Draft, page_size: int | None) -> ConnectionSettings:
    folders = draft.folders if draft.reach == "chosen" else ()
    drives = list(draft.drives) if draft.drives_reach == "chosen" else draft.drives_reach
    _check_choices(draft)
    try:
        return ConnectionSettings(
            corpora=Corpora.model_validate({"user": draft.user, "drives": drives}),
            selected_folders=list(folders),
            resources=_resources(draft.resources),
            backfill=_resources((*_ALWAYS, *draft.history)),
            page_size=page_size,
        )
    except ValidationError:
        raise DraftError("The form holds a choice that there is not. Load the page again.") from None


def _check_choices(draft: Draft) -> None:
    wrong = []
    if draft.reach == "chosen" and not draft.folders:
        wrong.append("Choose at least one folder, or follow everything.")
    if draft.drives_reach == "chosen" and not draft.drives:
        wrong.append("Choose at least one shared drive, or follow none.")
    if draft.user == draft.drives_reach == "none":
        wrong.append(
            "Neither the person's own files nor shared drives would be followed. Pause the connection instead."
        )
    if max(len(draft.folders), len(draft.drives)) > MOST_CHOSEN:
        wrong.append(f"This page takes {MOST_CHOSEN} folders and as many shared drives; the API takes more.")
    if wrong:
        raise DraftError(*wrong)


def _resources(chosen: Sequence[str]) -> list[Resource]:
    """In the order of their own, files always among them."""
    wanted = {"file", *chosen}
    return [each for each in get_args(Resource) if each in wanted]


def _schedule(draft: Draft) -> Schedule:
    fields: dict[str, Any] = {"kind": draft.schedule}
    if draft.schedule == "interval":
        fields["seconds"] = _seconds(draft.minutes)
    elif draft.schedule == "cron":
        fields |= {"expression": draft.expression, "timezone": draft.timezone}
    try:
        return parse_schedule(fields)
    except ScheduleError as error:
        raise DraftError(f"The schedule cannot be followed: {error}.") from None


def _seconds(minutes: str) -> int:
    try:
        value = float(minutes)
    except ValueError:
        value = 0.0
    if not 1 <= value <= _MINUTES_MOST:  # false for what is no number
        raise DraftError("The minutes between two runs are a number from 1 to 43200 (30 days).")
    return round(value * 60)
