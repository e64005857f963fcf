"""A small world in which every term of a query finds something: nothing in, a world and its people out.

Its clock stands still. The first user is ``me``; ``maria`` and ``stranger`` see it with other eyes.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from google_drive_emulator import World
from google_drive_emulator.sources.synthetic import SyntheticSource
from google_drive_emulator.world.accounts import group_grant, user_grant
from google_drive_emulator.world.clock import WorldClock
from google_drive_emulator.world.items import (
    ANYONE,
    ANYONE_WITH_LINK,
    DOCUMENT,
    FOLDER,
    SHORTCUT,
    Group,
    Item,
    Label,
    Permission,
    Traits,
    User,
)

NOW_MS = 1_790_000_000_000
DAY_MS = 86_400_000
CONTRACT = Label(
    "contract",
    fields=(
        ("comment", "text", ("Hello there",)),
        ("value", "integer", ("2000",)),
        ("signed", "dateString", ("2024-06-22",)),
        ("status", "selection", ("executed",)),
        ("owners", "user", ("user01@example.com", "user02@example.com")),
    ),
)
DRAFT = Label("contract", fields=(("comment", "text", ("bye",)), ("value", "integer", ("-5",))))


@dataclass(frozen=True)
class People:
    """Who looks at the world."""

    me: User
    maria: User
    stranger: User
    team: Group


def rich_world(files: int = 30, seed: int = 11) -> tuple[World, People]:
    """Make the world."""
    world = World(SyntheticSource(files, seed), clock=WorldClock(lambda: NOW_MS))
    me, maria, *_, stranger = world.users
    team = Group("team@example.com", "Team", "29999999999999999999", members=(me.email,))
    world.put_group(team)
    people = People(me, maria, stranger, team)
    _fill_my_drive(world, people)
    _share(world, people)
    _fill_a_drive(world, people)
    return world, people


def items_of(world: World) -> dict[int, Item]:
    """Return the items there are, by position."""
    items = ((position, world.item_at(position)) for position in world.positions())
    return {position: item for position, item in items if item is not None}


def _fill_my_drive(world: World, people: People) -> None:
    me = people.me
    folder = world.create("Quarterly_Reports", mime_type=FOLDER)
    below = world.create("HelloWorld plan", mime_type=FOLDER, parent=folder.id, description="About the budget")
    world.create("budget 2024.txt", mime_type="text/plain", parent=below.id, data=b"The Quick_Brown fox\njumps over it")
    world.create("data.bin", parent=below.id, data=b"quick brown fox")
    world.create("notes.json", mime_type="application/json", data='{"été": "Größe"}'.encode(), created_ms=NOW_MS - 9)
    document = world.create("Élan", mime_type=DOCUMENT, traits=Traits(text="hello world, a budget"))
    world.create("O'Brien\\ (1)", mime_type="image/png", traits=Traits(indexable_text="fox trot"))
    tagged = Traits(properties=(("state", "open"), ("size", "")), app_properties=(("state", "shut"),))
    world.create("tagged", traits=tagged)
    world.create("labelled", mime_type=DOCUMENT, traits=Traits(labels=(CONTRACT, Label("other"))))
    world.create("drafted", mime_type=DOCUMENT, traits=Traits(labels=(DRAFT,)))
    world.create("link", mime_type=SHORTCUT, target=document.id)
    gone = world.create("Old stuff", mime_type=FOLDER)
    world.create("older", parent=gone.id)
    world.trash(gone.id)
    world.trash(world.create("rubbish", mime_type="text/csv").id)
    world.star(document.id, me, starred=True)
    world.star(document.id, people.maria, starred=True)
    world.view(world.create("viewed", owner=me, modified_ms=NOW_MS - 2 * DAY_MS).id, me)
    limited = world.create("Limited", mime_type=FOLDER, parent=folder.id)
    world.create("secret", parent=limited.id)
    world.share(folder.id, user_grant(people.maria, "writer"))
    world.limit(limited.id, limited=True)


def _share(world: World, people: People) -> None:
    """Let others share with ``me``: directly, by a group, by links and domains; some of it long over."""
    maria = people.maria
    theirs = world.create("Maria's folder", mime_type=FOLDER, owner=maria)
    world.create("mine in hers", parent=theirs.id)
    world.create("hers in hers", parent=theirs.id, owner=maria)
    world.share(theirs.id, group_grant(people.team, "commenter"))
    world.share(world.create("alone", owner=maria).id, user_grant(people.me, "reader"))
    over = world.create("over", owner=maria)
    world.update(
        over.id, permissions=(*over.permissions, replace(user_grant(people.me, "writer"), expires_ms=NOW_MS - 1))
    )
    later = world.create("later", owner=maria)
    world.share(later.id, replace(user_grant(people.me, "reader"), expires_ms=NOW_MS + DAY_MS))
    for name, found in (("by link", False), ("public", True)):
        item = world.create(name, owner=maria)
        grant_id = ANYONE if found else ANYONE_WITH_LINK
        world.share(item.id, Permission(grant_id, "anyone", "reader", allow_file_discovery=found))
        world.open_link(item.id, people.me)
    for name, found in (("house link", False), ("in house", True)):
        grant_id = world.accounts.domain_id("example.com")
        grant = Permission(grant_id, "domain", "writer", domain="example.com", allow_file_discovery=found)
        world.share(world.create(name).id, grant)


def _fill_a_drive(world: World, people: People) -> None:
    drive = world.create_drive("Plans", by=people.maria)
    world.share(drive.id, user_grant(people.me, "fileOrganizer"), by=people.maria)
    folder = world.create("Shared reports", mime_type=FOLDER, parent=drive.id, owner=people.maria)
    inside = world.create("team budget", parent=folder.id, owner=people.maria, mime_type="text/markdown", data=b"# Fox")
    world.share(inside.id, user_grant(people.stranger, "reader"), by=people.maria)
