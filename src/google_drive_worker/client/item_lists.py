"""Lists below an item: permissions, revisions, comments. In: which list, of what. Out: raw JSON, page after page.

They are asked for alike; what is true of one alone stands in its own module.
"""

from collections.abc import Mapping

import msgspec

from google_drive_worker.client.mending import decode_mended
from google_drive_worker.client.paging import pages
from google_drive_worker.client.quota import Lane
from google_drive_worker.client.session import DriveSession, id_segment


class _Page(msgspec.Struct, frozen=True, rename="camel"):
    """A page of any of the lists: it has one of the three."""

    permissions: list[msgspec.Raw] = msgspec.field(default_factory=list)
    revisions: list[msgspec.Raw] = msgspec.field(default_factory=list)
    comments: list[msgspec.Raw] = msgspec.field(default_factory=list)
    next_page_token: str | None = None

    @property
    def entries(self) -> list[msgspec.Raw]:
        return self.permissions or self.revisions or self.comments


async def list_below(
    session: DriveSession, item_id: str, name: str, *, fields: str, lane: Lane, params: Mapping[str, str]
) -> list[msgspec.Raw]:
    """List all of what Drive calls `name` of an item, `fields` of each entry; `params` are what it takes besides.

    Raises `AccessDeniedError` when the account may not see the list, `NotFoundError` when the item is not visible.
    """
    endpoint = f"{name}.list"
    path = f"files/{id_segment(item_id, endpoint=endpoint)}/{name}"
    asked = {**params, "fields": f"nextPageToken,{name}({fields})"}

    async def fetch(page_token: str | None) -> _Page:
        place = {"pageToken": page_token} if page_token else {}
        body = await session.get(endpoint, path, asked | place, lane=lane, paged=bool(page_token))
        return decode_mended(body, _Page, endpoint=endpoint)

    return [raw async for page in pages(fetch, endpoint=endpoint) for raw in page.entries]
