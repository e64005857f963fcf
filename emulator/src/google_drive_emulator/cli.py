"""The command line: flags in, a running emulator out."""

import asyncio
import signal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from google_drive_emulator.control.routes import MAX_LATENCY_MS
from google_drive_emulator.emulator import Emulator
from google_drive_emulator.sources.directory import DirectoryError, DirectorySource
from google_drive_emulator.sources.synthetic import MAX_FILES, SyntheticSource
from google_drive_emulator.world.items import Source
from google_drive_emulator.world.world import World

_DEFAULT_FILES = 1000

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


class Auth(StrEnum):
    """Who may call."""

    OPEN = "open"
    STRICT = "strict"


class Quota(StrEnum):
    """What a call may cost."""

    OFF = "off"


@app.callback()
def _program() -> None:
    """Emulates Google Drive's APIs over HTTP."""


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 is any free one.")] = 0,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    files: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=MAX_FILES,
            help="Serve a synthetic drive of N items: files, folders and shortcuts, not counting the root folder."
            f" Without --files and --root: {_DEFAULT_FILES}.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the synthetic drive.")] = 0,
    root: Annotated[Path | None, typer.Option(help="Serve this directory as a drive; it is only read.")] = None,
    latency_ms: Annotated[int, typer.Option(min=0, max=MAX_LATENCY_MS, help="Answer this much later.")] = 0,
    auth: Annotated[Auth, typer.Option(help="open: every token is good. strict: only tokens given here.")] = Auth.OPEN,
    quota: Annotated[Quota, typer.Option(help="Quota model; there is none yet.")] = Quota.OFF,
) -> None:
    """Serve an emulated Drive until interrupted."""
    del quota  # the only value there is
    if root is not None and files is not None:
        _fail("--files and --root exclude each other: a drive is either synthetic or a directory")
    source = _source(root, _DEFAULT_FILES if files is None else files, seed)
    emulator = Emulator(World(source), auth=auth.value, latency_ms=latency_ms)
    try:
        asyncio.run(_serve(emulator, host, port))
    except OSError as error:
        reason = error.strerror or str(error)
        _fail(f"cannot listen on {host}:{port}: {reason}. Choose another --port, or 0 for any free one")


def main() -> None:
    """Run the command line."""
    app()


def _fail(message: str) -> NoReturn:
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(2)


def _source(root: Path | None, files: int, seed: int) -> Source:
    if root is None:
        return SyntheticSource(files, seed)
    try:
        source = DirectorySource(root)
    except DirectoryError as error:
        _fail(f"--root: {error}")
    if source.skipped:
        typer.echo(f"Warning: {source.skipped}", err=True)
    return source


async def _serve(emulator: Emulator, host: str, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with emulator.serve(host, port) as running:
        url = running.base_url
        typer.echo(f"listening on {url}")
        typer.echo(f"set in a client: GDRIVE_API_BASE_URL={url} GOOGLE_TOKEN_URI={url}/token")
        await stop.wait()
