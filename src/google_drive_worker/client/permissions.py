"""permissions: who may see an item. In: the id of a file, folder or drive. Out: raw JSON (facts A7)."""

import msgspec

from google_drive_worker.client.mending import decode_mended
from google_drive_worker.client.paging import pages
from google_drive_worker.client.quota import Lane
from google_drive_worker.client.resources import PERMISSION_FIELDS
from google_drive_worker.client.session import DriveSession, id_segment

ENDPOINT = "permissions.list"
MAX_PAGE_SIZE = 100


class _Page(msgspec.Struct, frozen=True, rename="camel"):
    permissions: list[msgspec.Raw] = msgspec.field(default_factory=list)
    next_page_token: str | None = None


async def list_all(
    session: DriveSession, file_id: str, *, fields: str = PERMISSION_FIELDS, lane: Lane = Lane.PERMISSIONS
) -> list[msgspec.Raw]:
    """List every permission of an item as raw JSON, `fields` of each. Costs 100 units a page of 100.

    Raises `AccessDeniedError` when the account may not share the item and so may not see this,
    `NotFoundError` when the item is not visible.
    """
    path = f"files/{id_segment(file_id, endpoint=ENDPOINT)}/permissions"

    async def fetch(page_token: str | None) -> _Page:
        # Without pageSize, My Drive items come in one page of any length (facts A2).
        params = {
            "pageSize": str(MAX_PAGE_SIZE),
            "fields": f"nextPageToken,permissions({fields})",
            "supportsAllDrives": "true",
        }
        if page_token:
            params["pageToken"] = page_token
        body = await session.get(ENDPOINT, path, params, lane=lane, paged=bool(page_token))
        return decode_mended(body, _Page, endpoint=ENDPOINT)

    return [raw async for page in pages(fetch, endpoint=ENDPOINT) for raw in page.permissions]
