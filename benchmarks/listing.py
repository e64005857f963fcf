"""A drive listed with as little work as can be.

In: the address of a drive. Out: its pages as they came, with the ids on them. One connection; the next page is asked
for as soon as its token is known; of the JSON only ids and token are read.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import aiohttp
import msgspec

from google_drive_worker.client.files import FilesQuery
from google_drive_worker.client.resources import FILE_LIST_FIELDS

PAGE_SIZE = 1000
QUERY = FilesQuery(fields=FILE_LIST_FIELDS, page_size=PAGE_SIZE)
"""What the worker asks for: the floor and the warm-up ask for exactly the same."""

_PAGE_SECONDS = 60.0
_AUTHORIZATION = {"authorization": "Bearer benchmark"}


class _Id(msgspec.Struct):
    id: str


class _IdPage(msgspec.Struct, rename="camel"):
    files: list[_Id]
    next_page_token: str | None = None


_ID_PAGE = msgspec.json.Decoder(_IdPage)


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page: its bytes and the ids of its files."""

    body: bytes
    ids: list[str]


async def pages(drive_url: str, limit: int | None = None) -> AsyncGenerator[RawPage, None]:
    """Yield the pages of a drive, at most `limit`; raises `aiohttp.ClientError` and `TimeoutError`."""
    async with aiohttp.ClientSession(
        drive_url,
        connector=aiohttp.TCPConnector(limit=1),
        timeout=aiohttp.ClientTimeout(_PAGE_SECONDS),
        headers=_AUTHORIZATION,
        raise_for_status=True,
    ) as session:
        fetch = asyncio.ensure_future(_fetch(session, None))
        left = limit
        try:
            while left is None or left > 0:
                body = await fetch
                page = _ID_PAGE.decode(body)
                left = None if left is None else left - 1
                if page.next_page_token is not None and left != 0:
                    fetch = asyncio.ensure_future(_fetch(session, page.next_page_token))
                yield RawPage(body, [file.id for file in page.files])
                if page.next_page_token is None:
                    return
        finally:
            fetch.cancel()


async def _fetch(session: aiohttp.ClientSession, token: str | None) -> bytes:
    params = {**QUERY.params(PAGE_SIZE, token), "prettyPrint": "false"}
    async with session.get("/drive/v3/files", params=params) as answer:
        return await answer.read()
