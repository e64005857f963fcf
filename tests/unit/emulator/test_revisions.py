"""Revisions: what is kept of past contents, and for how long (facts A8)."""

import pytest

from google_drive_emulator import World, synthetic_world
from google_drive_emulator.world.items import DOCUMENT, Item, Traits
from google_drive_emulator.world.revisions import PURGED_AFTER_MS, Revision, RevisionSettings, merged

KEPT = RevisionSettings(keep_forever=True)


@pytest.fixture
def world() -> World:
    """A small world whose time stands still."""
    world = synthetic_world(files=10, seed=0)
    world.clock.freeze()
    return world


def edited(world: World, times: int) -> Item:
    """Make a file with so many contents: ``0``, ``1`` and so on."""
    item = world.create("file", data=b"0")
    for number in range(1, times):
        item = world.edit(item.id, str(number).encode())
    return item


def contents(world: World, item: Item) -> list[str]:
    return [text_of(each) for each in world.revisions.of(item, world.clock())]


def text_of(revision: Revision) -> str:
    assert revision.content is not None
    return revision.content.read(0, 10).decode()


def test_past_contents_are_kept_oldest_first(world: World) -> None:
    """Every content but the present one was superseded, and the last is what the file names as its head."""
    item = edited(world, 3)
    found = world.revisions.of(item, world.clock())
    assert contents(world, item) == ["0", "1", "2"]
    assert [each.is_head for each in found] == [False, False, True]
    assert found[-1].id == item.head_revision


def test_a_past_content_is_purged_after_thirty_days(world: World) -> None:
    """The 30 days begin when newer content comes, not when the content was written."""
    item = edited(world, 1)
    world.clock.advance(PURGED_AFTER_MS)
    item = world.edit(item.id, b"1")
    world.clock.advance(PURGED_AFTER_MS - 1)
    assert contents(world, item) == ["0", "1"]
    world.clock.advance(1)
    assert contents(world, item) == ["1"]


def test_at_most_a_hundred_past_contents_are_kept(world: World) -> None:
    """Beyond that the oldest are purged at once."""
    item = edited(world, 105)
    assert contents(world, item) == [str(number) for number in range(4, 105)]


def test_what_is_kept_forever_is_never_purged(world: World) -> None:
    """It does not count among the hundred either."""
    item = edited(world, 1)
    world.revisions.set(item, world.revisions.head(item).id, KEPT)
    for number in range(1, 103):
        item = world.edit(item.id, str(number).encode())
    assert contents(world, item)[:2] == ["0", "2"]
    world.clock.advance(10 * PURGED_AFTER_MS)
    assert contents(world, item) == ["0", "102"]


def test_an_upload_can_ask_to_be_kept(world: World) -> None:
    """``keep_head_revision`` holds for the content it came with, not for the next one."""
    item = world.create("file", data=b"0", traits=Traits(keep_head_revision=True))
    item = world.edit(item.id, b"1")
    found = world.revisions.of(item, world.clock())
    assert [each.settings.keep_forever for each in found] == [True, False]


def test_a_past_revision_takes_settings_of_its_own(world: World) -> None:
    """Only the one that is named changes."""
    item = edited(world, 3)
    first, second, _ = world.revisions.of(item, world.clock())
    world.revisions.set(item, second.id, KEPT)
    found = world.revisions.of(item, world.clock())
    assert [each.settings.keep_forever for each in found] == [False, True, False]
    assert world.revisions.find(item, first.id, world.clock()) == first


def test_documents_number_their_revisions(world: World) -> None:
    """They are counted from 1, keep their text and are not purged."""
    item = world.create("document", mime_type=DOCUMENT)
    for text in (b"one", b"two"):
        item = world.edit(item.id, text)
    world.clock.advance(2 * PURGED_AFTER_MS)
    found = world.revisions.of(item, world.clock())
    assert [(each.id, each.text) for each in found] == [("1", None), ("2", "one"), ("3", "two")]


def test_a_republished_document_stays_published(world: World) -> None:
    """``publishAuto`` publishes the next revisions too."""
    item = world.create("document", mime_type=DOCUMENT)
    world.revisions.set(item, "1", RevisionSettings(published=True, publish_auto=True))
    item = world.edit(item.id, b"two")
    world.revisions.set(item, "2", RevisionSettings(published=True))
    item = world.edit(item.id, b"three")
    assert [each.settings.published for each in world.revisions.of(item, world.clock())] == [True, True, False]


def test_a_busy_document_shows_every_third_revision(world: World) -> None:
    """The present one is always among them; blobs are not merged."""
    document, blob = world.create("document", mime_type=DOCUMENT), edited(world, 4)
    for number in range(7):
        document = world.edit(document.id, str(number).encode())
    assert [each.id for each in merged(world.revisions.of(document, world.clock()))] == ["3", "6", "8"]
    assert len(merged(world.revisions.of(blob, world.clock()))) == 4


def test_revisions_go_with_snapshots_and_their_file(world: World) -> None:
    """A rewound world has the revisions it had; a deleted file has none."""
    item = edited(world, 2)
    snapshot = world.snapshot()
    world.edit(item.id, b"2")
    world.rewind(snapshot)
    assert contents(world, item) == ["0", "1"]
    world.delete(item.id)
    assert contents(world, item) == ["1"]
