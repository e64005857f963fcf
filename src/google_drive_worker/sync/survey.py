"""A look around in a corpus, before it is listed in ranges.

In: what a first look at all of it has shown. Out: the ranges to list. A look at a span of time costs a call as a page
does, but asks for nothing but creation times, so it is small, and no cap on pages applies to it (facts A4).
"""

from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from msgspec import Raw, Struct
from msgspec.json import Decoder

from google_drive_worker.client import files
from google_drive_worker.client.errors import CursorLostError
from google_drive_worker.client.mending import decode_mended
from google_drive_worker.schemas.state import Range
from google_drive_worker.schemas.times import parse_rfc3339
from google_drive_worker.sync.merge import merged
from google_drive_worker.sync.ranges import Cutting, Part, Sample, Span, cut, query_of, range_of, second_of
from google_drive_worker.sync.run import Run

LOOK_FIELDS = "nextPageToken,files(createdTime)"

Query = Callable[[str | None], files.FilesQuery]
"""How a corpus is asked for no more than `LOOK_FIELDS`, narrowed by a search query."""


class _Created(Struct, rename="camel", gc=False):
    created_time: str


class _Look(Struct, rename="camel"):
    files: list[Raw] = []
    next_page_token: str | None = None


_CREATED = Decoder(_Created)


def sample_of(body: bytes) -> tuple[Sample, str | None]:
    """What a page tells of the items on it, and the token that follows; an item without a time tells nothing.

    Raises `MalformedResponseError` for what is no page at all.
    """
    page = decode_mended(body, _Look, endpoint=files.LIST_ENDPOINT)
    moments = [parse_rfc3339(text) for raw in page.files if (text := _created_time(raw)) is not None]
    times = [second_of(moment) for moment in moments if moment is not None]
    token = page.next_page_token or None
    return Sample(times, token is None), token


def _created_time(raw: Raw) -> str | None:
    try:
        return _CREATED.decode(raw).created_time
    except ValueError:
        return None


async def survey(run: Run, query: Query, first: Sample, page_items: int, at_once: int) -> dict[str, Range]:
    """Look, `at_once` spans at a time, until the corpus can be cut into ranges of about the same weight.

    `first` is a look at all of it, `page_items` how much a page of the listing holds. Raises the client's
    `DriveError`s.
    """
    cutting = Cutting(
        lanes=run.settings.scan_parallelism,
        page_items=max(1, page_items),
        look_items=run.page_size,
        now=second_of(run.timing.now()),
    )
    parts, looks = [cutting.part(Span(), first)], 0
    while heavy := cutting.too_heavy(parts, cutting.max_looks(parts) - looks):
        cut_up = {part.span for part in heavy}
        looked_at = await _looked_at(run, query, cutting, heavy, at_once)
        looks += len(looked_at)
        parts = sorted([*(part for part in parts if part.span not in cut_up), *looked_at])
    return cutting.ranges(parts)


async def _looked_at(run: Run, query: Query, cutting: Cutting, heavy: Sequence[Part], at_once: int) -> list[Part]:
    """Cut parts up and look at what they are cut into."""

    async def look(span: Span, within: Part) -> AsyncGenerator[Part, None]:
        yield cutting.part(span, await look_at(run, query(query_of(range_of(span)))), within)

    looks = deque(look(span, part) for part in heavy for span in cut(part))
    async with aclosing(merged(looks, at_once)) as parts:
        return [part async for part in parts]


async def look_at(run: Run, query: files.FilesQuery) -> Sample:
    """Look at a page; pages may be empty and yet not the last (facts A4). Raises the client's `DriveError`s."""
    sample, token = await run.decode(sample_of, await files.list_page(run.session, query))
    while not sample.times and token is not None:
        try:
            sample, token = await run.decode(sample_of, await files.list_page(run.session, query, token))
        except CursorLostError:
            return sample  # it is only looked at: as one that shows nothing, it is listed as it is
    return sample
