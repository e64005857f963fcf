"""A program: an emulated drive that keeps every file rendered, so that it is not what is measured.

In: the number of files, and whether all of them are folders. Out: a server; its address is printed.
`google-drive-emulator serve` bounds what it keeps rendered for the sake of memory; here the whole drive is kept.
"""

import asyncio
import sys

from benchmarks.folder_source import FolderSource
from google_drive_emulator.emulator import Emulator
from google_drive_emulator.sources.synthetic import SyntheticSource
from google_drive_emulator.world.world import World

SEED = 7
FOLDERS = "folders"
RENDERED_BYTES_A_FILE = 4096
"""More than the cache counts for a file under the worker's mask (about 2.7 kB)."""


async def serve(files: int, *, folders: bool) -> None:
    """Serve until the process is ended."""
    source = FolderSource(files, SEED) if folders else SyntheticSource(files, SEED)
    emulator = Emulator(World(source), cache_bytes=files * RENDERED_BYTES_A_FILE)
    async with emulator.serve() as running:
        print(f"listening on {running.base_url}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), folders=FOLDERS in sys.argv[2:]))
