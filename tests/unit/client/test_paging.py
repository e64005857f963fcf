from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from google_drive_worker.client.errors import MalformedResponseError, ResponseTooLargeError
from google_drive_worker.client.paging import ROOMY_BYTES, PageSize, decode, pages, shrinking


@dataclass(frozen=True)
class Page:
    items: list[int]
    next_page_token: str | None


async def collect(script: dict[str | None, Page]) -> list[int]:
    async def fetch(token: str | None) -> Page:
        return script[token]

    return [item async for page in pages(fetch, endpoint="drives.list") for item in page.items]


async def test_pages_are_walked_to_the_end() -> None:
    """Every page is asked for, an empty one in the middle is not the end."""
    script = {None: Page([1], "b"), "b": Page([], "c"), "c": Page([2, 3], None)}
    assert await collect(script) == [1, 2, 3]


async def test_a_list_that_goes_in_circles_ends() -> None:
    """A page token that comes back is an error instead of a list without end."""
    with pytest.raises(MalformedResponseError, match="came back"):
        await collect({None: Page([1], "b"), "b": Page([2], "c"), "c": Page([3], "b")})


@given(st.integers(1, 5000), st.integers(1, 5000))
async def test_a_page_shrinks_until_it_fits(page_size: int, fits: int) -> None:
    """A page that is too large is asked again at half the size, until it fits."""

    async def call(size: int) -> bytes:
        if size > fits:
            raise ResponseTooLargeError(1)
        return b"%d" % size

    size = int(await shrinking(PageSize(page_size), call))
    assert size <= fits
    assert size == page_size or size * 4 + 3 > fits


async def test_the_next_page_is_asked_for_in_a_size_that_fits() -> None:
    """What was too large once is not tried again at every page; small pages let the size grow again, to its most."""
    asked: list[int] = []
    body = b"x" * ROOMY_BYTES

    async def call(size: int) -> bytes:
        asked.append(size)
        if size > 300 and len(asked) < 4:
            raise ResponseTooLargeError(1)
        return body

    size = PageSize(1000)
    await shrinking(size, call)
    await shrinking(size, call)
    assert asked == [1000, 500, 250, 250]
    body = b""
    for _ in range(4):
        await shrinking(size, call)
    assert asked[4:] == [250, 500, 1000, 1000]


async def test_a_single_item_too_large_is_an_error() -> None:
    """A page of one that does not fit is not asked again."""
    asked: list[int] = []

    async def call(size: int) -> bytes:
        asked.append(size)
        raise ResponseTooLargeError(1)

    with pytest.raises(ResponseTooLargeError):
        await shrinking(PageSize(10), call)
    assert asked == [10, 5, 2, 1]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"a": 1}', b"\xff"])
def test_json_of_another_shape_is_malformed(body: bytes) -> None:
    """A body that is not what was asked for is a malformed answer of that endpoint."""

    class Wanted(msgspec.Struct):
        b: int

    with pytest.raises(MalformedResponseError, match=r"about\.get"):
        decode(body, Wanted, endpoint="about.get")
