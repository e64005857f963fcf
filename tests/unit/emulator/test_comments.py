"""Commenting: what is said, unsaid and told of it (facts A9)."""

import pytest

from google_drive_emulator import MutationError, World, synthetic_world
from google_drive_emulator.world.commenting import (
    add_comment,
    add_reply,
    delete_comment,
    delete_reply,
    edit_comment,
    edit_reply,
    mentions,
)
from google_drive_emulator.world.comments import Comment
from google_drive_emulator.world.events import CommentEvent, Event
from google_drive_emulator.world.items import FOLDER
from google_drive_emulator.world.quirks import Quirks


@pytest.fixture
def world() -> World:
    """A small world whose time stands still."""
    world = synthetic_world(files=10, seed=0)
    world.clock.freeze()
    return world


@pytest.fixture
def file_id(world: World) -> str:
    """Make a file to talk about."""
    return world.create("file").id


@pytest.fixture
def comment(world: World, file_id: str) -> Comment:
    """Say something about the file."""
    return add_comment(world, file_id, world.users[0], "first")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", ()),
        ("a@example.com", ()),
        ("+a@example.com and +b.c@x.example.org.", ("a@example.com", "b.c@x.example.org")),
        ("+a@example.com, +a@example.com", ("a@example.com",)),
        ("1+a@nowhere", ()),
    ],
)
def test_a_plus_mentions_an_address(content: str, expected: tuple[str, ...]) -> None:
    """Each address counts once, and needs a domain with a dot."""
    assert mentions(content) == expected


def test_a_reply_moves_the_comments_modification(world: World, file_id: str, comment: Comment) -> None:
    """Its creation stays; the file is not touched."""
    before = world.item(file_id)
    world.clock.advance(5000)
    reply = add_reply(world, file_id, comment.id, world.users[1], "yes")
    answered = world.comments.get(file_id, comment.id)
    assert answered is not None
    assert answered.replies == (reply,)
    assert answered.modified_ms - answered.created_ms == 5000
    assert world.item(file_id) == before


def test_replies_resolve_and_reopen(world: World, file_id: str, comment: Comment) -> None:
    """A reply without an action leaves things as they are."""
    states = []
    for action in ("resolve", None, "reopen"):
        add_reply(world, file_id, comment.id, world.users[1], "so", action=action)
        found = world.comments.get(file_id, comment.id)
        states.append(found is not None and found.is_resolved)
    assert states == [True, True, False]


def test_who_deletes_leaves_the_id_and_the_replies(world: World, file_id: str, comment: Comment) -> None:
    """The content is gone, and nothing more can be said there."""
    reply = add_reply(world, file_id, comment.id, world.users[1], "+a@example.com")
    delete_reply(world, file_id, comment.id, reply.id)
    delete_comment(world, file_id, comment.id)
    found = world.comments.get(file_id, comment.id)
    assert found is not None
    assert (found.content, found.is_deleted, len(found.replies)) == ("", True, 1)
    assert (found.replies[0].content, found.replies[0].mentioned, found.replies[0].is_deleted) == ("", (), True)
    with pytest.raises(MutationError, match="there is no comment"):
        add_reply(world, file_id, comment.id, world.users[1], "late")
    with pytest.raises(MutationError, match="there is no reply"):
        edit_reply(world, file_id, comment.id, reply.id, "late")


def test_edits_change_text_mentions_and_time(world: World, file_id: str, comment: Comment) -> None:
    """A comment and a reply are edited alike."""
    reply = add_reply(world, file_id, comment.id, world.users[1], "yes")
    world.clock.advance(7)
    edited = edit_comment(world, file_id, comment.id, "+a@example.com")
    answered = edit_reply(world, file_id, comment.id, reply.id, "+b@example.com")
    assert (edited.content, edited.mentioned) == ("+a@example.com", ("a@example.com",))
    assert (answered.mentioned, answered.modified_ms - answered.created_ms) == (("b@example.com",), 7)


def test_listeners_hear_what_was_said(world: World, file_id: str) -> None:
    """Each event names the comment, the reply and who did it; edits are not told."""
    heard: list[Event] = []
    world.listen(heard.append)
    first, second = world.users[:2]
    comment = add_comment(world, file_id, first, "+a@example.com", assignee=second.email)
    reply = add_reply(world, file_id, comment.id, second, action="resolve")
    edit_comment(world, file_id, comment.id, "changed")
    delete_comment(world, file_id, comment.id)
    told = [(each.action, each.actor, each.reply_id) for each in heard if isinstance(each, CommentEvent)]
    assert told == [("ADDED", first, None), ("RESOLVED", second, reply.id), ("DELETED", first, None)]
    assert isinstance(heard[0], CommentEvent)
    assert (heard[0].mentioned, heard[0].assignee) == (("a@example.com",), second.email)


@pytest.mark.parametrize("logged", [False, True])
def test_a_comment_is_logged_only_by_the_quirk(world: World, file_id: str, logged: bool) -> None:
    """By default the change log says nothing of comments."""
    world.quirks = Quirks(comments_log_changes=logged)
    start = world.change_id + 1
    add_comment(world, file_id, world.users[0], "first")
    entries = [entry.item_id for entry in world.changes_since(world.users[0], start)]
    assert entries == ([file_id] if logged else [])


def test_folders_cannot_be_commented_on(world: World) -> None:
    """Nor can what is not there."""
    folder = world.create("folder", mime_type=FOLDER)
    with pytest.raises(MutationError, match="folder or shortcut"):
        add_comment(world, folder.id, world.users[0], "first")
    with pytest.raises(MutationError, match="there is no item"):
        add_comment(world, "1x", world.users[0], "first")


def test_comments_go_with_snapshots(world: World, file_id: str, comment: Comment) -> None:
    """A rewound world has the comments it had."""
    snapshot = world.snapshot()
    edit_comment(world, file_id, comment.id, "second")
    add_comment(world, file_id, world.users[0], "third")
    world.rewind(snapshot)
    assert world.comments.of(file_id) == (comment,)
