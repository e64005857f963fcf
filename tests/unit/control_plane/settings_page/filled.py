"""The form of the settings' page as a browser without scripts has it: a page in; its fields, to be changed and sent."""

from html.parser import HTMLParser

from tests.support.control_plane.consent import Browser, Seen

Fields = list[tuple[str, str]]


class _Fields(HTMLParser):
    """What would be sent if nothing is changed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: Fields = []
        self._is_inside, self._templates = False, 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._is_inside = (given["action"] or "").endswith("/settings")
        self._templates += tag == "template"
        is_chosen = "checked" in given or given.get("type") not in {"radio", "checkbox"}
        if tag == "input" and self._is_inside and not self._templates and is_chosen and given.get("name"):
            self.fields.append((str(given["name"]), given.get("value") or ""))

    def handle_endtag(self, tag: str) -> None:
        self._templates -= tag == "template"
        if tag == "form":
            self._is_inside = False


class Settings:
    """A connection's settings in a browser."""

    def __init__(self, browser: Browser, connection_id: str) -> None:
        self.browser, self.path = browser, f"/connections/{connection_id}/settings"
        self.page: Seen
        self.fields: Fields = []

    async def open(self) -> "Settings":
        """Load the page."""
        self._show(await self.browser.send("GET", self.path))
        assert self.page.status == 200, self.page.text
        return self

    def values(self, name: str) -> list[str]:
        return [value for field, value in self.fields if field == name]

    def set(self, **values: str | list[str]) -> "Settings":
        """Give fields other values."""
        self.fields = [(name, value) for name, value in self.fields if name not in values]
        for name, value in values.items():
            self.fields += [(name, each) for each in ([value] if isinstance(value, str) else value)]
        return self

    async def press(self, **button: str) -> Seen:
        """Send the form by a button; what is shown then."""
        answer = await self.browser.send("POST", self.path, data=[*self.fields, *button.items()])
        if answer.status == 303:
            answer = await self.browser.send("GET", answer.location)
        self._show(answer)
        return answer

    def _show(self, page: Seen) -> None:
        self.page, self.fields = page, _Fields(page.text).fields
