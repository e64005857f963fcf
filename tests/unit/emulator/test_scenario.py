"""Scenarios: what a file says is there afterwards, and what is wrong with one is said with its place."""

import hashlib
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from google_drive_emulator import ScenarioError, Scene, World, example_scenarios, load_scenario
from google_drive_emulator.scenario.moments import moment_ms
from google_drive_emulator.sources.generated import GeneratedContent
from google_drive_emulator.world.items import Item, User
from google_drive_emulator.world.timestamps import parse_rfc3339

NOW = "2026-06-01T12:00:00Z"
NOW_MS = parse_rfc3339(NOW)
DAY_MS = 86_400_000
ANA, BEN = {"email": "ana@a.example", "name": "Ana"}, {"email": "ben@b.example"}


def build(*items: dict[str, Any], **parts: Any) -> Scene:
    """Build a scenario with two users at a known moment."""
    whole = {"clock": {"now": NOW, "frozen": True}, "users": [ANA, BEN], "items": items, **parts}
    return load_scenario(json.dumps(whole).encode()).build()


def found(scene: Scene, key: str) -> Item:
    item = scene.world.item(scene.script.ids[key])
    assert item is not None
    return item


def user(world: World, email: str) -> User:
    known = world.user(email)
    assert known is not None
    return known


def test_nothing_said_is_one_user_with_an_empty_drive() -> None:
    """An empty scenario is a world: everything has a default."""
    world = load_scenario(b"{}").build().world
    assert [each.email for each in world.users] == ["user@example.com"]
    assert world.counts().items == 0


def test_a_tree_is_there_as_it_is_written() -> None:
    """Children lie in their folder, belong to its owner, and have the times, texts and types that were given."""
    scene = build(
        {
            "type": "folder",
            "name": "Plans",
            "key": "plans",
            "createdTime": "-10d",
            "folderColorRgb": "#ff0000",
            "children": [
                {
                    "type": "file",
                    "name": "Note.txt",
                    "key": "note",
                    "text": "hello",
                    "createdTime": "-9d",
                    "modifiedTime": "-8d",
                    "modifiedBy": "ben@b.example",
                    "description": "A note",
                    "properties": {"b": "2", "a": "1"},
                },
                {"type": "document", "name": "Sheet", "key": "sheet", "editor": "spreadsheet", "text": "a,b"},
            ],
        }
    )
    plans, note, sheet = found(scene, "plans"), found(scene, "note"), found(scene, "sheet")
    assert (plans.parent, plans.created_ms) == (scene.world.root_id(scene.world.users[0]), NOW_MS - 10 * DAY_MS)
    assert plans.traits.folder_color == "#ff0000"
    assert (note.parent, note.mime_type, note.created_ms) == (plans.id, "text/plain", NOW_MS - 9 * DAY_MS)
    assert (note.modified_ms, note.modifier.email) == (NOW_MS - 8 * DAY_MS, "ben@b.example")
    assert note.content is not None
    assert note.content.read(0, 10) == b"hello"
    assert note.traits.properties == (("a", "1"), ("b", "2"))
    assert (sheet.mime_type, sheet.traits.text, sheet.size) == ("application/vnd.google-apps.spreadsheet", "a,b", 3)


def test_contents_are_text_bytes_or_made_as_they_are_read() -> None:
    """A file of terabytes takes no memory; its bytes are the same however they are read."""
    scene = build(
        {"type": "file", "name": "a", "key": "bytes", "base64": b64encode(b"\x00\xff").decode()},
        {"type": "file", "name": "b", "key": "large", "size": 5_497_558_138_880},
        {"type": "file", "name": "c", "key": "empty"},
    )
    small, large, empty = (found(scene, key).content for key in ("bytes", "large", "empty"))
    assert small is not None
    assert large is not None
    assert empty is not None
    assert (small.read(0, 9), empty.read(0, 9), large.size) == (b"\x00\xff", b"", 5_497_558_138_880)
    end = large.read(large.size - 5000, large.size)
    assert len(end) == 5000
    assert end[4000:] == large.read(large.size - 1000, large.size)
    assert large.checksum("md5") is None


