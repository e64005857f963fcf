"""Live parts in a real browser: which are fetched again, when, and that nobody is disturbed by it.

The server is one of the test's own, with the script of the control plane.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from playwright.async_api import Page, expect
from tests.support.control_plane.chromium import chromium, page_of
from tests.support.control_plane.serving import serving_app

from drive_control_plane.pages import STATIC

ONE, TWO, ALL = "connections/conn_1", "connections/conn_2/changes", "all?span=1h"
PAGE = f"""<!doctype html><title>Parts</title><p role="status" data-said></p><p data-away hidden>Old</p>
<div id="one" data-live="/fragments/{ONE}" data-every="0">as it came</div>
<div id="two" data-live="/fragments/{TWO}" data-later>not yet</div>
<div id="all" data-live="/fragments/{ALL}" data-every="0">as it came</div>
<script src="/static/live.js" defer></script>"""


@dataclass
class Parts:
    """What the server has for all parts, how often each was fetched, and the line to the page."""

    body: str = "old"
    status: int = 200
    refused: int = 0
    """So many lines are refused before one is given."""
    fetched: Counter[str] = field(default_factory=Counter)
    news: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    def app(self) -> FastAPI:
        """The server: a page, its parts, the line, the script."""
        app = FastAPI()
        app.get("/")(self._page)
        app.get("/events")(self._events)
        app.get("/fragments/connections/conn_1")(self._one)
        app.get("/fragments/connections/conn_2/changes")(self._two)
        app.get("/fragments/all")(self._all)
        app.mount("/static", STATIC)
        return app

    async def _page(self) -> Response:
        return HTMLResponse(PAGE)

    async def _one(self) -> Response:
        return self._answer(ONE)

    async def _two(self) -> Response:
        return self._answer(TWO)

    async def _all(self, span: str) -> Response:
        return self._answer(f"all?span={span}")

    def _answer(self, part: str) -> Response:
        self.fetched[part] += 1
        return HTMLResponse(self.body, self.status)

    async def _events(self) -> Response:
        if self.refused:
            self.refused -= 1
            return Response("{}", 429, media_type="application/problem+json")
        return StreamingResponse(self._lines(), media_type="text/event-stream")

    async def _lines(self) -> AsyncIterator[str]:
        yield "retry: 100\n\n"
        while True:
            yield f"event: changed\ndata: {await self.news.get()}\n\n"


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[Page, Parts]]:
    """The page, open, with all of its parts as the server first had them."""
    parts = Parts()
    async with serving_app(parts.app()) as url, chromium() as browser:
        page = await page_of(browser)
        await page.goto(url)
        for name in ("one", "two", "all"):
            await expect(page.locator(f"#{name}")).to_have_text("old")
        yield page, parts


async def test_parts_follow_what_changes() -> None:
    """Those of a connection follow it alone, those of all follow every one; a later part came with the page."""
    async with opened() as (page, parts):
        parts.body, before = "new", Counter(parts.fetched)
        await parts.news.put("conn_1")
        await expect(page.locator("#one")).to_have_text("new")
        await expect(page.locator("#all")).to_have_text("new")
        await expect(page.locator("#two")).to_have_text("old")
        assert parts.fetched[TWO] == before[TWO] == 1


async def test_much_news_is_few_fetches() -> None:
    """What comes while a part is young waits until it may be fetched again, and then is one fetch."""
    async with opened() as (page, parts):
        before = parts.fetched[ONE]
        for _ in range(50):
            await parts.news.put("conn_1")
        parts.body = "new"
        await parts.news.put("conn_1")
        await expect(page.locator("#one")).to_have_text("new")
        assert parts.fetched[ONE] - before <= 3


async def test_whoever_reads_details_or_types_is_left_alone() -> None:
    """The part waits, and is fetched as soon as they are done."""
    for inside, busy, done in (
        ("<details><summary>More</summary>much</details>", "summary", "summary"),
        ("<input aria-label='Name'>", "input", None),
    ):
        async with opened() as (page, parts):
            parts.body = inside
            await parts.news.put("conn_1")
            await page.locator(f"#one {busy}").click()
            fetched, parts.body = parts.fetched[ONE], "new"
            await parts.news.put("conn_1")
            await expect(page.locator("#all")).to_have_text("new")
            assert parts.fetched[ONE] == fetched
            if done is None:
                await page.locator("#one input").blur()
            else:
                await page.locator(f"#one {done}").click()
            await expect(page.locator("#one")).to_have_text("new")


async def test_the_keyboard_stays_where_it_was() -> None:
    """A link that is fetched again keeps the focus."""
    async with opened() as (page, parts):
        parts.body = '<a href="/somewhere">Go</a> old'
        await parts.news.put("conn_1")
        await page.locator("#one a").focus()
        parts.body = '<a href="/somewhere">Go</a> new'
        await parts.news.put("conn_1")
        await expect(page.locator("#one")).to_have_text("Go new")
        await expect(page.locator("#one a")).to_be_focused()


async def test_a_link_changes_where_a_part_comes_from() -> None:
    """Without another page; the address says it too, so that a reload shows the same."""
    async with opened() as (page, parts):
        parts.body = '<a href="?span=7d" data-here="/fragments/all?span=7d">7d</a>'
        await parts.news.put("conn_1")
        await page.evaluate("window.same = true")
        await page.locator("#all a").click()
        await page.wait_for_url("**/?span=7d")
        parts.body = "new"
        await parts.news.put("conn_1")
        await expect(page.locator("#all")).to_have_text("new")
        assert parts.fetched["all?span=7d"] >= 1
        assert await page.evaluate("window.same")


async def test_only_what_is_new_is_said_aloud() -> None:
    """One line tells screen readers how it stands, when that is another than before."""
    async with opened() as (page, parts):
        line = page.locator("[data-said]")
        for body, words in (("<b data-says='Active'>1</b>", "Active"), ("<b data-says='Paused'>2</b>", "Paused")):
            parts.body = body
            await parts.news.put("conn_1")
            await expect(line).to_have_text(words)
        await page.evaluate("document.querySelector('[data-said]').textContent = ''")
        parts.body = "<b data-says='Paused'>3</b>"
        await parts.news.put("conn_1")
        await expect(page.locator("#one")).to_have_text("3")
        await expect(line).to_have_text("")


async def test_what_cannot_be_fetched_leaves_what_is_there() -> None:
    """An error of the server takes nothing away; the next news brings it up to date."""
    async with opened() as (page, parts):
        parts.body, parts.status, before = "broken", 500, parts.fetched[ONE]
        await parts.news.put("conn_1")
        while parts.fetched[ONE] == before:  # noqa: ASYNC110 # of the browser
            await asyncio.sleep(0.02)
        await expect(page.locator("#one")).to_have_text("old")
        parts.body, parts.status = "new", 200
        await parts.news.put("conn_1")
        await expect(page.locator("#one")).to_have_text("new")


async def test_a_lost_line_is_told_and_found_again() -> None:
    """What is shown may be old then; whatever happened meanwhile is fetched once the line is back."""
    parts = Parts()
    async with chromium() as browser:
        page = await page_of(browser)
        async with serving_app(parts.app()) as url:
            await page.goto(url)
            await expect(page.locator("#two")).to_have_text("old")
        await expect(page.locator("[data-away]")).to_be_visible(timeout=15_000)
        parts.body = "new"
        async with serving_app(parts.app(), int(url.rsplit(":", 1)[1])):
            await expect(page.locator("[data-away]")).to_be_hidden(timeout=15_000)
            for name in ("one", "two", "all"):
                await expect(page.locator(f"#{name}")).to_have_text("new")


async def test_a_line_that_is_refused_is_asked_for_again() -> None:
    """Where too many are open a browser gives up by itself; the page does not, and says meanwhile what it is."""
    parts = Parts(refused=2)
    async with serving_app(parts.app()) as url, chromium() as browser:
        page = await page_of(browser)
        await page.goto(url)
        await expect(page.locator("[data-away]")).to_be_visible(timeout=15_000)
        await expect(page.locator("[data-away]")).to_be_hidden(timeout=30_000)
        assert parts.refused == 0
        parts.body = "new"
        await parts.news.put("conn_1")
        await expect(page.locator("#one")).to_have_text("new")
