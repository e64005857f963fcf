"""Lists that come in pages. In: a way to ask for one page. Out: all of them, or one that is small enough."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol, TypeVar

import msgspec

from google_drive_worker.client.errors import MalformedResponseError, ResponseTooLargeError

T = TypeVar("T")


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


async def shrinking(page_size: int, call: Callable[[int], Awaitable[T]]) -> T:
    """Give the result of `call(page_size)`, asked again with half the size while the answer is too large.

    Raises the `ResponseTooLargeError` of a page of one.
    """
    while True:
        try:
            return await call(page_size)
        except ResponseTooLargeError:
            if page_size <= 1:
                raise
        page_size //= 2
