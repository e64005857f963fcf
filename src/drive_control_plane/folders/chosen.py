"""The ids that somebody chose: their names, and whether they are folders that the connection can follow.

In: ids. Out: names, or sentences that say what is wrong with which id. Many ids take several looks at Google at once;
what did not come in time is shown by its id.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from drive_control_plane.folders.answers import NotVisibleError, later
from drive_control_plane.folders.browse import AT_ONCE, MY_DRIVE_NAME, Browse
from drive_control_plane.folders.models import MY_DRIVE, FolderInfo
from drive_control_plane.http.problems import Problem

NAMES_SECONDS: Final = 8.0
CHECK_SECONDS: Final = 30.0


@dataclass(slots=True)
class Looked:
    """What came of looking ids up. `refusal` is why some could not be looked at."""

    found: dict[str, FolderInfo] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    refusal: Problem | None = None

    @property
    def problem(self) -> str | None:
        """The same in words."""
        return None if self.refusal is None else self.refusal.detail


async def look_up(browse: Browse, ids: Iterable[str], seconds: float = NAMES_SECONDS, *, now: bool = False) -> Looked:
    """Look ids up, as many as the time allows; `now`: what is kept of them does not count."""
    looked, room = Looked(), asyncio.Semaphore(AT_ONCE)

    async def look(folder_id: str) -> None:
        async with room:
            if looked.refusal is not None:
                return
            try:
                looked.found[folder_id] = await browse.info(folder_id, now=now)
            except NotVisibleError:
                looked.missing.add(folder_id)
            except Problem as problem:
                looked.refusal = problem

    try:
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(look(each) for each in dict.fromkeys(ids) if each != MY_DRIVE))
    except TimeoutError:
        looked.refusal = later("Google took too long. Load the page again for the rest of the names.")
    return looked


def names_of(looked: Looked, ids: Sequence[str]) -> Mapping[str, str]:
    """A name for each id; the id itself where none is known."""
    names = {each: looked.found[each].name if each in looked.found else each for each in ids}
    return {**names, MY_DRIVE: MY_DRIVE_NAME}


async def refusals(browse: Browse, ids: Sequence[str]) -> list[str]:
    """What is wrong with ids that are to be followed from now on.

    Google is asked each time, for somebody may just have mended it. Raises `Problem` when it cannot be asked.
    """
    looked = await look_up(browse, ids, CHECK_SECONDS, now=True)
    if (refusal := looked.refusal) is not None:
        told = f"The chosen folders could not be checked. {refusal.detail}"
        raise Problem(refusal.status, refusal.code, told, refusal.headers)
    wrong = [_wrong_with(each, looked.found.get(each)) for each in ids if each != MY_DRIVE]
    return [sentence for sentence in wrong if sentence is not None]


def _wrong_with(folder_id: str, info: FolderInfo | None) -> str | None:
    if info is None:
        return f"{folder_id}: the account sees no folder with this id. Share it with the account, or look at the link."
    if not info.is_folder:
        return f"“{info.name}” ({folder_id}) is a file. Choose the folder that it lies in."
    if info.is_trashed:
        return f"“{info.name}” ({folder_id}) is in the trash. Take it out of there, or choose another folder."
    return None
