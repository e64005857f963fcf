"""comments: what is said about a file, with all replies. In: a file's id. Out: raw JSON (facts A9).

These calls need a scope over content (drive or drive.readonly): metadata scopes fail (facts A2).
"""

import msgspec

from google_drive_worker.client.item_lists import list_below
from google_drive_worker.client.listed_resources import COMMENT_FIELDS
from google_drive_worker.client.quota import Lane
from google_drive_worker.client.session import DriveSession

MAX_PAGE_SIZE = 100


async def list_all(session: DriveSession, file_id: str) -> list[msgspec.Raw]:
    """List the comments of a file as raw JSON, deleted ones too. Costs 100 units a page of 100.

    Raises `AccessDeniedError` when the account may not see them, `NotFoundError` when the file is not visible.
    """
    params = {"pageSize": str(MAX_PAGE_SIZE), "includeDeleted": "true"}
    return await list_below(session, file_id, "comments", fields=COMMENT_FIELDS, lane=Lane.ENRICHMENT, params=params)
