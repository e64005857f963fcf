"""Permissions of scenarios: how they are written in, the world's permissions out (facts A7)."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from google_drive_emulator.scenario.format import Grant
from google_drive_emulator.scenario.stage import ScenarioError, Stage
from google_drive_emulator.world.grantees import grant_to, roles_on
from google_drive_emulator.world.items import Item, Permission

_MOST_GRANTS = 10_000
_PERSONAL = frozenset({"user", "group"})


def permissions(stage: Stage, grants: Sequence[Grant], item: Item, place: str) -> tuple[Permission, ...]:
    """Return permissions for an item or the root folder of a shared drive, no two for one grantee.

    Raises ``ScenarioError``.
    """
    found: dict[str, Permission] = {}
    owner = None if item.owner is None else item.owner.permission_id
    for number, grant in enumerate(grants):
        here = f"{place}[{number}]"
        _check(grant, item, here)
        for permission in _written(stage, grant, here):
            if permission.id in found or permission.id == owner:
                raise ScenarioError(here, "this grantee has a permission already")
            found[permission.id] = permission
    return tuple(found.values())


def _check(grant: Grant, item: Item, place: str) -> None:
    many, roles = grant.many, roles_on(item)
    if grant.role not in roles:
        raise ScenarioError(f"{place}.role", f"here a role is one of {', '.join(sorted(roles))}, not {grant.role}")
    if grant.expiration_time is not None and grant.type not in _PERSONAL:
        raise ScenarioError(f"{place}.expirationTime", "only permissions of users and groups expire")
    if many is not None and (grant.type != "user" or grant.email_address is not None or not 1 <= many <= _MOST_GRANTS):
        raise ScenarioError(f"{place}.many", f"many stands for 1 to {_MOST_GRANTS} users, in place of an emailAddress")


def _written(stage: Stage, grant: Grant, place: str) -> Iterator[Permission]:
    expires_ms = stage.moment(grant.expiration_time, 0, f"{place}.expirationTime") or None
    for address in _addresses(grant):
        try:
            permission = grant_to(
                stage.world.accounts,
                grant.type,
                grant.role,
                address=address,
                domain=grant.domain,
                is_discoverable=grant.allow_file_discovery,
                expires_ms=expires_ms,
            )
        except ValueError as error:
            raise ScenarioError(place, str(error)) from None
        yield replace(permission, pending_owner=True) if grant.pending_owner else permission


def _addresses(grant: Grant) -> Iterator[str | None]:
    if grant.many is None:
        yield grant.email_address
    else:
        yield from (f"reader{number:04d}@example.net" for number in range(1, grant.many + 1))
