"""revisions: what a file was before. In: a file's id. Out: raw JSON, oldest first (facts A8).

Folders and shortcuts have none, and Drive refuses to list those of a file whose `canReadRevisions` is false (facts A6).
"""

import msgspec

from google_drive_worker.client.item_lists import list_below
from google_drive_worker.client.listed_resources import REVISION_FIELDS
from google_drive_worker.client.quota import Lane
from google_drive_worker.client.session import DriveSession

MAX_PAGE_SIZE = 1000


async def list_all(session: DriveSession, file_id: str) -> list[msgspec.Raw]:
    """List every revision of a file as raw JSON. Costs 100 units a page of 1000.

    Those of busy files are not all there, least of all of Google documents (facts A8). Raises `AccessDeniedError` when
    the account may not see them, `NotFoundError` when the file is not visible.
    """
    params = {"pageSize": str(MAX_PAGE_SIZE)}
    return await list_below(session, file_id, "revisions", fields=REVISION_FIELDS, lane=Lane.ENRICHMENT, params=params)
