"""An emulated drive, started and warmed.

In: the number of files. Out: its address and process, and the bytes of its pages.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.emulated_drive import FOLDERS, SEED
from benchmarks.listing import pages
from benchmarks.programs import Program
from benchmarks.screen import Advance

_START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Drive:
    """A drive of `files` files that serves on `url`."""

    url: str
    files: int
    pid: int


@contextlib.contextmanager
def rendered_drive(files: int, directory: Path) -> Iterator[Drive]:
    """A drive that renders each file once and keeps it."""
    with Program("benchmarks.emulated_drive", [str(files)], directory=directory) as program:
        yield _listening(program, files)


@contextlib.contextmanager
def drive_of_folders(folders: int, directory: Path) -> Iterator[Drive]:
    """A drive without a single file."""
    with Program("benchmarks.emulated_drive", [str(folders), FOLDERS], directory=directory) as program:
        yield _listening(program, folders)


@contextlib.contextmanager
def drive_as_shipped(files: int, directory: Path) -> Iterator[Drive]:
    """`google-drive-emulator serve` with its own settings."""
    arguments = ["serve", "--port", "0", "--files", str(files), "--seed", str(SEED)]
    with Program("google_drive_emulator", arguments, directory=directory) as program:
        yield _listening(program, files)


def warm(drive: Drive, advance: Advance) -> None:
    """List everything once."""

    async def listed() -> None:
        done = 0
        async for page in pages(drive.url):
            advance(done := done + len(page.ids))

    asyncio.run(listed())


def first_pages(drive: Drive, count: int) -> list[bytes]:
    """The bytes of the first pages."""

    async def listed() -> list[bytes]:
        return [page.body async for page in pages(drive.url, limit=count)]

    return asyncio.run(listed())


def _listening(program: Program, files: int) -> Drive:
    program.until(lambda: "\n" in program.output, "listening", _START_SECONDS)
    return Drive(program.output.splitlines()[0].split()[-1], files, program.pid)
