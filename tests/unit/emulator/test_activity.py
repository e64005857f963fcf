"""The record of Drive Activity: what counts as which action, how it is filtered and grouped (facts E)."""

from typing import Any

import pytest

from google_drive_emulator import World, synthetic_world
from google_drive_emulator.grammar.activity_filter import InvalidFilterError, parse_filter
from google_drive_emulator.search.activities import ActivityQuery, cases_of, consolidated, find_activities
from google_drive_emulator.world.actions import (
    Action,
    Created,
    Deleted,
    Edited,
    FieldChange,
    LabelChange,
    LabelsChanged,
    Moved,
    PermissionsChanged,
    Renamed,
    Restored,
    SettingsChanged,
)
from google_drive_emulator.world.activity import KEPT_ACTIVITIES, Activity
from google_drive_emulator.world.items import (
    DOCUMENT,
    FOLDER,
    DownloadRestriction,
    DriveRestrictions,
    Item,
    Label,
    Permission,
    Traits,
)

GUEST = Permission("77", "user", "reader", email="guest@example.org", display_name="Guest")


@pytest.fixture
def world() -> World:
    """A small world whose time stands still."""
    world = synthetic_world(files=30, seed=0)
    world.clock.freeze()
    return world


def last(world: World) -> Activity:
    return next(iter(world.activity.newest()))


def actions(world: World) -> tuple[Action, ...]:
    return last(world).actions


def folder(world: World, name: str = "folder") -> Item:
    return world.create(name, mime_type=FOLDER)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": "new"}, (Renamed("file", "new"),)),
        ({"trashed": True}, (Deleted(is_permanent=False),)),
        ({"modified_ms": 10**15}, (Edited(),)),
        ({"traits": Traits(copy_requires_writer=True)}, (SettingsChanged((("ITEM_DUPLICATION", True),)),)),
        (
            {"traits": Traits(downloads=DownloadRestriction(restricted_for_readers=True))},
            (SettingsChanged((("READERS_CAN_DOWNLOAD", True),)),),
        ),
        ({"name": "new", "modified_ms": 10**15}, (Renamed("file", "new"),)),
        ({"name": "new", "trashed": True}, (Deleted(is_permanent=False), Renamed("file", "new"))),
    ],
)
def test_changes_of_fields_are_actions(world: World, change: dict[str, Any], expected: tuple[Action, ...]) -> None:
    """One change is one activity; a modification that shows in nothing else is an edit."""
    world.update(world.create("file", mime_type="text/plain").id, **change)
    assert actions(world) == expected


def test_each_way_to_come_to_be_is_told(world: World) -> None:
    """New, uploaded, or a copy, which names its original."""
    original = world.create("a", origin="upload")
    assert actions(world) == (Created("upload"),)
    world.create("b", origin="copy", copied_from=original.id)
    (created,) = actions(world)
    assert isinstance(created, Created)
    assert created.original is not None
    assert created.original.id == original.id


def test_new_content_is_an_edit(world: World) -> None:
    """Of blobs and of documents."""
    for mime_type in ("text/plain", DOCUMENT):
        world.edit(world.create("file", mime_type=mime_type).id, b"text")
        assert actions(world) == (Edited(),)


def test_a_move_names_both_folders(world: World) -> None:
    """By what they were called then."""
    before, after = folder(world, "before"), folder(world, "after")
    file = world.create("file", parent=before.id)
    world.move(file.id, after.id)
    (moved,) = actions(world)
    assert isinstance(moved, Moved)
    assert [each.name for each in (*moved.removed, *moved.added)] == ["before", "after"]


def test_trash_is_left_and_entered_by_the_item_itself(world: World) -> None:
    """What lies in a trashed folder is not told of; deletion is for good."""
    top = folder(world)
    world.create("file", parent=top.id)
    world.trash(top.id)
    trashed = last(world)
    world.restore(top.id)
    restored = actions(world)
    world.delete(top.id)
    assert trashed.target.item.id == top.id
    assert (restored, actions(world)) == ((Restored(),), (Deleted(is_permanent=True),))


