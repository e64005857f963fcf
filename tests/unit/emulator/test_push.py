"""Channels and their messages, without sending them (facts B)."""

from msgspec.structs import replace

from google_drive_emulator import synthetic_world
from google_drive_emulator.push.channels import SYNC, Channel, Channels, Notice, headers_of, item_notices
from google_drive_emulator.push.settings import PushSettings
from google_drive_emulator.world.events import DriveEvent, ItemEvent
from google_drive_emulator.world.items import Drive, Item

CHANNEL = Channel(
    id="channel-1",
    client_id="client",
    creator="user00@example.com",
    address="https://example.com/hook",
    resource_uri="https://www.googleapis.com/drive/v3/changes?alt=json",
    expires_ms=1_384_823_632_000,
    token="secret",
    log="user00@example.com",
)


def an_item() -> Item:
    return synthetic_world(files=1).create("watched.txt", data=b"one")


def notices(before: Item | None, after: Item | None) -> dict[str, Notice]:
    return dict(item_notices(before, after))


def test_a_message_says_all_in_its_headers() -> None:
    """The names and the date's form are Google's; what was not set is left out."""
    headers = headers_of(CHANNEL, 7, Notice("update", ("content", "properties")))
    assert headers["X-Goog-Channel-Expiration"] == "Tue, 19 Nov 2013 01:13:52 GMT"
    assert headers["X-Goog-Changed"] == "content, properties"
    assert headers["X-Goog-Message-Number"] == "7"
    assert headers["X-Goog-Channel-Token"] == "secret"
    assert headers["User-Agent"].startswith("APIs-Google")
    plain = headers_of(replace(CHANNEL, token=None), 1, SYNC)
    assert {"X-Goog-Channel-Token", "X-Goog-Changed"}.isdisjoint(plain)


def test_a_resource_id_is_that_of_what_is_watched() -> None:
    """Channels of different users on the same file share it; files and logs never do."""
    on_file = replace(CHANNEL, log=None, item_id="file")
    other = replace(on_file, id="channel-2", creator="user05@example.com")
    assert on_file.resource_id == other.resource_id != CHANNEL.resource_id


def test_what_happened_to_an_item_is_its_state() -> None:
    """Trash, untrash and remove have states of their own; all else is an update that says what changed."""
    item = an_item()
    trashed = replace(item, trashed=True)
    assert notices(item, trashed)[item.id] == Notice("trash")
    assert notices(trashed, item)[item.id] == Notice("untrash")
    assert notices(item, None)[item.id] == Notice("remove")
    assert notices(item, replace(item, name="other"))[item.id] == Notice("update", ("properties",))
    rewritten = replace(item, head_revision="r2", modified_ms=item.modified_ms + 1)
    assert notices(item, rewritten)[item.id] == Notice("update", ("content", "properties"))
    assert notices(item, replace(item, permissions=()))[item.id] == Notice("update", ("permissions",))


def test_folders_are_told_of_their_children() -> None:
    """What leaves a folder or enters it is an update of that folder; a renamed child is not."""
    item = replace(an_item(), parent="old")
    moved = notices(item, replace(item, parent="new"))
    assert moved["old"] == moved["new"] == Notice("update", ("children",))
    assert moved[item.id] == Notice("update", ("parents",))
    assert notices(None, item)["old"] == Notice("update", ("children",))
    assert "old" not in notices(item, replace(item, name="other"))


def test_an_event_reaches_the_channels_of_its_logs_and_item() -> None:
    """Only the logs that got an entry are told of it, and the item's watchers whatever the log."""
    item, channels = an_item(), Channels()
    stranger = replace(CHANNEL, id="stranger", log="user05@example.com")
    watcher = replace(CHANNEL, id="watcher", log=None, item_id=item.id)
    for channel in (CHANNEL, stranger, watcher):
        channels.add(channel)
    owner = item.modifier
    event = ItemEvent(owner, 1, item, None, frozenset({owner.email}))
    assert channels.told(event) == [(CHANNEL, Notice("change")), (watcher, Notice("remove"))]
    drive = DriveEvent(owner, 1, None, Drive("0A", "drive", 1), frozenset({"user05@example.com"}))
    assert channels.told(drive) == [(stranger, Notice("change"))]
    channels.remove(stranger)
    assert channels.told(drive) == []


def test_settings_out_of_range_are_named() -> None:
    """Each problem names its setting."""
    assert PushSettings().problem() is None
    for name, value in (("loss", 1.5), ("retries", 21), ("timeout_seconds", 0.0), ("allow_http", "maybe")):
        problem = replace(PushSettings(), **{name: value}).problem()
        assert problem is not None
        assert problem.startswith(name)
