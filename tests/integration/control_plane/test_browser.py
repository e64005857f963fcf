"""The same way in a real browser: what a person sees, and that pages change by themselves."""

import os
import time
from pathlib import Path

import pytest
from playwright.async_api import ConsoleMessage, Page, expect
from tests.support.control_plane.chromium import chromium, page_of
from tests.support.control_plane.product import EMAIL, FILES, PASSWORD, Product, running_product, until_said

ARRIVAL_MS = 60_000
PUSHED_SECONDS = 10.0
"""A change is pushed within two seconds on an idle machine; this one also runs everything else."""


@pytest.mark.timeout(300)
async def test_a_newcomer_gets_to_a_synced_drive(tmp_path: Path) -> None:
    """From the link of the first start: account, consent, progress, all files; push; revoked; consent once more."""
    async with chromium() as browser, running_product(tmp_path) as product:
        page = await page_of(browser)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if _is_ours(line, product) else None)
        await page.goto((await until_said(product.logs[0], r"http://\S+/setup/\S+"))[0])
        await page.get_by_label("E-mail address").fill(EMAIL)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Create the account").click()
        await expect(page.get_by_role("heading", name="Nothing is connected yet")).to_be_visible()

        await _connect(page, product, "Connect Google Drive")
        await expect(page.locator("dl.figures")).to_contain_text(f"{FILES:,}", timeout=ARRIVAL_MS)
        await expect(page.locator("dl.figures")).to_contain_text("Pushon", timeout=ARRIVAL_MS)

        await _change_arrives(page, product)
        if pictures := os.environ.get("PICTURES"):
            await page.screenshot(path=f"{pictures}/control-plane-connection.png", full_page=True)

        await product.revoke()
        await product.control("world", {"mutations": [{"op": "create", "name": "Unseen.txt"}]})
        await expect(page.get_by_text("Consent needed")).to_be_visible(timeout=ARRIVAL_MS)
        await page.reload()
        await _connect(page, product, "Give consent again")
        await expect(page.get_by_text("Active", exact=True)).to_be_visible(timeout=ARRIVAL_MS)
        await product.until_record(lambda record: (record["data"] or {}).get("name") == "Unseen.txt")

        await page.get_by_role("link", name="Audit log").click()
        await expect(page.get_by_role("cell", name="operator.created")).to_be_visible()
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert errors == []


def _is_ours(line: ConsoleMessage, product: Product) -> bool:
    """Whether a page of ours, and not Google's, tells of an error."""
    return line.type == "error" and line.location["url"].startswith(product.url)


async def _connect(page: Page, product: Product, button: str) -> None:
    """Press a button that leads to Google, choose the account there, allow, and come back to the connection."""
    await page.get_by_role("button", name=button).click()
    await page.wait_for_url(f"{product.google}/**")
    await page.get_by_label("Account").select_option(product.world.users[0].email)
    await page.locator('button[value="allow"]').click()
    await page.wait_for_url(f"{product.url}/connections/*")


async def _change_arrives(page: Page, product: Product) -> None:
    """A file that is made in the drive shows in the connection's changes, without a reload."""
    shown = page.get_by_test_id("changes")
    before = int((await shown.inner_text()).replace(",", ""))
    began = time.monotonic()
    await product.control("world", {"mutations": [{"op": "create", "name": "Pushed.txt"}]})
    await expect(shown).not_to_have_text(f"{before:,}", timeout=PUSHED_SECONDS * 1000)
    print(f"a change was shown after {time.monotonic() - began:.1f} s")
