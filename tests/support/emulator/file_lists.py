"""files.list without a socket: an emulator's state and parameters in, the files on all pages out."""

import asyncio
from collections.abc import Callable, Mapping

import msgspec

from google_drive_emulator.http.calls import Call
from google_drive_emulator.http.params import Params
from google_drive_emulator.routes.file_list import list_files
from google_drive_emulator.state import EmulatorState

ALL_DRIVES = {"corpora": "allDrives", "includeItemsFromAllDrives": "true", "supportsAllDrives": "true"}


class _Page(msgspec.Struct, rename="camel"):
    files: list[dict[str, str]]
    next_page_token: str | None = None


def all_files(
    state: EmulatorState, params: Mapping[str, str], name: str = "id", meanwhile: Callable[[], object] = lambda: None
) -> list[str]:
    """Return one field, a text, of all files that the first user lists; ``meanwhile`` runs between the pages."""

    async def listed() -> list[str]:
        asked = {"fields": f"nextPageToken,files({name})", **params}
        found, page = list[str](), await _page(state, asked)
        while page.next_page_token is not None:
            found += [file[name] for file in page.files]
            meanwhile()
            page = await _page(state, {**asked, "pageToken": page.next_page_token})
        return found + [file[name] for file in page.files]

    return asyncio.run(listed())


async def _page(state: EmulatorState, params: Mapping[str, str]) -> _Page:
    reply = await list_files(state, Call("GET", state.world.users[0], Params(params.items())))
    assert isinstance(reply.body, bytes)
    return msgspec.json.decode(reply.body, type=_Page)
