"""files: items of a corpus. In: a `FilesQuery` or an id. Out: raw JSON, which the normaliser decodes."""

from collections.abc import Mapping
from dataclasses import dataclass

from google_drive_worker.client.masks import require_selected
from google_drive_worker.client.paging import PageSize, shrinking
from google_drive_worker.client.quota import Lane
from google_drive_worker.client.session import DriveSession, id_segment
from google_drive_worker.client.transport import BeforeBody

LIST_ENDPOINT = "files.list"
GET_ENDPOINT = "files.get"
MAX_PAGE_SIZE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesQuery:
    """What to list (facts A2, A4).

    `fields` is a mask over the whole page. Items of shared drives are included as asked, and always with
    corpora other than `user`, which demand it. Raises `ValueError` for what Drive would reject, or what would
    never end.
    """

    fields: str
    q: str | None = None
    corpora: str = "user"
    drive_id: str | None = None
    order_by: str | None = None
    page_size: int = MAX_PAGE_SIZE
    spaces: str = "drive"
    include_items_from_all_drives: bool = False
    include_labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_selected(self.fields, "nextPageToken")
        if (self.corpora == "drive") != (self.drive_id is not None):
            raise ValueError("files query: drive_id must be given if and only if corpora is 'drive'")
        if not 1 <= self.page_size <= MAX_PAGE_SIZE:
            raise ValueError(f"files query: page_size must be within 1 and {MAX_PAGE_SIZE}")

    def params(self, page_size: int, page_token: str | None = None) -> dict[str, str]:
        """Build the query parameters of one page."""
        every_drive = self.include_items_from_all_drives or self.corpora != "user"
        optional = {
            "q": self.q,
            "driveId": self.drive_id,
            "orderBy": self.order_by,
            "includeLabels": ",".join(self.include_labels),
            "pageToken": page_token,
        }
        return {
            "corpora": self.corpora,
            "spaces": self.spaces,
            "fields": self.fields,
            "pageSize": str(page_size),
            "supportsAllDrives": "true",
            "includeItemsFromAllDrives": "true" if every_drive else "false",
            **_given(optional),
        }


async def list_page(
    session: DriveSession,
    query: FilesQuery,
    page_token: str | None = None,
    page_size: int | PageSize | None = None,
    *,
    lane: Lane = Lane.FIRST_SCAN,
    before_body: BeforeBody | None = None,
) -> bytes:
    """Ask for one page as raw JSON, of fewer items than `page_size` if it were too large to hold.

    A `PageSize` remembers for the next page how many that were. Costs 100 units a try. Raises `CursorLostError` for a
    page token that is no longer good, `NotFoundError` for a drive that is not visible, `ResponseTooLargeError` when a
    page of one item is too large.
    """

    async def ask(size: int) -> bytes:
        params = query.params(size, page_token)
        paged = bool(page_token)
        return await session.get(LIST_ENDPOINT, "files", params, lane=lane, paged=paged, before_body=before_body)

    return await shrinking(page_size or query.page_size, ask)


async def get(session: DriveSession, file_id: str, fields: str, *, lane: Lane = Lane.CHANGES) -> bytes:
    """Ask for one item as raw JSON, of any drive. Costs 5 units. Raises `NotFoundError` if it is not visible."""
    path = f"files/{id_segment(file_id, endpoint=GET_ENDPOINT)}"
    return await session.get(GET_ENDPOINT, path, {"fields": fields, "supportsAllDrives": "true"}, lane=lane)


def _given(params: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in params.items() if value}
