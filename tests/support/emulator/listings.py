"""Listings read to their end: a world and what to list in, positions out."""

from collections.abc import Callable

from google_drive_emulator import World
from google_drive_emulator.grammar.pages import PageToken, read_token, write_token
from google_drive_emulator.search.listing import Page, Selection, list_page


def page_of(world: World, selection: Selection, start: PageToken | None, size: int) -> Page:
    """Return one page."""
    search = list_page(world, selection, start, size)
    while True:
        try:
            next(search)
        except StopIteration as finished:
            page: Page = finished.value
            return page


def whole_listing(
    world: World, selection: Selection, size: int, meanwhile: Callable[[], object] = lambda: None
) -> list[int]:
    """Return the positions on all pages, with tokens as a client has them; ``meanwhile`` runs between the pages."""
    found, start = list[int](), None
    while True:
        page = page_of(world, selection, start, size)
        found += page.positions
        if page.next_token is None:
            return found
        assert len(page.positions) == size
        start = read_token(write_token(page.next_token, "listing"), "listing")
        meanwhile()
