"""Accounts of scenarios: users and groups as they are written in, accounts of the world out."""

from collections.abc import Sequence

from google_drive_emulator.scenario.format import Account, GroupPart
from google_drive_emulator.scenario.stage import ScenarioError, Stage
from google_drive_emulator.world.accounts import grantee_number
from google_drive_emulator.world.items import Group, User

NOBODY = Account("user@example.com", "User")
"""Who there is when a scenario names no users and has no base."""


def make_user(account: Account) -> User:
    """Return the user that an account is."""
    return User(account.email, account.name or _name(account.email), grantee_number(account.email))


def add_users(stage: Stage, accounts: Sequence[Account]) -> None:
    """Add the users of a scenario; those that the base has may be named to say more of them."""
    for number, account in enumerate(accounts):
        place = f"$.users[{number}]"
        if "@" not in account.email:
            raise ScenarioError(f"{place}.email", f"{account.email!r} is not an address")
        known = stage.world.user(account.email)
        if known is None:
            stage.world.add_user(make_user(account))
        elif account.name not in {None, known.display_name}:
            raise ScenarioError(f"{place}.name", f"{account.email} is already there, as {known.display_name!r}")
    admins = frozenset(account.email for account in accounts if account.admin)
    stage.world.accounts.admins = admins or stage.world.accounts.admins


def add_groups(stage: Stage, groups: Sequence[GroupPart]) -> None:
    """Add the groups of a scenario. Raises ``ScenarioError``."""
    for number, part in enumerate(groups):
        with stage.doing(f"$.groups[{number}].email"):
            stage.world.put_group(_make_group(part))


def remove_deleted(stage: Stage, accounts: Sequence[Account], groups: Sequence[GroupPart]) -> None:
    """Remove the users and groups that are marked as deleted. Raises ``ScenarioError``."""
    for number, account in enumerate(accounts):
        if account.deleted:
            with stage.doing(f"$.users[{number}].deleted"):
                stage.world.remove_user(account.email)
    for number, group in enumerate(groups):
        if group.deleted:
            with stage.doing(f"$.groups[{number}].deleted"):
                stage.world.remove_group(group.email)


def _make_group(part: GroupPart) -> Group:
    name = part.name or _name(part.email)
    everyone = dict.fromkeys((*part.owners, *part.managers, *part.members))
    return Group(part.email, name, grantee_number(part.email), tuple(everyone), part.owners, part.managers)


def _name(email: str) -> str:
    return email.partition("@")[0].replace(".", " ").title()
