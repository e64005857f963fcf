"""One call to somebody else's server, bounded in time and size.

In: a request. Out: a status and a body. A redirect is never followed: what a call carries would go with it.
"""

import asyncio
from typing import Any

import aiohttp


class NoAnswerError(Exception):
    """Nobody answered in time. The text is the cause's type alone: its own may show the address with what is in it."""


class OversizeError(Exception):
    """An answer is larger than any that is sent there."""


async def call(
    http: aiohttp.ClientSession, method: str, url: str, seconds: float, most_bytes: int, **sent: Any
) -> tuple[int, bytes]:
    """Send it and read the whole answer; `sent` is what aiohttp takes. Raises `NoAnswerError`, `OversizeError`."""
    body = bytearray()
    try:
        async with (
            asyncio.timeout(seconds),
            http.request(method, url, allow_redirects=False, **sent) as answer,
        ):
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > most_bytes:
                    raise OversizeError
            return answer.status, bytes(body)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        failed = NoAnswerError(type(error).__name__)
    raise failed  # outside, so that what aiohttp says is not even its context
