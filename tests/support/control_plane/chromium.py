"""A real browser for tests: Debian's Chromium under Playwright. Skips where there is none."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import pytest
from playwright.async_api import Browser, Page, async_playwright

MISSING = "needs Debian's Chromium: apt-get install chromium"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
WIDE, PHONE = (1200, 760), (390, 844)
"""Width and height in pixels."""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser until the end of the block."""
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


async def page_of(browser: Browser, size: tuple[int, int] = WIDE, scheme: Literal["light", "dark"] = "light") -> Page:
    """A page with cookies of its own."""
    width, height = size
    return await browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
