"""Shared drives of scenarios: how they are written in, drives of the world with their members out."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import blake2b

from msgspec.structs import replace

from google_drive_emulator.scenario.format import DrivePart
from google_drive_emulator.scenario.grants import permissions
from google_drive_emulator.scenario.stage import Stage
from google_drive_emulator.world.items import DriveRestrictions, User


def add_drives(stage: Stage, drives: Sequence[DrivePart]) -> None:
    """Make the shared drives of a scenario. Raises ``ScenarioError``."""
    for number, part in enumerate(drives):
        place = f"$.drives[{number}]"
        with stage.doing(place):
            _add(stage, part, place)


def _add(stage: Stage, part: DrivePart, place: str) -> None:
    created_ms = stage.moment(part.created_time, stage.now_ms, f"{place}.createdTime")
    maker = _maker(stage, part)
    stage.go_to(created_ms)
    drive = stage.world.create_drive(
        part.name, by=maker, drive_id=part.id or _drive_id(part.key), created_ms=created_ms
    )
    stage.name(part.key, drive.id, place)
    root = stage.find(drive.id, place)
    for member in permissions(stage, part.members, root, f"{place}.members"):
        stage.world.share(drive.id, member, by=maker)
    if part.members and all(member.email_address != maker.email for member in part.members):
        stage.world.unshare(drive.id, maker.permission_id, by=maker)
    if part.restrictions != DriveRestrictions():
        stage.world.update_drive(replace(drive, restrictions=part.restrictions), by=maker)
    for index, email in enumerate(part.hidden_by):
        stage.world.marks(stage.user(email, f"{place}.hiddenBy[{index}]")).hidden_drives.add(drive.id)


def _maker(stage: Stage, part: DrivePart) -> User:
    organizers = (grant.email_address for grant in part.members if grant.role == "organizer")
    found = (stage.world.user(email) for email in organizers if email)
    return next((user for user in found if user is not None), stage.world.users[0])


def _drive_id(key: str) -> str:
    return "0A" + urlsafe_b64encode(blake2b(f"drive {key}".encode(), digest_size=9).digest()).decode()[:11] + "Uk9PVA"
