"""What Drive is asked about folders (facts A4): a visit and a wish in; pages of folders out, as they are shown.

A list costs 100 quota units whatever its size, a look at one id 5.
"""

import re
from collections.abc import Mapping
from typing import Final

from drive_control_plane.folders.answers import (
    FOLDER,
    Answer,
    CursorRefusedError,
    Drive,
    DrivePage,
    File,
    FilePage,
    NotVisibleError,
)
from drive_control_plane.folders.models import FolderInfo, FolderPage, FolderView
from drive_control_plane.folders.visit import Visit
from drive_control_plane.http.problems import Problem
from drive_control_plane.oauth.errors import MISSETTINGS

PAGE_FOLDERS: Final = 200
PAGE_DRIVES: Final = 100
FOUND_FOLDERS: Final = 50
_ALL_DRIVES: Final = {"supportsAllDrives": "true", "includeItemsFromAllDrives": "true"}
"""Without them what lies in shared drives does not exist."""
_FIELDS: Final = "id,name,mimeType,trashed,driveId,parents"
_ID: Final = re.compile(r"(?!\.+$)[A-Za-z0-9_.-]{1,200}")
"""What may stand in an address: anything else, and dots alone, would mean another place."""
_IS_FOLDER: Final = f"mimeType = '{FOLDER}' and trashed = false"


async def children(visit: Visit, folder_id: str, drive_id: str | None, cursor: str | None) -> FolderPage:
    """The folders in a folder, of a shared drive if one is named."""
    corpus = {"corpora": "user"} if drive_id is None else {"corpora": "drive", "driveId": drive_id}
    return await _files(visit, f"'{folder_id}' in parents and {_IS_FOLDER}", cursor, PAGE_FOLDERS, corpus)


async def shared(visit: Visit, cursor: str | None) -> FolderPage:
    """Folders of others that they share with the account."""
    return await _files(visit, f"sharedWithMe and {_IS_FOLDER}", cursor, PAGE_FOLDERS, {"corpora": "user"})


async def named(visit: Visit, name: str, cursor: str | None, *, everywhere: bool) -> FolderPage:
    """Folders whose name, or a word of it, begins like this; `everywhere`: in shared drives, too."""
    quoted = name.replace("\\", "\\\\").replace("'", "\\'")
    corpus = {"corpora": "allDrives" if everywhere else "user"}
    return await _files(visit, f"name contains '{quoted}' and {_IS_FOLDER}", cursor, FOUND_FOLDERS, corpus)


async def drives(visit: Visit, cursor: str | None) -> FolderPage:
    """The shared drives that the account is a member of."""
    params = {"pageSize": str(PAGE_DRIVES), "fields": "nextPageToken,drives(id,name)"}
    page = await _page(visit, "drives", params, cursor, DrivePage)
    found = [FolderView(id=drive.id, name=drive.name, kind="shared_drive") for drive in page.drives]
    return FolderPage(folders=found, next_cursor=page.next_page_token)


async def look(visit: Visit, folder_id: str) -> FolderInfo:
    """What an id is. Raises `NotVisibleError`."""
    _check_id(folder_id)
    try:
        file = await visit.get(f"files/{folder_id}", {"fields": _FIELDS, **_ALL_DRIVES}, File)
    except CursorRefusedError:  # what no file can be called
        raise NotVisibleError from None
    return FolderInfo(
        id=file.id,
        name=file.name,
        is_folder=file.is_folder,
        is_trashed=file.trashed,
        drive_id=file.drive_id,
        parent=file.parents[0] if file.parents else None,
    )


async def drive_name(visit: Visit, drive_id: str) -> str:
    """What a shared drive is called. Raises `NotVisibleError`."""
    _check_id(drive_id)
    return (await visit.get(f"drives/{drive_id}", {"fields": "id,name"}, Drive)).name


def _check_id(text: str) -> None:
    """See that it can be an id; forms may hold anything. Raises `NotVisibleError`."""
    if _ID.fullmatch(text) is None:
        raise NotVisibleError


async def _files(visit: Visit, query: str, cursor: str | None, size: int, corpus: Mapping[str, str]) -> FolderPage:
    params = {
        **_ALL_DRIVES,
        **corpus,
        "q": query,
        "orderBy": "name_natural",
        "pageSize": str(size),
        "fields": "nextPageToken,incompleteSearch,files(id,name,parents)",
    }
    page = await _page(visit, "files", params, cursor, FilePage)
    found = [
        FolderView(id=file.id, name=file.name, kind="folder", parent=next(iter(file.parents), None))
        for file in page.files
    ]
    return FolderPage(folders=found, next_cursor=page.next_page_token, incomplete=page.incomplete_search)


async def _page(visit: Visit, path: str, params: Mapping[str, str], cursor: str | None, kind: type[Answer]) -> Answer:
    try:
        return await visit.get(path, params if cursor is None else {**params, "pageToken": cursor}, kind)
    except NotVisibleError:
        raise Problem(404, "folder_not_visible", "The account does not see this folder any more.") from None
    except CursorRefusedError:
        refusal = Problem(422, "invalid_cursor", "This is no cursor of a page, or it is over: begin without one.")
        unreadable = Problem(502, "unreadable_answer", MISSETTINGS["unreadable_answer"])
        raise (unreadable if cursor is None else refusal) from None
