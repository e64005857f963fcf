"""permissions: who may see an item. In: the id of a file, folder or drive. Out: raw JSON (facts A7)."""

import msgspec

from google_drive_worker.client.item_lists import list_below
from google_drive_worker.client.quota import Lane
from google_drive_worker.client.resources import PERMISSION_FIELDS
from google_drive_worker.client.session import DriveSession

MAX_PAGE_SIZE = 100


async def list_all(session: DriveSession, file_id: str) -> list[msgspec.Raw]:
    """List every permission of an item as raw JSON. Costs 100 units a page of 100.

    Raises `AccessDeniedError` when the account may not share the item and so may not see this,
    `NotFoundError` when the item is not visible.
    """
    # Without pageSize, My Drive items come in one page of any length (facts A2).
    params = {"pageSize": str(MAX_PAGE_SIZE), "supportsAllDrives": "true"}
    return await list_below(
        session, file_id, "permissions", fields=PERMISSION_FIELDS, lane=Lane.PERMISSIONS, params=params
    )
