"""`run`: the control plane itself."""

import asyncio
import signal

import typer

from drive_control_plane.commands import shell
from drive_control_plane.config import ControlPlaneSettings


def run() -> None:
    """Serve the control plane until Ctrl-C or SIGTERM.

    Settings come from the environment (docs/control-plane.md). On SQLite, the default, the schema is made by itself; on
    PostgreSQL run `database upgrade` first. While nobody can sign in, a link is printed that makes the first account.
    """
    # Only here, so that the other commands start quickly.
    from clustera_toolkit.kafka import KafkaClientError
    from clustera_toolkit.stacks import show_stacks_on_signal
    from drive_control_plane.server import serve

    settings = shell.load(ControlPlaneSettings)

    async def until_told() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        show_stacks_on_signal()
        await serve(settings, stop, lambda line: typer.echo(line, err=True))

    try:
        shell.execute(until_told())
    except KafkaClientError as error:
        shell.fail(str(error), shell.FAILED)
