"""The change log keeps one entry an item, in the order of the newest changes."""

import random

from google_drive_emulator.world.changelog import ChangeLog, Entry


def numbers(log: ChangeLog, since: int = 0) -> list[int]:
    return [entry.number for entry in log.since(since)]


def test_a_newer_change_replaces_the_older_one() -> None:
    """Only the newest entry of an item is read back."""
    log = ChangeLog()
    for number, item_id in enumerate(["a", "b", "a", "c"], start=1):
        log.append(Entry(number, item_id, 0))
    assert [(entry.number, entry.item_id) for entry in log.since(0)] == [(2, "b"), (3, "a"), (4, "c")]
    assert len(log) == 3


def test_reading_starts_at_the_token() -> None:
    """Entries before the token are left out, even if the token's own number was replaced."""
    log = ChangeLog()
    for number, item_id in enumerate(["a", "b", "a", "c"], start=1):
        log.append(Entry(number, item_id, 0))
    assert numbers(log, 1) == [2, 3, 4]
    assert numbers(log, 4) == [4]
    assert numbers(log, 5) == []


def test_memory_is_bounded_by_the_items() -> None:
    """However often few items change, the entries kept stay few and right."""
    log, chance, newest = ChangeLog(), random.Random(9), dict[str, int]()
    for number in range(1, 20_000):
        item_id = str(chance.randrange(50))
        log.append(Entry(number, item_id, 0))
        newest[item_id] = number
    assert numbers(log) == sorted(newest.values())
