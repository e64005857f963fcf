"""What a connection's account can choose from: its folders and shared drives.

In: a connection, a folder or a name. Out: pages of folders. Answers are kept for five minutes (C9), for whoever of the
tenant asks next; a grant that opens more has answers of its own.
"""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from drive_control_plane.context import Context
from drive_control_plane.folders import asking
from drive_control_plane.folders.answers import NotVisibleError
from drive_control_plane.folders.models import (
    MY_DRIVE,
    SHARED_WITH_ME,
    DriveList,
    FolderInfo,
    FolderPage,
    FolderView,
)
from drive_control_plane.folders.visit import Visit
from drive_control_plane.http.problems import Problem
from drive_control_plane.security.vault import VaultError

KEPT_SECONDS: Final = 300.0
MOST_DRIVE_PAGES: Final = 4
AT_ONCE: Final = 8
MY_DRIVE_NAME: Final = "My Drive"
_PLACES: Final = (
    FolderView(id=MY_DRIVE, name=MY_DRIVE_NAME, kind="my_drive"),
    FolderView(id=SHARED_WITH_ME, name="Shared with me", kind="shared_with_me"),
)
_SHAPE: Final = json.dumps([FolderPage.model_json_schema(), FolderInfo.model_json_schema()])
"""Part of each key: another version of this program does not read what it would not understand."""

Model = TypeVar("Model", bound=BaseModel)
Ask = Callable[[], Awaitable[Model]]


@dataclass(frozen=True, slots=True)
class Browse:
    """A connection's folders, for one request. `sees_drives`: the grant opens what is said of shared drives."""

    context: Context
    visit: Visit
    connection_id: str
    sees_drives: bool

    async def places(self, cursor: str | None = None) -> FolderPage:
        """Where everything begins: My Drive, what is shared with the account, its shared drives. Raises `Problem`."""
        places = [] if cursor else list(_PLACES)
        page = await self._drive_page(cursor) if self.sees_drives else FolderPage(folders=[])
        return page.model_copy(update={"folders": [*places, *page.folders]})

    async def inside(self, folder_id: str, cursor: str | None = None) -> FolderPage:
        """The folders in a folder. Raises `Problem`."""
        if folder_id == SHARED_WITH_ME:
            return await self._kept(FolderPage, ("shared", cursor), lambda: asking.shared(self.visit, cursor))
        drive_id = None if folder_id == MY_DRIVE else (await self._folder(folder_id)).drive_id
        return await self._kept(
            FolderPage, ("inside", folder_id, cursor), lambda: asking.children(self.visit, folder_id, drive_id, cursor)
        )

    async def search(self, name: str, cursor: str | None = None) -> FolderPage:
        """Folders whose name, or a word of it, begins like this (facts A4), with where they lie. Raises `Problem`."""
        return await self._kept(FolderPage, ("search", name, cursor), lambda: self._found(name, cursor))

    async def info(self, folder_id: str, *, now: bool = False) -> FolderInfo:
        """What is known of an id; `now`: ask Google whatever is kept. Raises `NotVisibleError`, `Problem`."""
        return await self._kept(FolderInfo, ("info", folder_id), lambda: self._looked_up(folder_id), now=now)

    async def drives(self) -> DriveList:
        """The shared drives by name, some hundreds at most. Raises `Problem`."""
        drives: list[FolderView] = []
        cursor: str | None = None
        for _ in range(MOST_DRIVE_PAGES if self.sees_drives else 0):
            page = await self._drive_page(cursor)
            drives += page.folders
            cursor = page.next_cursor
            if cursor is None:
                break
        return DriveList(drives=sorted(drives, key=lambda drive: drive.name.casefold()), is_whole=cursor is None)

    async def _drive_page(self, cursor: str | None) -> FolderPage:
        return await self._kept(FolderPage, ("drives", cursor), lambda: asking.drives(self.visit, cursor))

    async def _folder(self, folder_id: str) -> FolderInfo:
        try:
            found = await self.info(folder_id)
        except NotVisibleError:
            found = None
        if found is None or found.is_trashed or not found.is_folder:
            raise Problem(404, "folder_not_visible", f"The account sees no folder {folder_id}, or it is in the trash.")
        return found

    async def _looked_up(self, folder_id: str) -> FolderInfo:
        found = await asking.look(self.visit, folder_id)
        if found.id != found.drive_id:
            return found
        # The root folder of each shared drive is called "Drive"; people know it by the drive's name.
        known = {drive.id: drive.name for drive in (await self.drives()).drives}
        is_asked = self.sees_drives and found.id not in known
        name = await asking.drive_name(self.visit, found.id) if is_asked else known.get(found.id, "Shared drive")
        return found.model_copy(update={"name": name})

    async def _found(self, name: str, cursor: str | None) -> FolderPage:
        page = await asking.named(self.visit, name, cursor, everywhere=self.sees_drives)
        room = asyncio.Semaphore(AT_ONCE)

        async def where(folder: FolderView) -> FolderView:
            if folder.parent is None:
                return folder
            async with room:
                try:
                    lies_in = (await self.info(folder.parent)).name
                except NotVisibleError:
                    return folder
            return folder.model_copy(update={"where": lies_in})

        return page.model_copy(update={"folders": list(await asyncio.gather(*map(where, page.folders)))})

    async def _kept(
        self, kind: type[Model], asked: tuple[str | None, ...], ask: Ask[Model], *, now: bool = False
    ) -> Model:
        """An answer from the cache, else from Google."""
        digest = hashlib.sha256(json.dumps([_SHAPE, self.sees_drives, *asked]).encode()).hexdigest()
        key = f"folders:{self.connection_id}:{digest}"
        kept = None if now else self._opened(kind, await self.context.cache.get(key))
        if kept is not None:
            return kept
        fresh = await ask()
        # Names tell much about people, and the cache may be a Redis that others read.
        await self.context.cache.put(key, self.context.vault.seal(fresh.model_dump_json()), KEPT_SECONDS)
        return fresh

    def _opened(self, kind: type[Model], sealed: bytes | None) -> Model | None:
        try:
            return None if sealed is None else kind.model_validate_json(self.context.vault.open(sealed))
        except (VaultError, ValidationError):  # by a key that is gone, or written by somebody else
            return None
