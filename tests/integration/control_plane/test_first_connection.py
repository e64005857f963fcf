"""The overview in a real browser, open while the first connection is made."""

from playwright.async_api import expect
from tests.support.control_plane.chromium import chromium, page_of
from tests.unit.control_plane.dashboard.desk import desk_over

from drive_control_plane.database import Database
from drive_control_plane.database.tables import Connection


async def test_the_first_connection_brings_filter_and_charts(database: Database) -> None:
    """Without a reload; while nothing is connected there is nothing to find and nothing to draw."""
    async with desk_over(database) as desk, chromium() as browser:
        await desk.sign_in()
        page = await page_of(browser)
        cookies = [{"name": each.key, "value": each.value, "url": desk.url} for each in desk.http.cookie_jar]
        await page.context.add_cookies(cookies)  # type: ignore[arg-type] # of more keys that may be left out
        await page.goto(desk.url)
        search, charts = page.get_by_role("search"), page.get_by_role("heading", name="Activity")
        await expect(page.get_by_text("Nothing is connected yet")).to_be_visible()
        await expect(search).to_be_hidden()
        await expect(charts).to_be_hidden()
        await page.evaluate("window.same = true")

        name = await desk.connection("Grace")
        for part in (page.get_by_role("link", name="Grace"), search, charts):
            await expect(part).to_be_visible(timeout=15_000)
        assert await page.evaluate("window.same")

        async with database.transaction() as session:
            await session.delete(await session.get_one(Connection, name))
        await expect(page.get_by_text("Nothing is connected yet")).to_be_visible(timeout=15_000)
        await expect(search).to_be_hidden()
