"""A program: an emulated drive that keeps every file rendered, so that it is not what is measured.

In: the number of files. Out: a server; its address is printed. `google-drive-emulator serve` bounds what it keeps
rendered for the sake of memory; here the whole drive is kept.
"""

import asyncio
import sys

from google_drive_emulator.emulator import Emulator
from google_drive_emulator.sources.synthetic import SyntheticSource
from google_drive_emulator.world.world import World

SEED = 7
RENDERED_BYTES_A_FILE = 4096
"""More than the cache counts for a file under the worker's mask (about 2.7 kB)."""


async def serve(files: int) -> None:
    """Serve until the process is ended."""
    emulator = Emulator(World(SyntheticSource(files, SEED)), cache_bytes=files * RENDERED_BYTES_A_FILE)
    async with emulator.serve() as running:
        print(f"listening on {running.base_url}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
