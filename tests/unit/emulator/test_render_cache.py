"""Rendered files are kept within a budget and given back for the same version only."""

from google_drive_emulator.rendering.render_cache import RenderCache

RENDERED = b"x" * 800  # with its overhead 1000 bytes


def test_another_version_is_not_given_back() -> None:
    """An entry is good for the version it was made of."""
    shelf = RenderCache().shelf("mask", 0)
    shelf.put(7, 1, RENDERED)
    assert shelf.get(7, 1) == RENDERED
    assert shelf.get(7, 2) is None


def test_a_full_shelf_keeps_what_it_has() -> None:
    """A single mask that fills the budget adds no more and drops nothing."""
    cache = RenderCache(3000)
    shelf = cache.shelf("mask", 0)
    for position in range(10):
        shelf.put(position, 1, RENDERED)
    assert [position for position in range(10) if shelf.get(position, 1)] == [0, 1, 2]
    assert cache.used_bytes == 3000


def test_the_mask_unused_for_longest_makes_room() -> None:
    """A new mask takes the room of the one that was asked for longest ago, which then adds nothing more."""
    cache = RenderCache(3000)
    old, recent = cache.shelf("old", 0), cache.shelf("recent", 0)
    old.put(1, 1, RENDERED)
    recent.put(1, 1, RENDERED)
    recent.put(2, 1, RENDERED)
    new = cache.shelf("new", 0)
    new.put(1, 1, RENDERED)
    old.put(2, 1, RENDERED)
    assert cache.shelf("old", 0).get(1, 1) is None
    assert recent.get(2, 1) == new.get(1, 1) == RENDERED
    assert cache.used_bytes == 3000


def test_replacing_an_entry_counts_its_bytes_once() -> None:
    """A new version takes the place of the old one."""
    cache = RenderCache(3000)
    shelf = cache.shelf("mask", 0)
    for version in range(20):
        shelf.put(1, version, RENDERED)
    assert cache.used_bytes == 1000
    assert shelf.get(1, 19) == RENDERED


def test_a_new_epoch_starts_empty() -> None:
    """When items changed through what they inherit, nothing kept is good any more."""
    cache = RenderCache()
    cache.shelf("mask", 0).put(1, 1, RENDERED)
    assert cache.shelf("mask", 1).get(1, 1) is None
    assert cache.used_bytes == 0
