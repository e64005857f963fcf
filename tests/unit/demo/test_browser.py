"""The demo's browser: what it sends from a page, over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from drive_demo.browser import Browser
from drive_demo.options import DemoFailedError

PAGE = """
<form action="/sign-out" method="post"><input type="hidden" name="csrf_token" value="one">
  <button>Sign out</button></form>
<form method="post">
  <input type="hidden" name="state" value="a&amp;b"><input name="email" value="you@example.com"><input type="submit">
  <select name="account"><option value="first">First</option><option value="second" selected>Second</option></select>
  <select name="colour"><option value="red">Red</option><option value="blue">Blue</option></select>
  <input type="checkbox" name="ticked" value="yes" checked><input type="checkbox" name="unticked" value="no">
  <button name="decision" value="deny">Cancel</button><button name="decision" value="allow">Allow</button>
</form>
"""


@asynccontextmanager
async def site() -> AsyncIterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """A site of one page, its address, and what is sent to it; whatever is sent leads back to the page."""
    sent: list[tuple[str, dict[str, str]]] = []

    async def show(_: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def take(request: web.Request) -> web.Response:
        sent.append((request.path, {name: str(value) for name, value in (await request.post()).items()}))
        return web.Response(status=303, headers={"Location": "/page"})

    app = web.Application()
    app.add_routes([web.get("/page", show), web.post("/{path}", take)])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", sent
    finally:
        await runner.cleanup()


async def test_a_form_is_sent_as_its_button_sends_it() -> None:
    """Hidden and typed fields, chosen options, what is ticked, and the button's own value; nothing of other forms."""
    async with site() as (url, sent), aiohttp.ClientSession() as http:
        browser = Browser(http)
        page = await browser.press(await browser.open(f"{url}/page"), "Allow", email="me@example.com")
    form = {"state": "a&b", "email": "me@example.com", "account": "second", "colour": "red", "ticked": "yes"}
    assert sent == [("/page", {**form, "decision": "allow"})]
    assert page.url.path == "/page"


async def test_a_form_goes_where_it_says() -> None:
    """A form with an address of its own is sent there."""
    async with site() as (url, sent), aiohttp.ClientSession() as http:
        browser = Browser(http)
        await browser.press(await browser.open(f"{url}/page"), "Sign out")
    assert sent == [("/sign-out", {"csrf_token": "one"})]


async def test_a_button_that_is_not_there_is_named() -> None:
    """What a newcomer would not find is what the demo says."""
    async with site() as (url, _), aiohttp.ClientSession() as http:
        browser = Browser(http)
        page = await browser.open(f"{url}/page")
        with pytest.raises(DemoFailedError, match="no button 'Connect Google Drive'"):
            await browser.press(page, "Connect Google Drive")


async def test_a_page_that_is_not_there_is_named() -> None:
    """An answer that is no page ends the way, with its status."""
    async with site() as (url, _), aiohttp.ClientSession() as http:
        with pytest.raises(DemoFailedError, match="GET /nowhere was not answered by a page: status 405"):
            await Browser(http).open(f"{url}/nowhere")
