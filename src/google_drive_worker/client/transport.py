"""HTTP and nothing else. In: a request. Out: a whole, bounded answer of any status, or a typed error.

One transport serves the whole process: its pool of kept-alive connections is bounded, its waits too.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp

from google_drive_worker.client.body import Body
from google_drive_worker.client.errors import NetworkError

READ_BUFFER_BYTES = 1024 * 1024  # pages are megabytes: a small buffer would stop and start the socket all the time
BeforeBody = Callable[[], Awaitable[None]]
DEFAULT_MAX_BYTES = 16 * 1024 * 1024
# Google compresses only when the User-Agent names gzip as well (facts G).
USER_AGENT = f"google-drive-worker/{version('google-drive-worker')} (gzip)"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportLimits:
    """Bounds of the pool and of waits in seconds; `read_seconds` is the longest silence within an answer."""

    connections: int = 100
    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    total_seconds: float = 60.0
    idle_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer; `body` is decoded from its content encoding, header names are matched in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpTransport:
    """The process's HTTP client; an asynchronous context manager. Redirects are answers, never followed."""

    def __init__(self, limits: TransportLimits | None = None) -> None:
        self._limits = limits or TransportLimits()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        limits = self._limits
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=limits.connections, keepalive_timeout=limits.idle_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            read_bufsize=READ_BUFFER_BYTES,
            headers={"user-agent": USER_AGENT, "accept": "application/json", "accept-encoding": "gzip"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        max_bytes: int = DEFAULT_MAX_BYTES,
        timeout_seconds: float | None = None,
        endpoint: str = "",
        before_body: BeforeBody | None = None,
    ) -> Response:
        """Send one request and read its answer, whatever its status; `endpoint` names the call in errors.

        A `form` is sent url-encoded. `before_body` is awaited once a good answer has begun: whoever asks for many
        large ones at once has them read one after the other, and the others wait where they are sent from. Raises
        `NetworkError` when no whole answer arrives within `timeout_seconds` (else the limits' total), and
        `ResponseTooLargeError` as soon as the decoded body passes `max_bytes`.
        """
        try:
            async with self._open.request(
                method,
                url,
                params=params,
                headers=headers,
                data=form,
                allow_redirects=False,
                timeout=self._timeout(timeout_seconds),
            ) as answer:
                encoding = answer.headers.get("content-encoding", "").lower()
                if before_body is not None and answer.status == 200:
                    await before_body()
                body = Body(max_bytes, encoding=encoding, endpoint=endpoint)
                async for chunk in answer.content.iter_any():
                    body.feed(chunk)
                return Response(answer.status, answer.headers, body.whole())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            cause = type(error).__name__
        # Outside the handler, so that the cause is not chained: aiohttp's errors hold the request's headers.
        raise NetworkError(f"no whole answer from {urlsplit(url).netloc}: {cause}", endpoint=endpoint)

    @property
    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the transport is not open: use it within `async with`")
        return self._session

    def _timeout(self, total_seconds: float | None) -> aiohttp.ClientTimeout:
        limits = self._limits
        return aiohttp.ClientTimeout(
            total=total_seconds or limits.total_seconds,
            sock_connect=limits.connect_seconds,
            sock_read=limits.read_seconds,
        )