def test_generated_contents_have_true_checksums() -> None:
    """Up to a quarter of a gigabyte the checksum is that of the bytes served."""
    content = GeneratedContent(10_000, "seed")
    whole, was_hashed = content.read(0, 10_000), content.is_hashed
    assert len(whole) == 10_000
    assert content.checksum("sha256") == hashlib.sha256(whole).hexdigest()
    assert (was_hashed, content.is_hashed) == (False, True)
    assert b"".join(content.read(start, start + 7) for start in range(0, 10_000, 7)) == whole


def test_ids_follow_from_keys() -> None:
    """A key has the same id in every build, whatever else the scenario holds; ids can be given as well."""
    one = build({"type": "file", "name": "a", "key": "k"})
    other = build({"type": "file", "name": "b"}, {"type": "folder", "name": "c", "key": "k"})
    assert one.script.ids["k"] == other.script.ids["k"]
    given = build({"type": "file", "name": "a", "key": "k", "id": "1given"})
    assert given.script.ids["k"] == "1given"


def test_copies_and_levels_make_many_of_one() -> None:
    """Copies lie beside each other, levels in each other; ``{n}`` numbers both."""
    leaf = {"type": "file", "name": "Leaf {n}", "copies": 3}
    scene = build({"type": "folder", "name": "L{n}", "levels": 4, "key": "top", "children": [leaf]})
    world = scene.world
    below = [item for position in world.descendants(scene.script.ids["top"]) if (item := world.item_at(position))]
    assert found(scene, "top").name == "L1"
    assert [item.name for item in below] == ["L2", "L3", "L4", "Leaf 1", "Leaf 2", "Leaf 3"]
    assert {world.depth(item.id) for item in below if not item.is_folder} == {5}


def test_shortcuts_lead_anywhere_even_to_what_is_gone() -> None:
    """A shortcut may lead to the folder it lies in, to something further down, or to what is deleted (facts A6)."""
    scene = build(
        {
            "type": "folder",
            "name": "Loop",
            "key": "loop",
            "children": [{"type": "shortcut", "name": "up", "key": "up", "target": "loop"}],
        },
        {"type": "shortcut", "name": "ahead", "key": "ahead", "target": "later"},
        {"type": "shortcut", "name": "dangling", "key": "dangling", "target": "gone"},
        {"type": "file", "name": "later", "key": "later"},
        {"type": "file", "name": "gone.txt", "key": "gone", "deleted": True},
    )
    targets = {key: found(scene, key).target for key in ("up", "ahead", "dangling")}
    assert {key: target.id for key, target in targets.items() if target} == {
        "up": scene.script.ids["loop"],
        "ahead": scene.script.ids["later"],
        "dangling": scene.script.ids["gone"],
    }
    assert scene.world.item(scene.script.ids["gone"]) is None


def test_permissions_hold_below_folders_and_expire() -> None:
    """Grants are those of the world: they reach users by groups, hold below folders, and end."""
    scene = build(
        {
            "type": "folder",
            "name": "Shared",
            "permissions": [{"type": "group", "emailAddress": "all@a.example", "role": "writer"}],
            "children": [
                {"type": "file", "name": "in", "key": "in"},
                {"type": "folder", "name": "Limited", "key": "limited", "inheritedPermissionsDisabled": True},
            ],
        },
        {
            "type": "file",
            "name": "until tomorrow",
            "key": "until",
            "permissions": [{"emailAddress": "ben@b.example", "role": "commenter", "expirationTime": "+1d"}],
        },
        groups=[{"email": "all@a.example", "members": ["ben@b.example"]}],
    )
    viewer = scene.world.viewer(user(scene.world, "ben@b.example"))
    assert viewer.role(found(scene, "in")) == "writer"
    assert viewer.role(found(scene, "limited")) is None
    assert viewer.role(found(scene, "until")) == "commenter"
    scene.world.clock.advance(2 * DAY_MS)
    assert viewer.role(found(scene, "until")) is None


def test_thousands_of_permissions_are_one_line() -> None:
    """``many`` stands for so many readers outside."""
    scene = build({"type": "file", "name": "popular", "key": "popular", "permissions": [{"many": 3000}]})
    assert len({grant.id for grant in found(scene, "popular").permissions}) == 3001


