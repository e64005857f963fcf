"""An app and a browser: they go through the consent page's form as a person would."""

import json
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .conftest import Answer, Client

DRIVE = "https://www.googleapis.com/auth/drive"
DRIVE_READONLY = f"{DRIVE}.readonly"
METADATA = f"{DRIVE}.metadata.readonly"
REDIRECT_URI = "https://app.example/callback"


class Page(HTMLParser):
    """A page as a browser reads it: its words, and its form with what is chosen and ticked at first."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.action = ""
        self.hidden: dict[str, str] = {}
        self.ticked: list[str] = []
        self.accounts: list[str] = []
        self.account = ""
        self.decisions: list[str] = []
        self.labelled: set[str] = set()
        self.tags: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        match tag, given.get("type"):
            case "form", _:
                self.action = given["action"]
            case "input", "hidden":
                self.hidden[given["name"]] = given["value"]
            case "input", "checkbox":
                self.ticked.append(given["value"])
            case "option", _:
                self.accounts.append(given["value"])
                self.account = given["value"] if "selected" in given else self.account
            case "button", _:
                self.decisions.append(given["value"])
            case "label", _ if "for" in given:
                self.labelled.add(given["for"])

    def handle_data(self, data: str) -> None:
        self.words += data


@dataclass(frozen=True)
class App:
    """A client of the emulator's authorisation and token endpoints."""

    client: Client
    client_id: str = "app"
    client_secret: str = "hush"
    redirect_uri: str = REDIRECT_URI
    scope: str = DRIVE
    extra: dict[str, str] = field(default_factory=dict)

    def asking(self, **extra: str) -> "App":
        """Return an app that asks with more parameters; an empty one is left out."""
        return replace(self, extra={**self.extra, **extra})

    async def open(self) -> Answer:
        """Send the browser to the authorisation endpoint."""
        params = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": self.scope,
            **self.extra,
        }
        sent = {name: value for name, value in params.items() if value}
        path = "/o/oauth2/v2/auth"
        return await self.client.send("GET", path, params=sent, headers={"Authorization": ""}, allow_redirects=False)

    async def answer(self, page: Page, decision: str = "allow", **changes: Any) -> Answer:
        """Answer a consent page; ``granted`` and ``account`` change what is ticked and chosen."""
        granted, account = changes.get("granted", page.ticked), changes.get("account", page.account)
        fields = [*page.hidden.items(), ("account", account), ("decision", decision)]
        fields += [("granted", scope) for scope in granted]
        return await self.client.send("POST", page.action, data=fields, allow_redirects=False)

    async def consent(self, decision: str = "allow", **changes: Any) -> dict[str, str]:
        """Go through the page, and return the parameters that come back to the app."""
        page = Page((await self.open()).body.decode())
        return landed(await self.answer(page, decision, **changes))

    async def exchange(self, code: str, **changes: str) -> Answer:
        """Exchange a code."""
        form = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "code": code,
            "redirect_uri": self.redirect_uri,
            **changes,
        }
        return await self.client.send("POST", "/token", data={key: value for key, value in form.items() if value})

    async def refresh(self, refresh_token: str, **changes: str) -> Answer:
        """Ask for an access token by a refresh token."""
        form = {
            "grant_type": "refresh_token",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": refresh_token,
            **changes,
        }
        return await self.client.send("POST", "/token", data={key: value for key, value in form.items() if value})

    async def sign_in(self, **changes: Any) -> Any:
        """Go through the page and exchange the code; return the token endpoint's answer."""
        answer = await self.exchange((await self.consent(**changes))["code"])
        assert answer.status == 200, answer.body
        return answer.json


def landed(answer: Answer) -> dict[str, str]:
    """Return the parameters of the address that an answer leads to."""
    assert answer.status == 302, answer.body
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


async def register(client: Client, **message: object) -> Any:
    """Carry out an action of the control API."""
    answer = await client.control("POST", "oauth", message)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)
