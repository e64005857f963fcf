"""Which rows of a page are older than what was emitted while the page was on its way."""

from google_drive_worker.schemas.record import DeleteReason, OutRecord, ResourceType, Source
from google_drive_worker.sync.records import SCAN, RecordWriter
from google_drive_worker.sync.traffic import Traffic, TrafficControl

WRITER = RecordWriter("google-drive", "conn", Source("user:me"), "000000000001", SCAN, "2026-01-01T00:00:00.000Z")


def rows(*names: str) -> list[OutRecord]:
    return [WRITER.delete(ResourceType.FILE, name, DeleteReason.REMOVED) for name in names]


def left(traffic: Traffic, since: int, *names: str) -> list[str]:
    return [record.resource_id for record in traffic.untouched(rows(*names), since)]


def test_what_was_touched_since_is_dropped() -> None:
    """A row whose item was emitted after its page was asked for is older, and goes; the others stay."""
    traffic = Traffic()
    with traffic.request() as since:
        traffic.touch(["a"])
        assert left(traffic, since, "a", "b") == ["b"]
        assert traffic.was_touched("a", since)
        assert not traffic.was_touched("b", since)


def test_a_page_asked_for_later_is_newer() -> None:
    """What was emitted before a page was asked for is in that page; an older page still is compared with it."""
    traffic = Traffic()
    with traffic.request() as older:
        traffic.touch(["a"])
        with traffic.request() as newer:
            assert left(traffic, newer, "a") == ["a"]
            assert left(traffic, older, "a") == []
            traffic.touch(["b"])
            assert left(traffic, newer, "a", "b") == ["a"]


def test_an_item_touched_again_counts_as_touched_last() -> None:
    """The newest touch decides."""
    traffic = Traffic()
    with traffic.request():
        traffic.touch(["a"])
        with traffic.request() as newer:
            traffic.touch(["a"])
            assert left(traffic, newer, "a") == []


def test_nothing_is_remembered_without_a_page_under_way() -> None:
    """Touches before any request are of no interest to it."""
    traffic = Traffic()
    traffic.touch(["a"])
    with traffic.request() as since:
        assert left(traffic, since, "a") == ["a"]


def test_what_no_page_is_compared_with_is_forgotten() -> None:
    """Memory is bounded by the pages under way: with the oldest gone, what only it was compared with goes too."""
    traffic = Traffic()
    with traffic.request() as newer:
        with traffic.request():
            traffic.touch(["a"])
        traffic.touch(["b"])
        assert left(traffic, newer, "a", "b") == []
    with traffic.request() as since:
        assert left(traffic, since, "a", "b") == ["a", "b"]


def test_corpora_have_traffic_of_their_own() -> None:
    """The same corpus gives the same register, another corpus another."""
    control = TrafficControl()
    assert control.of("user:me") is control.of("user:me")
    assert control.of("user:me") is not control.of("drive:d")
