"""Lists that come in pages. In: a way to ask for one page. Out: all of them, or one that is small enough."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol, TypeVar

import msgspec

from google_drive_worker.client.errors import MalformedResponseError, ResponseTooLargeError

T = TypeVar("T")

ROOMY_BYTES = 4 * 1024 * 1024
"""A page below this may be twice as large and still stays well inside the bound of an answer."""


class ListPage(Protocol):
    """A decoded page; `next_page_token` is None on the last one."""

    @property
    def next_page_token(self) -> str | None:
        """Where the list goes on."""


P = TypeVar("P", bound=ListPage)


def decode(body: bytes, shape: type[T], *, endpoint: str) -> T:
    """Decode the body as `shape`. Raises `MalformedResponseError` when it is not."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (ValueError, RecursionError) as error:
        raise MalformedResponseError(f"unexpected JSON: {error}", endpoint=endpoint) from None


async def pages(fetch: Callable[[str | None], Awaitable[P]], *, endpoint: str) -> AsyncIterator[P]:
    """Walk every page of a list, in order; `fetch` takes a page token, None for the first page.

    Raises `MalformedResponseError` when a page token comes back, since such a list would never end.
    """
    token: str | None = None
    seen: set[str] = set()
    while True:
        page = await fetch(token)
        yield page
        token = page.next_page_token
        if not token:
            return
        if token in seen:
            raise MalformedResponseError("the list came back to a page it had given", endpoint=endpoint)
        seen.add(token)


class PageSize:
    """How many items a page is asked for: fewer once a page was too large to hold, more again when pages are small."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.now = most

    def shrink(self) -> bool:
        """Halve it. False: it is one already."""
        self.now, was = max(1, self.now // 2), self.now
        return was > 1

    def took(self, size_bytes: int) -> None:
        """Double it, up to what was wanted, after a page that was well below the bound."""
        if size_bytes < ROOMY_BYTES:
            self.now = min(self._most, self.now * 2)


async def shrinking(wanted: int | PageSize, call: Callable[[int], Awaitable[bytes]]) -> bytes:
    """Give the result of `call` with a page's size, asked again with half of it while the answer is too large.

    A `PageSize` remembers for the next page what fitted. Raises the `ResponseTooLargeError` of a page of one.
    """
    size = wanted if isinstance(wanted, PageSize) else PageSize(wanted)
    while True:
        try:
            body = await call(size.now)
        except ResponseTooLargeError:
            if not size.shrink():
                raise
        else:
            size.took(len(body))
            return body
