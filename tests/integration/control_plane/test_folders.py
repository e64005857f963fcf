"""Choosing folders in a real browser, by the keyboard alone; and that the worker then follows nothing else."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect
from tests.support.control_plane.chromium import chromium, page_of
from tests.support.control_plane.consent import stage
from tests.support.control_plane.product import EMAIL, PASSWORD, Product, running_product, until_said
from tests.unit.control_plane.folders.planting import FOLDER, folder

from drive_control_plane.database import Database

ARRIVAL_MS = 60_000


@pytest.mark.timeout(300)
async def test_a_nested_folder_is_chosen_by_keyboard_and_followed_alone(tmp_path: Path) -> None:
    """Opened, chosen, saved after a word on what goes; then only what lies in it is there, and what is new in it."""
    async with chromium() as browser, running_product(tmp_path) as product:
        page = await page_of(browser)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        projects = await _make(product, name="Projects", mimeType=FOLDER)
        year = await _make(product, name="2026", mimeType=FOLDER, parent=projects)
        await _make(product, name="Plan.txt", parent=year)
        outside = await _make(product, name="Outside.txt", parent=projects)
        await _signed_in_and_connected(page, product)
        await product.until_record(lambda record: record["resource_id"] == outside and record["op"] == "upsert")

        connection = page.url
        await page.goto(f"{connection}/settings")
        await _choose_by_keyboard(page)
        await expect(page.get_by_role("heading", name="Consumers will be told that items are gone")).to_be_visible()
        await page.get_by_role("button", name="Save all the same").press("Enter")
        await expect(page.get_by_text("Saved. The worker is told")).to_be_visible()
        await expect(page.get_by_role("list", name="Chosen folders")).to_contain_text("2026")
        await expect(page.get_by_role("radio", name="Only these folders")).to_be_checked()

        await page.goto(connection)
        await page.get_by_role("button", name="Confirm the removal").press("Enter", timeout=ARRIVAL_MS)
        await product.until_record(lambda record: _is_marker(record) and sum(record["data"]["counts"].values()) == 2)
        await expect(page.locator("dl.figures")).to_contain_text("Items2", timeout=ARRIVAL_MS)
        new_outside = await _make(product, name="Outside too.txt", parent=projects)
        new_inside = await _make(product, name="Inside.txt", parent=year)
        upserts: list[str] = []

        def is_inside(record: dict[str, Any]) -> bool:
            upserts.extend([record["resource_id"]] * (record["op"] == "upsert"))
            return new_inside in upserts

        await product.until_record(is_inside)
        assert new_outside not in upserts
        assert errors == []


def _is_marker(record: dict[str, Any]) -> bool:
    """Whether a record tells consumers that what was not listed is gone."""
    data = record["data"]
    return record["resource_type"] == "snapshot" and data["phase"] == "complete" and data["complete"] is True


async def test_the_picker_finds_pages_and_takes_back(database: Database) -> None:
    """Search by Enter, long lists page by page, boxes and the list of chosen folders in step, focus never lost."""
    async with chromium() as browser, stage(database) as staged:
        page = await page_of(browser)
        await page.set_extra_http_headers({"X-Operator": "op_1"})
        many = await folder(staged, "Many")
        made = [{"op": "create", "name": f"F{number}", "mimeType": FOLDER, "parent": many} for number in range(203)]
        await staged.control("POST", "world", {"mutations": made})
        await page.goto(f"{staged.url}/connections/{await staged.connected()}/settings")
        chosen, tree = page.get_by_role("list", name="Chosen folders"), page.locator("#tree")
        await page.get_by_text("Choose from the drive").click()
        await page.get_by_label("Search by name").fill("f20")
        await page.get_by_label("Search by name").press("Enter")
        await tree.get_by_text("in Many").first.wait_for()
        for name in ("F200", "F201"):
            await tree.get_by_label(name).check()
        await expect(chosen.get_by_role("listitem")).to_have_count(2)

        await page.get_by_label("Search by name").fill("")
        await page.get_by_role("button", name="Search").click()
        for name in ("My Drive", "Many"):
            await tree.get_by_role("button", name=f"Folders in {name}").click()
        await tree.get_by_role("button", name="More folders").press("Enter")
        await expect(tree.get_by_label("F200")).to_be_checked()
        await expect(tree.get_by_role("button", name="More folders")).to_have_count(0)
        assert await page.evaluate("document.activeElement.innerText") == "Folders in F200"

        await chosen.get_by_role("button", name="Remove F200").press("Enter")
        await expect(tree.get_by_label("F200")).not_to_be_checked()
        await expect(chosen.get_by_role("button", name="Remove F201")).to_be_focused()
        await tree.get_by_label("F201").uncheck()
        await expect(page.get_by_text("None yet.")).to_be_visible()

        await staged.fail("files.list", status=403, reason="domainPolicy")
        await tree.get_by_role("button", name="Folders in Shared with me").click()
        await expect(tree.get_by_role("alert")).to_contain_text("administrator")


async def _make(product: Product, **values: Any) -> str:
    made = await product.control("world", {"mutations": [{"op": "create", **values}]})
    found: str = made["results"][0]["id"]
    return found


async def _signed_in_and_connected(page: Page, product: Product) -> None:
    await page.goto((await until_said(product.logs[0], r"http://\S+/setup/\S+"))[0])
    await page.get_by_label("E-mail address").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Create the account").click()
    await page.get_by_role("button", name="Connect Google Drive").first.click()
    await page.wait_for_url(f"{product.google}/**")
    await page.get_by_label("Account").select_option(product.world.users[0].email)
    await page.locator('button[value="allow"]').click()
    await page.wait_for_url(f"{product.url}/connections/*")


async def _choose_by_keyboard(page: Page) -> None:
    """No pointer: each control is reached by Tab from the one before it, and pressed."""
    await page.get_by_text("Choose from the drive").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Folders in My Drive")).to_be_visible()
    for name, opens in (("My Drive", "Projects"), ("Projects", "2026")):
        await _tab_to(page, f"Folders in {name}")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name=f"Folders in {opens}")).to_be_visible()
    await _tab_to(page, "2026")
    await page.keyboard.press("Space")
    await expect(page.get_by_role("checkbox", name="2026")).to_be_checked()
    await expect(page.get_by_role("list", name="Chosen folders")).to_contain_text("2026")
    if pictures := os.environ.get("PICTURES"):
        await page.locator("fieldset").first.screenshot(path=f"{pictures}/control-plane-settings.png")
    await page.get_by_label("Name of the connection").press("Enter")


async def _tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called so has the focus."""
    for _ in range(100):
        await page.keyboard.press("Tab")
        if (
            await page.evaluate("(document.activeElement.labels?.[0] ?? document.activeElement).innerText.trim()")
            == name
        ):
            return
    raise AssertionError(f"Tab does not lead to {name}")
