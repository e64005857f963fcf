"""People in a real browser: invited, signed in by password and by an identity provider, found in the audit log."""

import pytest
from playwright.async_api import Page, expect
from tests.support.control_plane.chromium import PHONE, chromium, page_of
from tests.unit.control_plane.operators.office import PASSWORD, SYSTEM
from tests.unit.control_plane.operators.oidc.hall import Hall, hall_over

from drive_control_plane.database import Database
from drive_control_plane.database.tables import Role
from drive_control_plane.operators import accounts


def told(page: Page) -> list[str]:
    """What the page complains of: scripts that fail, and whatever its policy forbids."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    return errors


async def set_up(page: Page, link: str, email: str | None = None) -> None:
    """Make an account by its link."""
    await page.goto(link)
    if email is not None:
        await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Connections")).to_be_visible()


async def administrator(hall: Hall, page: Page) -> None:
    secret = await accounts.invite(hall.context, SYSTEM, Role.ADMINISTRATOR)
    await set_up(page, f"{hall.url}/setup/{secret}", "ada@example.com")


@pytest.mark.timeout(180)
async def test_somebody_is_invited_and_comes(database: Database) -> None:
    """By keyboard: a link that is copied, an account on a phone, another role; all of it in the audit log."""
    async with hall_over(database) as hall, chromium() as browser:
        page, phone = await page_of(browser), await page_of(browser, PHONE)
        errors = told(page)
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await administrator(hall, page)
        await page.get_by_role("link", name="People").click()
        await page.get_by_label("E-mail address").press_sequentially("grace@example.com")
        await page.keyboard.press("Tab")
        await page.keyboard.type("viewer")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        link = await page.get_by_label("The link").input_value()
        await page.get_by_role("button", name="Copy").click()
        await expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert await page.evaluate("navigator.clipboard.readText()") == link

        await set_up(phone, link)
        await expect(phone.get_by_role("link", name="People")).to_have_count(0)
        await page.goto(f"{hall.url}/operators")
        await page.get_by_label("Role of grace@example.com").select_option("administrator")
        await page.get_by_role("button", name="Change the role of grace@example.com").click()
        await phone.reload()
        await phone.get_by_role("link", name="Audit log").click()
        await expect(phone.get_by_text("operator.role_changed", exact=True)).to_be_visible()
        await page.get_by_role("link", name="Audit log of grace@example.com").click()
        await expect(page.get_by_text("operator.created", exact=True)).to_have_count(1)
        async with page.expect_download() as taken:
            await page.get_by_role("link", name="Download as CSV").click()
        assert (await taken.value).suggested_filename.endswith(".csv")
        assert errors == []


@pytest.mark.timeout(180)
async def test_somebody_comes_by_the_identity_provider(database: Database) -> None:
    """The button, the provider, and back, with what the page's policy allows."""
    async with hall_over(database) as hall, chromium() as browser:
        await accounts.invite(hall.context, SYSTEM, Role.OPERATOR, "grace@example.com")
        hall.provider.signs_in("grace@example.com")
        page = await page_of(browser)
        errors = told(page)
        await page.goto(hall.url)
        await page.get_by_role("link", name="Sign in with Company").click()
        await expect(page.get_by_role("heading", name="Connections")).to_be_visible()
        await page.get_by_role("link", name="grace@example.com").click()
        await expect(page.get_by_text("This account has none")).to_be_visible()
        assert errors == []