def test_shared_drives_have_the_members_that_are_named() -> None:
    """The members are exactly those written; nobody owns what lies in a drive."""
    scene = build(
        {"type": "file", "name": "in drive", "parent": "team", "key": "in"},
        drives=[
            {
                "key": "team",
                "name": "Team",
                "createdTime": "-100d",
                "members": [{"emailAddress": "ben@b.example", "role": "organizer"}],
                "restrictions": {"domainUsersOnly": True},
                "hiddenBy": ["ben@b.example"],
            },
            {"key": "own", "name": "Own"},
        ],
    )
    team, own = scene.script.ids["team"], scene.script.ids["own"]
    ben, ana = scene.world.viewer(user(scene.world, "ben@b.example")), scene.world.viewer(scene.world.users[0])
    assert (ben.is_member(team), ana.is_member(team), ana.is_member(own)) == (True, False, True)
    assert scene.world.drives[team].restrictions.domain_users_only
    assert team in ben.marks.hidden_drives
    assert (found(scene, "in").owner, found(scene, "in").modifier.email) == (None, "ben@b.example")


def test_revisions_and_comments_have_the_times_they_were_made_at() -> None:
    """What a file held before and what was said about it is told in order, with its authors (facts A8, A9)."""
    scene = build(
        {
            "type": "file",
            "name": "revised.txt",
            "key": "revised",
            "text": "three",
            "modifiedTime": "-1d",
            "createdTime": "-9d",
            "revisions": [
                {"text": "one", "keepForever": True},
                {"text": "two", "modifiedTime": "-5d", "modifiedBy": "ben@b.example"},
            ],
            "comments": [
                {
                    "author": "ben@b.example",
                    "content": "Why?",
                    "createdTime": "-4d",
                    "quoted": "two",
                    "replies": [
                        {"author": "ana@a.example", "content": "Because.", "createdTime": "-3d"},
                        {"author": "ben@b.example", "action": "resolve"},
                    ],
                },
                {"author": "ana@a.example", "content": "Oops", "deleted": True},
            ],
        }
    )
    item, world = found(scene, "revised"), scene.world
    past = world.revisions.of(item, NOW_MS)
    days = [(NOW_MS - each.modified_ms) / DAY_MS for each in past]
    assert [each.content.read(0, 9) for each in past if each.content] == [b"one", b"two", b"three"]
    assert (days, past[0].settings.keep_forever, past[1].modifier.email) == ([9, 5, 1], True, "ben@b.example")
    asked, gone = world.comments.of(item.id)
    assert (asked.is_resolved, asked.quoted, NOW_MS - asked.created_ms) == (True, ("text/plain", "two"), 4 * DAY_MS)
    assert [reply.content for reply in asked.replies] == ["Because.", ""]
    assert (gone.is_deleted, gone.content) == (True, "")


def test_rare_traits_and_marks_are_set() -> None:
    """Locks, labels, malware, the trash, stars and views are what they are elsewhere in the world."""
    scene = build(
        {
            "type": "file",
            "name": "odd",
            "key": "odd",
            "abusive": True,
            "downloadsExceeded": True,
            "copyRequiresWriterPermission": True,
            "contentRestrictions": [{"reason": "Final", "ownerRestricted": True}],
            "labels": [{"id": "l", "fields": {"f": {"selection": ["x"]}}}],
            "starredBy": ["ana@a.example"],
            "viewedBy": ["ana@a.example"],
            "trashedTime": "-2d",
        }
    )
    item, viewer = found(scene, "odd"), scene.world.viewer(scene.world.users[0])
    traits = item.traits
    assert (traits.is_abusive, traits.downloads_exceeded, traits.copy_requires_writer) == (True, True, True)
    assert (traits.restrictions[0].reason, traits.restrictions[0].owner_restricted) == ("Final", True)
    assert traits.labels[0].fields == (("f", "selection", ("x",)),)
    assert (item.trashed, traits.trashed_ms) == (True, NOW_MS - 2 * DAY_MS)
    assert (viewer.is_starred(item), viewer.marks.viewed_ms[item.id]) == (True, NOW_MS)


def test_accounts_can_be_admins_or_gone() -> None:
    """Administrators are those who are named; grants to deleted accounts stay, marked (facts A7)."""
    scene = build(
        {"type": "file", "name": "f", "key": "f", "permissions": [{"emailAddress": "cyd@a.example"}]},
        users=[ANA, BEN | {"admin": True}, {"email": "cyd@a.example", "deleted": True}],
    )
    accounts = scene.world.accounts
    assert accounts.admins == {"ben@b.example"}
    assert accounts.user("cyd@a.example") is None
    assert [grant.is_deleted for grant in found(scene, "f").permissions] == [False, True]


