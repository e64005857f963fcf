"""A browser without a screen: what a newcomer clicks, over HTTP, with cookies.

In: an address. Out: where the forms of its pages lead, when they are sent with what the page offers and what somebody
typed. It knows pages by the words on their buttons alone.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser

import aiohttp
from yarl import URL

from drive_demo.options import DemoFailedError

PASSWORD = "open sesame, open drive"  # noqa: S105 # of an account that is gone with the demo
TIMEOUT = aiohttp.ClientTimeout(total=30.0)


@dataclass(slots=True)
class Form:
    """A form as it would be sent by each of its buttons."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, dict[str, str]] = field(default_factory=dict)
    """What a button adds, by the words on it."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where a browser is, and what it can send from there."""

    url: URL
    forms: list[Form]


class Browser:
    """One with cookies of its own: give it a session that is nobody else's."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def open(self, url: str | URL) -> Page:
        """Go to an address. Raises `DemoFailedError` when there is no page."""
        return await self._show("GET", URL(url), None)

    async def press(self, page: Page, button: str, **typed: str) -> Page:
        """Send the form that a button belongs to; the page that it leads to. Raises `DemoFailedError`."""
        form = next((form for form in page.forms if button in form.buttons), None)
        if form is None:
            raise DemoFailedError(f"the page {page.url.path} has no button {button!r}")
        target = page.url.join(URL(form.action)) if form.action else page.url
        return await self._show("POST", target, {**form.fields, **typed, **form.buttons[button]})

    async def _show(self, method: str, url: URL, data: dict[str, str] | None) -> Page:
        try:
            async with self._http.request(method, url, data=data, timeout=TIMEOUT) as answer:
                answer.raise_for_status()
                return Page(answer.url, _forms(await answer.text()))
        except (aiohttp.ClientError, TimeoutError) as error:
            told = f"status {error.status}" if isinstance(error, aiohttp.ClientResponseError) else type(error).__name__
            raise DemoFailedError(f"{method} {url.path} was not answered by a page: {told}") from None


async def connect(browser: Browser, invitation: str) -> str:
    """Go from the link of the first start to a connection, as its pages offer it; the connection's id."""
    page = await browser.open(invitation)
    page = await browser.press(page, "Create the account", password=PASSWORD)
    page = await browser.press(page, "Connect Google Drive")
    page = await browser.press(page, "Allow")
    if page.url.parent.path != "/connections":
        raise DemoFailedError(f"consent led to {page.url.path}, and not to a connection")
    return page.url.name


def _forms(text: str) -> list[Form]:
    reader = _Reader()
    reader.feed(text)
    return reader.forms


class _Reader(HTMLParser):
    """Collects forms: hidden and ticked fields, chosen options, buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = ""
        self._button: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        elif self.forms:
            self._take(tag, given)

    def _take(self, tag: str, given: dict[str, str]) -> None:
        name, fields = given.get("name", ""), self.forms[-1].fields
        is_off = given.get("type") in {"checkbox", "radio"} and "checked" not in given
        if tag == "input" and name and not is_off:
            fields[name] = given.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and (self._select not in fields or "selected" in given):
            fields[self._select] = given.get("value", "")
        elif tag == "button":
            self._button = {name: given.get("value", "")} if name else {}

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self.forms[-1].buttons[data.strip()] = self._button

    def handle_endtag(self, tag: str) -> None:
        if tag == "button":
            self._button = None