def test_a_changed_role_is_taken_away_and_given(world: World) -> None:
    """The grant with its old role goes, the one with its new role comes."""
    file = world.create("file")
    world.share(file.id, GUEST)
    world.share(file.id, Permission("77", "user", "writer", email="guest@example.org", display_name="Guest"))
    (changed,) = actions(world)
    assert isinstance(changed, PermissionsChanged)
    assert [each.role for each in (*changed.removed, *changed.added)] == ["reader", "writer"]


def test_grants_of_folders_are_not_told_of_what_is_below(world: World) -> None:
    """A rename below a shared folder is a rename alone, and so is a move into one a move."""
    top = folder(world)
    file = world.create("file")
    world.share(top.id, GUEST)
    world.move(file.id, top.id)
    assert [type(each) for each in actions(world)] == [Moved]
    world.unshare(top.id, GUEST.id)
    assert last(world).target.item.id == top.id


def test_labels_set_changed_and_taken_off(world: World) -> None:
    """A change of fields names their old and new values."""
    file = world.create("file")
    old, new = (Label("l", fields=(("f", "text", (value,)),)) for value in ("a", "b"))
    for labels, expected in (
        ((old,), LabelChange(old, "LABEL_ADDED")),
        ((new,), LabelChange(new, "LABEL_FIELD_VALUE_CHANGED", (FieldChange("f", "text", ("a",), ("b",)),))),
        ((), LabelChange(new, "LABEL_REMOVED")),
    ):
        world.update(file.id, traits=Traits(labels=labels))
        assert actions(world) == (LabelsChanged((expected,)),)


def test_shared_drives_come_change_and_go(world: World) -> None:
    """Names and restrictions are told, colours are not; who was a member knows of the end."""
    drive = world.create_drive("Team")
    assert actions(world) == (Created(),)
    world.update_drive(
        type(drive)(drive.id, "Crew", drive.created_ms, restrictions=DriveRestrictions(domain_users_only=True))
    )
    assert actions(world) == (Renamed("Team", "Crew"), SettingsChanged((("SHARING_OUTSIDE_DOMAIN", True),)))
    held = len(world.activity)
    world.update_drive(
        type(drive)(
            drive.id, "Crew", drive.created_ms, "#000000", restrictions=DriveRestrictions(domain_users_only=True)
        )
    )
    assert len(world.activity) == held
    world.delete_drive(drive.id)
    assert actions(world) == (Deleted(is_permanent=True),)
    assert (last(world).target.is_drive, world.users[0].email in last(world).audience) == (True, True)


def test_what_only_one_user_sees_is_not_recorded(world: World) -> None:
    """Stars and views are nobody else's business."""
    file = world.create("file")
    held = len(world.activity)
    world.star(file.id, world.users[0], starred=True)
    world.view(file.id, world.users[0])
    assert len(world.activity) == held


def test_the_record_is_bounded_and_counts_on(world: World) -> None:
    """The oldest activities go; numbers go on, also to look up where a page begins."""
    file = world.create("file")
    for number in range(KEPT_ACTIVITIES + 5):
        world.rename(file.id, str(number))
    assert len(world.activity) == KEPT_ACTIVITIES
    newest = last(world).number
    assert newest == KEPT_ACTIVITIES + 5
    assert [each.number for each in world.activity.newest(below=newest - 1)][:2] == [newest - 2, newest - 3]


def test_the_record_goes_with_snapshots(world: World) -> None:
    """A rewound world remembers what was done before the snapshot, and records again."""
    world.create("before")
    snapshot = world.snapshot()
    world.create("after")
    world.rewind(snapshot)
    names = [each.target.item.name for each in world.activity.newest()]
    world.create("again")
    assert (names, last(world).target.item.name) == (["before"], "again")