def test_a_base_is_there_beneath() -> None:
    """A scenario may add to a synthetic world, whose folders, users and drives it may name."""
    base = {"files": 40, "seed": 3, "drives": 2, "driveFiles": 5}
    world = load_scenario(json.dumps({"base": base}).encode()).build().world
    drive_id = next(iter(world.drives))
    item = {"type": "file", "name": "added", "key": "added", "parent": drive_id}
    scene = load_scenario(json.dumps({"base": base, "items": [item], "users": [ANA]}).encode()).build()
    assert scene.world.counts().items == 51
    assert found(scene, "added").drive_id == drive_id
    assert [each.email for each in scene.world.users][0::24] == ["user00@example.com", "ana@a.example"]


def test_a_base_may_be_a_directory_beside_the_file(tmp_path: Path) -> None:
    """A directory is named from where the scenario lies."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "real.txt").write_text("real")
    (tmp_path / "s.json").write_text(json.dumps({"base": {"directory": "tree"}, "items": []}))
    assert load_scenario(tmp_path / "s.json").build().world.counts().items == 1
    (tmp_path / "t.json").write_text(json.dumps({"base": {"directory": "nowhere"}}))
    with pytest.raises(ScenarioError, match=r"^\$\.base\.directory: there is no directory"):
        load_scenario(tmp_path / "t.json").build()


def test_the_world_begins_without_history() -> None:
    """What it took to build is in no change log, and ``reset`` returns to it; activities are in the order of time."""
    scene = build(
        {"type": "file", "name": "late", "createdTime": "-1d"},
        {"type": "file", "name": "early", "key": "early", "createdTime": "-9d"},
    )
    world = scene.world
    assert list(world.changes_since(world.users[0], 0)) == []
    assert [each.target.item.name for each in world.activity.newest()] == ["late", "early"]
    world.rename(scene.script.ids["early"], "changed")
    world.reset()
    assert found(scene, "early").name == "early"


def test_mutations_are_played_when_asked_for() -> None:
    """Later changes name things by their keys, come in order, and make entries in the logs."""
    scene = build(
        {"type": "folder", "name": "F", "key": "f"},
        {"type": "file", "name": "a", "key": "a"},
        mutations=[
            {"op": "rename", "id": "a", "name": "b"},
            {"op": "move", "id": "a", "parent": "f"},
            {"op": "trash", "id": "f"},
        ],
    )
    script, world = scene.script, scene.world
    assert (script.remaining, script.play(world, 2), script.remaining) == (3, [script.ids["a"]] * 2, 1)
    assert (found(scene, "a").name, found(scene, "a").parent) == ("b", script.ids["f"])
    assert script.play(world) == [script.ids["f"]]
    assert len(list(world.changes_since(world.users[0], 0))) == 2


@pytest.mark.parametrize(
    ("text", "distance_ms"),
    [("now", 0), ("-3d", -3 * DAY_MS), ("+90m", 5_400_000), ("+2h", 7_200_000), ("-30s", -30_000)],
)
def test_moments_may_be_relative(text: str, distance_ms: int) -> None:
    """A moment counts from the scenario's now, or is itself."""
    assert moment_ms(text, NOW_MS) == NOW_MS + distance_ms
    assert moment_ms(NOW, 0) == moment_ms(NOW_MS, 0) == NOW_MS


@pytest.mark.parametrize("name", example_scenarios())
def test_the_examples_are_sound(name: str) -> None:
    """Each scenario that comes with the emulator builds, says what it is, and plays to its end."""
    scenario = load_scenario(name)
    scene = scenario.build()
    assert scenario.description
    assert scene.world.counts().items > 0
    scene.script.play(scene.world)
    assert scene.script.remaining == 0


