"""Worlds with a past: a seed in, a world of several people, groups and shared drives out, and what may happen to it."""

from collections.abc import Iterator

from google_drive_emulator import World, synthetic_world
from google_drive_emulator.world.accounts import group_grant, user_grant
from google_drive_emulator.world.clock import WorldClock
from google_drive_emulator.world.items import FOLDER, Group, Item
from google_drive_emulator.world.mutations import Operation, apply
from google_drive_emulator.world.random_mutations import RandomMutations

_START_MS = 1_790_000_000_000


def crowded_world(seed: int, past: int = 0) -> World:
    """Make a world of two shared drives with members and items, nested groups, and a past of random mutations."""
    world = synthetic_world(files=40, seed=seed)
    world.clock = WorldClock(lambda: _START_MS)
    inner, outer = "inner@example.com", "outer@example.com"
    world.put_group(Group(inner, "Inner", "601", members=(world.users[2].email,)))
    world.put_group(Group(outer, "Outer", "602", members=(inner, world.users[3].email)))
    for owner in world.users[:2]:
        drive = world.create_drive(f"Drive of {owner.email}", by=owner)
        world.share(drive.id, user_grant(world.users[4], "reader"))
        folder = world.create("folder", mime_type=FOLDER, parent=drive.id, owner=owner)
        world.create("inside", parent=folder.id, owner=owner)
    outer_group = world.accounts.group(outer)
    assert outer_group is not None
    world.share(next(iter(world.drives)), group_grant(outer_group, "writer"))
    for _ in happen(world, seed, past):
        pass
    return world


def happen(world: World, seed: int, count: int, *, inherited: bool = True) -> Iterator[Operation]:
    """Let random things happen to a world, and give each one after it happened."""
    chooser = RandomMutations(world, seed, inherited=inherited, everyone=True)
    for _ in range(count):
        operation = chooser.next()
        apply(world, operation)
        yield operation


def items_of(world: World) -> list[Item]:
    """Return all items with what they inherit, root folders not among them."""
    return [item for position in world.positions() if (item := world.item_at(position)) is not None]
