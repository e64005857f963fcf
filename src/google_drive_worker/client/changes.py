"""changes: what happened in a corpus. In: a `ChangesQuery` and a token. Out: raw pages of the change log.

The user has one log, each shared drive its own; a token belongs to its log only (facts A5).
"""

from dataclasses import dataclass

import msgspec

from google_drive_worker.client.masks import require_selected
from google_drive_worker.client.paging import PageSize, decode, shrinking
from google_drive_worker.client.quota import Lane
from google_drive_worker.client.session import DriveSession

LIST_ENDPOINT = "changes.list"
START_ENDPOINT = "changes.getStartPageToken"
MAX_PAGE_SIZE = 1000


class _StartPageToken(msgspec.Struct, frozen=True, rename="camel"):
    start_page_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesQuery:
    """Which log to read and what of it; `drive_id` None is the user's own log.

    Removals are always asked for, with the file where it moved to another corpus (facts A5). Raises
    `ValueError` for what Drive would reject or what would hide the next token.
    """

    fields: str
    drive_id: str | None = None
    page_size: int = MAX_PAGE_SIZE
    spaces: str = "drive"
    include_items_from_all_drives: bool = True
    restrict_to_my_drive: bool = False
    include_labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_selected(self.fields, "nextPageToken", "newStartPageToken")
        if self.drive_id is not None and not self.include_items_from_all_drives:
            raise ValueError("changes query: a drive's log needs include_items_from_all_drives")
        if not 1 <= self.page_size <= MAX_PAGE_SIZE:
            raise ValueError(f"changes query: page_size must be within 1 and {MAX_PAGE_SIZE}")

    def params(self, page_size: int, page_token: str) -> dict[str, str]:
        """Build the query parameters of one page."""
        params = {
            "pageToken": page_token,
            "spaces": self.spaces,
            "fields": self.fields,
            "pageSize": str(page_size),
            "includeRemoved": "true",
            "includeCorpusRemovals": "true",
            "supportsAllDrives": "true",
            "includeItemsFromAllDrives": "true" if self.include_items_from_all_drives else "false",
            "restrictToMyDrive": "true" if self.restrict_to_my_drive else "false",
        }
        if self.drive_id is not None:
            params["driveId"] = self.drive_id
        if self.include_labels:
            params["includeLabels"] = ",".join(self.include_labels)
        return params


async def list_page(
    session: DriveSession,
    query: ChangesQuery,
    page_token: str,
    page_size: int | PageSize | None = None,
    *,
    lane: Lane = Lane.CHANGES,
) -> bytes:
    """Ask for one page as raw JSON from `page_token` on, of fewer entries if it were too large to hold.

    Costs 100 units a try. Raises `CursorLostError` when the token is no longer good, `NotFoundError` when
    the drive is not visible any more.
    """

    async def ask(size: int) -> bytes:
        params = query.params(size, page_token)
        return await session.get(LIST_ENDPOINT, "changes", params, lane=lane, paged=True)

    return await shrinking(page_size or query.page_size, ask)


async def start_page_token(session: DriveSession, drive_id: str | None = None, *, lane: Lane = Lane.CHANGES) -> str:
    """Ask where the user's or the drive's log ends now; such a token never expires (facts A5)."""
    params = {"supportsAllDrives": "true", "fields": "startPageToken"}
    if drive_id is not None:
        params["driveId"] = drive_id
    body = await session.get(START_ENDPOINT, "changes/startPageToken", params, lane=lane)
    return decode(body, _StartPageToken, endpoint=START_ENDPOINT).start_page_token
