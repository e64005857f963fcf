"""drives: shared drives of the account. In: a session. Out: `Drive`s, each with its raw JSON.

These calls need a scope over content (drive or drive.readonly): metadata scopes fail (facts A2).
"""

from collections.abc import AsyncIterator

import msgspec

from google_drive_worker.client.paging import decode, pages
from google_drive_worker.client.quota import Lane
from google_drive_worker.client.resources import DRIVE_FIELDS
from google_drive_worker.client.session import DriveSession, id_segment

LIST_ENDPOINT = "drives.list"
GET_ENDPOINT = "drives.get"
MAX_PAGE_SIZE = 100


class Drive(msgspec.Struct, frozen=True):
    """A shared drive; `raw` is all of what Drive said of it."""

    id: str
    name: str
    hidden: bool
    raw: msgspec.Raw


class _Head(msgspec.Struct, frozen=True):
    id: str
    name: str = ""
    hidden: bool = False


class _Page(msgspec.Struct, frozen=True, rename="camel"):
    drives: list[msgspec.Raw] = msgspec.field(default_factory=list)
    next_page_token: str | None = None


async def list_all(session: DriveSession, *, lane: Lane = Lane.CHANGES) -> AsyncIterator[Drive]:
    """Walk the shared drives that the account is a member of, hidden ones too. Costs 100 units a page."""

    async def fetch(page_token: str | None) -> _Page:
        params = {"pageSize": str(MAX_PAGE_SIZE), "fields": f"nextPageToken,drives({DRIVE_FIELDS})"}
        if page_token:
            params["pageToken"] = page_token
        body = await session.get(LIST_ENDPOINT, "drives", params, lane=lane, paged=bool(page_token))
        return decode(body, _Page, endpoint=LIST_ENDPOINT)

    async for page in pages(fetch, endpoint=LIST_ENDPOINT):
        for raw in page.drives:
            yield _drive(raw, LIST_ENDPOINT)


async def get(session: DriveSession, drive_id: str, *, lane: Lane = Lane.CHANGES) -> Drive:
    """Ask for one shared drive. Costs 5 units. Raises `NotFoundError` when the account is no member."""
    path = f"drives/{id_segment(drive_id, endpoint=GET_ENDPOINT)}"
    body = await session.get(GET_ENDPOINT, path, {"fields": DRIVE_FIELDS}, lane=lane)
    return _drive(msgspec.Raw(body), GET_ENDPOINT)


def _drive(raw: msgspec.Raw, endpoint: str) -> Drive:
    head = decode(bytes(raw), _Head, endpoint=endpoint)
    return Drive(head.id, head.name, head.hidden, raw)
