"""revisions: what a file was before. In: a file's id. Out: raw JSON, oldest first (facts A8).

Folders and shortcuts have none, and Drive refuses to list those of a file whose `canReadRevisions` is false (facts A6).
"""

import msgspec

from google_drive_worker.client.listed_resources import REVISION_FIELDS
from google_drive_worker.client.mending import decode_mended
from google_drive_worker.client.paging import pages
from google_drive_worker.client.quota import Lane
from google_drive_worker.client.session import DriveSession, id_segment

ENDPOINT = "revisions.list"
MAX_PAGE_SIZE = 1000


class _Page(msgspec.Struct, frozen=True, rename="camel"):
    revisions: list[msgspec.Raw] = msgspec.field(default_factory=list)
    next_page_token: str | None = None


async def list_all(
    session: DriveSession, file_id: str, *, fields: str = REVISION_FIELDS, lane: Lane = Lane.ENRICHMENT
) -> list[msgspec.Raw]:
    """List every revision of a file as raw JSON, `fields` of each. Costs 100 units a page of 1000.

    Those of busy files are not all there, least of all of Google documents (facts A8). Raises `AccessDeniedError` when
    the account may not see them, `NotFoundError` when the file is not visible.
    """
    path = f"files/{id_segment(file_id, endpoint=ENDPOINT)}/revisions"

    async def fetch(page_token: str | None) -> _Page:
        params = {"pageSize": str(MAX_PAGE_SIZE), "fields": f"nextPageToken,revisions({fields})"}
        if page_token:
            params["pageToken"] = page_token
        body = await session.get(ENDPOINT, path, params, lane=lane, paged=bool(page_token))
        return decode_mended(body, _Page, endpoint=ENDPOINT)

    return [raw async for page in pages(fetch, endpoint=ENDPOINT) for raw in page.revisions]