def test_no_content_is_held_by_the_record(world: World) -> None:
    """What was deleted does not stay in memory for being remembered."""
    world.delete(world.create("file", data=b"x" * 1000).id)
    assert all(each.target.item.content is None for each in world.activity.newest())


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("", True),
        ("  ", True),
        ("time > 999", True),
        ("time>1000", False),
        ("time >= 1000 AND time <= 1000", True),
        ("time = 1000 time < 1001", True),
        ('time >= "1970-01-01T00:00:01Z"', True),
        ('time > "1970-01-01T02:00:01+02:00"', False),
        ('time < "1970-01-01T00:00:01"', False),
        ("detail.action_detail_case:EDIT", True),
        ("detail.action_detail_case: ( CREATE  MOVE )", True),
        ("detail.action_detail_case:CREATE", False),
        ("-detail.action_detail_case:MOVE", False),
        ("-detail.action_detail_case:(CREATE DELETE) AND time > 1", True),
    ],
)
def test_filters_choose_by_time_and_action(text: str, passes: bool) -> None:
    """An activity of second 1 that moved and edited something passes or not."""
    assert parse_filter(text).holds(1000, {"MOVE", "EDIT"}) == passes


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "time",
        "time > yesterday",
        'time > "yesterday"',
        "time != 5",
        "-time > 5",
        "time > 5 AND",
        "AND time > 5",
        "time > 5 OR time < 3",
        "time > 5AND time < 9",
        "detail.action_detail_case = EDIT",
        "detail.action_detail_case:",
        "detail.action_detail_case:()",
        "detail.action_detail_case:edit",
        "detail.action_detail_case:(EDIT",
        "detail.action_detail_case:(EDIT BURN)",
    ],
)
def test_what_is_no_filter_is_refused(text: str) -> None:
    """Whatever is wrong with it, at any place."""
    with pytest.raises(InvalidFilterError):
        parse_filter(text)


def found(world: World, **query: Any) -> list[Activity]:
    viewer = world.viewer(world.users[0])
    return list(find_activities(world, viewer, ActivityQuery(**query), None))


def test_an_ancestor_finds_what_lies_below_it_now(world: World) -> None:
    """What was moved in is found with all its past; what is gone is found where it lay, however deep."""
    top = folder(world)
    inner = world.create("inner", mime_type=FOLDER, parent=top.id)
    moved, gone = world.create("moved"), world.create("gone", parent=inner.id)
    world.move(moved.id, top.id)
    world.delete(gone.id)
    world.delete(inner.id)
    names = [each.target.item.name for each in found(world, ancestor_id=top.id)]
    assert names == ["inner", "gone", "moved", "gone", "moved", "inner", "folder"]
    world.move(moved.id, world.root_id(world.users[0]))
    assert "moved" not in [each.target.item.name for each in found(world, ancestor_id=top.id)]


def test_the_beginning_of_an_item_is_made_up(world: World) -> None:
    """An item that the world began with was created, and edited if it was modified since; further deeds come on top."""
    original = next(
        item for item in map(world.item_at, range(30)) if item is not None and item.modified_ms > item.created_ms
    )
    world.rename(original.id, "new")
    activities = found(world, item_id=original.id)
    assert [cases_of(each) for each in activities] == [{"RENAME"}, {"EDIT"}, {"CREATE"}]
    assert [each.time_ms for each in activities[1:]] == [original.modified_ms, original.created_ms]
    assert [each.number for each in activities[1:]] == [-1, -2]


def test_like_deeds_are_grouped(world: World) -> None:
    """One user's moves of several files are one group, and several users' edits of one file; time parts them."""
    first, second = world.users[:2]
    top = folder(world)
    files = [world.create(name) for name in ("a", "b")]
    for file in files:
        world.move(file.id, top.id, by=first)
    world.edit(files[0].id, b"1", by=first)
    world.edit(files[0].id, b"2", by=second)
    world.edit(files[1].id, b"3", by=first)
    world.clock.advance(3_600_000)
    world.edit(files[1].id, b"4", by=first)
    groups = [sorted(each.target.item.name for each in group) for group in consolidated(world.activity.newest())]
    assert groups == [["b"], ["b"], ["a", "a"], ["a", "b"], ["a", "b", "folder"]]
