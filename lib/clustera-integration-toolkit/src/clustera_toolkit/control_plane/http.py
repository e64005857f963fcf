"""Requests to one control plane. In: a path and a body. Out: a whole, bounded answer, or "unavailable"."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from clustera_toolkit.control_plane.answers import Answer
from clustera_toolkit.control_plane.errors import AnswerError, ControlPlaneUnavailableError

__all__ = ["Http", "checked_base_url"]

MAX_BYTES = 1024 * 1024
CONNECTIONS = 20
TIMEOUT = aiohttp.ClientTimeout(total=30.0, sock_connect=5.0)
"""Long enough for a control plane that has to ask Google first."""


def checked_base_url(url: str) -> str:
    """The address without its last slash. Raises `ValueError` for one that is none, or that holds a password."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("CONTROL_PLANE_BASE_URL: must be an address that starts with https:// or http://")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("CONTROL_PLANE_BASE_URL: must hold neither a password nor a query")
    return url.rstrip("/")


class Http:
    """Keeps connections open between requests. Redirects are answers, never followed: they could lead anywhere."""

    def __init__(self, base_url: str, timeout: aiohttp.ClientTimeout = TIMEOUT) -> None:
        self._base_url = checked_base_url(base_url)
        self._host = urlsplit(base_url).netloc
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the pool of connections."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            headers={"accept": "application/json"},
        )

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(self, path: str, authorization: str, **body: Any) -> Answer:
        """POST `json=` or `data=` (a form). Raises `ControlPlaneUnavailableError`, `AnswerError`."""
        if self._session is None:
            raise RuntimeError("the client is not open: use it within `async with`")
        headers = {"authorization": authorization}
        try:
            async with self._session.post(
                f"{self._base_url}{path}", headers=headers, allow_redirects=False, **body
            ) as answer:
                content = await _bounded(answer)
                return Answer(answer.status, _lower(answer.headers), content)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            cause = type(error).__name__
        # Outside the handler, so that the cause is not chained: aiohttp's errors hold the request's headers.
        raise ControlPlaneUnavailableError(f"no whole answer from the control plane at {self._host}: {cause}")


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for piece in answer.content.iter_any():
        content += piece
        if len(content) > MAX_BYTES:
            raise AnswerError(f"an answer of more than {MAX_BYTES} bytes; is CONTROL_PLANE_BASE_URL right?")
    return bytes(content)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
