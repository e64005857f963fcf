"""Every page can be used by everybody: axe-core's rules, light and dark, wide and on a phone, by keyboard alone."""

import os
from pathlib import Path
from typing import Final, Literal

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page, expect
from tests.support.control_plane.chromium import PHONE, WIDE, chromium, page_of
from tests.support.control_plane.product import EMAIL, FILES, PASSWORD, running_product, until_said

SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
LOOKS = [(size, scheme) for size in (WIDE, PHONE) for scheme in SCHEMES]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
ARRIVAL_MS = 60_000


async def broken(page: Page, name: str) -> list[str]:
    """Hold the page against the rules in all looks; keep pictures of them where `PICTURES_OF_ALL` says so."""
    told: list[str] = []
    for (width, height), scheme in LOOKS:
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme=scheme)
        if directory := os.environ.get("PICTURES_OF_ALL"):
            await page.screenshot(path=f"{directory}/{name}-{width}-{scheme}.png", full_page=True)
        found = (await Axe().run(page, options=RULES)).response["violations"]
        look = f"{name}, {width} px, {scheme}"
        told += [f"{look}: {rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"][:3]]
        across = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        told += [f"{look}: {across} px wider than the screen"] if across > 0 else []
    return told


@pytest.mark.timeout(300)
async def test_every_page_keeps_the_rules(tmp_path: Path) -> None:
    """From the link of the first start to the settings of a connection; and a page that refuses."""
    async with chromium() as browser, running_product(tmp_path) as running:
        told: list[str] = []
        page = await page_of(browser)
        await page.goto((await until_said(running.logs[0], r"http://\S+/setup/\S+"))[0])
        told += await broken(page, "setup")
        await page.get_by_label("E-mail address").fill(EMAIL)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Nothing is connected yet")).to_be_visible()
        told += await broken(page, "empty")

        await _connect_by_keyboard(page, running.google, running.world.users[0].email)
        await expect(page.locator("dl.figures")).to_contain_text(f"{FILES:,}", timeout=ARRIVAL_MS)
        connection = page.url
        told += await broken(page, "connection")
        for name, path in (
            ("overview", running.url),
            ("settings", f"{connection}/settings"),
            ("operators", f"{running.url}/operators"),
            ("account", f"{running.url}/account"),
            ("audit", f"{running.url}/audit"),
            ("service-account", f"{running.url}/service-accounts/new"),
        ):
            answer = await page.goto(path)
            assert answer is not None
            assert answer.ok, f"{path}: {answer.status}"
            told += await broken(page, name)
        await page.goto(f"{running.url}/connections/conn_nothing")
        told += await broken(page, "refused")
        await page.context.clear_cookies()
        await page.goto(f"{running.url}/sign-in")
        told += await broken(page, "sign-in")
        assert not told, "\n".join(told)


async def _connect_by_keyboard(page: Page, google: str, account: str) -> None:
    """Reach the button by Tab, press it by Enter, and allow."""
    button = page.get_by_role("button", name="Connect Google Drive")
    for _ in range(30):
        await page.keyboard.press("Tab")
        if await button.evaluate("each => each === document.activeElement"):
            break
    await expect(button).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{google}/**")
    await page.get_by_label("Account").select_option(account)
    await page.locator('button[value="allow"]').click()
    await page.wait_for_url("**/connections/*")