FILE = {"type": "file", "name": "f"}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"itmes": []}, r"\$: Object contains unknown field `itmes`"),
        (
            {"items": [{"type": "folder", "name": "a", "children": [{"type": "fil", "name": "b"}]}]},
            r"\[0\]\.type: Inva",
        ),
        ({"items": [FILE | {"size": "1"}]}, r"\$\.items\[0\]\.size: Expected `int \| null`, got `str`"),
        ({"items": [FILE | {"size": -1}]}, r"\$\.items\[0\]\.size: a size is from 0"),
        ({"items": [FILE | {"size": 1, "text": "x"}]}, r"\$\.items\[0\]: the content is one of"),
        ({"items": [FILE | {"base64": "!"}]}, r"\$\.items\[0\]\.base64: "),
        ({"items": [FILE | {"mimeType": "application/vnd.google-apps.folder"}]}, r"\[0\]\.mimeType: a file has bytes"),
        ({"items": [FILE | {"createdTime": "soon"}]}, r"\$\.items\[0\]\.createdTime: must be RFC 3339"),
        ({"items": [FILE | {"owner": "x@y"}]}, r"\$\.items\[0\]\.owner: there is no user 'x@y'"),
        ({"items": [FILE | {"parent": "x"}]}, r"\$\.items\[0\]\.parent: there is nothing with the key or id 'x'"),
        ({"items": [FILE | {"key": "k"}, FILE | {"parent": "k"}]}, r"\[1\]\.parent: 'k' is not a folder"),
        ({"items": [FILE | {"key": "k"}, {"type": "folder", "name": "f", "key": "k"}]}, r"\$\.items\[1\]"),
        ({"items": [{"type": "shortcut", "name": "s", "target": "x"}]}, r"\$\.items\[0\]\.target: there is nothing"),
        ({"items": [FILE | {"copies": 2, "key": "k"}]}, r"\$\.items\[0\]\.copies: copies have neither"),
        ({"items": [FILE | {"copies": 0}]}, r"\$\.items\[0\]\.copies: copies must be from 1"),
        ({"items": [{"type": "folder", "name": "f", "levels": 101}]}, r"\$\.items\[0\]\.levels: levels must be"),
        (
            {"items": [{"type": "folder", "name": "f", "children": [FILE | {"parent": "x"}]}]},
            r"\.children\[0\]\.parent: what is among",
        ),
        ({"items": [FILE | {"permissions": [{"type": "domain"}]}]}, r"permissions\[0\]: a permission of type domain"),
        ({"items": [FILE | {"permissions": [{"emailAddress": "ana@a.example"}]}]}, r"permissions\[0\]: this grantee"),
        (
            {"items": [FILE | {"permissions": [{"emailAddress": "x@y", "role": "organizer"}]}]},
            r"permissions\[0\]\.role: here a role is one of commenter, reader, writer, not organizer",
        ),
        ({"items": [FILE | {"permissions": [{"many": 0}]}]}, r"permissions\[0\]\.many: many stands for"),
        (
            {"items": [FILE | {"permissions": [{"type": "anyone", "expirationTime": "+1d"}]}]},
            r"permissions\[0\]\.expirationTime: only permissions of users",
        ),
        ({"items": [FILE | {"comments": [{"author": "x@y", "content": ""}]}]}, r"comments\[0\]\.author: there is no"),
        ({"users": [{"email": "x"}]}, r"\$\.users\[0\]\.email: 'x' is not an address"),
        ({"users": [ANA], "groups": [{"email": "ana@a.example"}]}, r"\$\.groups\[0\]\.email: there is already a user"),
        ({"base": {"files": 1}, "users": [{"email": "user00@example.com", "name": "X"}]}, r"\$\.users\[0\]\.name: "),
        ({"base": {"files": -1}}, r"\$\.base: the number of files"),
        ({"settings": {"quota": {"user_units": -1}}}, r"\$\.settings\.quota: user_units must be at least 0"),
        ({"settings": {"limits": {"children": -1}}}, r"\$\.settings\.limits\.children: this must be at least 0"),
        ({"settings": {"push": {"loss": 2}}}, r"\$\.settings\.push: loss must be from 0 to 1"),
        ({"settings": {"faults": [{"probability": 0}]}}, r"\$\.settings\.faults: fault 0: probability"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(parts: dict[str, Any], message: str) -> None:
    """An error names the part of the file that has to be mended."""
    with pytest.raises(ScenarioError, match=message):
        load_scenario(json.dumps({"users": [ANA, BEN]} | parts).encode()).build()


def test_what_is_no_json_is_said() -> None:
    """A file that cannot be read at all is an error of its own kind."""
    with pytest.raises(ScenarioError, match=r"^\$: JSON is malformed"):
        load_scenario(b'{"items": [,]}')
    with pytest.raises(FileNotFoundError):
        load_scenario("no such file.json")
