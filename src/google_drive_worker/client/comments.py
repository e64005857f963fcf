"""comments: what is said about a file, with all replies. In: a file's id. Out: raw JSON (facts A9).

These calls need a scope over content (drive or drive.readonly): metadata scopes fail (facts A2).
"""

import msgspec

from google_drive_worker.client.listed_resources import COMMENT_FIELDS
from google_drive_worker.client.mending import decode_mended
from google_drive_worker.client.paging import pages
from google_drive_worker.client.quota import Lane
from google_drive_worker.client.session import DriveSession, id_segment

ENDPOINT = "comments.list"
MAX_PAGE_SIZE = 100


class _Page(msgspec.Struct, frozen=True, rename="camel"):
    comments: list[msgspec.Raw] = msgspec.field(default_factory=list)
    next_page_token: str | None = None


async def list_all(
    session: DriveSession,
    file_id: str,
    *,
    modified_since: str | None = None,
    fields: str = COMMENT_FIELDS,
    lane: Lane = Lane.ENRICHMENT,
) -> list[msgspec.Raw]:
    """List the comments of a file as raw JSON, deleted ones too, `fields` of each. Costs 100 units a page of 100.

    With `modified_since` (RFC 3339) only those that were changed or answered since: such a list proves no absence.
    Raises `AccessDeniedError` when the account may not see them, `NotFoundError` when the file is not visible.
    """
    path = f"files/{id_segment(file_id, endpoint=ENDPOINT)}/comments"
    since = {"startModifiedTime": modified_since} if modified_since else {}

    async def fetch(page_token: str | None) -> _Page:
        params = {
            "pageSize": str(MAX_PAGE_SIZE),
            "fields": f"nextPageToken,comments({fields})",  # mandatory for this method (facts A3)
            "includeDeleted": "true",
            **since,
        }
        if page_token:
            params["pageToken"] = page_token
        body = await session.get(ENDPOINT, path, params, lane=lane, paged=bool(page_token))
        return decode_mended(body, _Page, endpoint=ENDPOINT)

    return [raw async for page in pages(fetch, endpoint=ENDPOINT) for raw in page.comments]
