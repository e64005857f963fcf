"""The root of the command line: which commands there are.

In: arguments. Out: the exit code of the command that they name (`commands.shell` lists them).
"""

from collections.abc import Sequence

import typer

from clustera_toolkit.commands import tell_version
from drive_control_plane.commands import database, keys, operators, run
from drive_control_plane.commands.clients import clients_app

PROGRAM = "google-drive-control-plane"
PURPOSE = "Connect Google Drives, schedule their polls, take Google's notifications."

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command()(run.run)
app.add_typer(operators.app, name="operators")
app.add_typer(clients_app, name="clients")
app.add_typer(database.app, name="database")
app.add_typer(keys.app, name="keys")
tell_version(app, PROGRAM, "google-drive-worker", PURPOSE)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command."""
    app(args=None if arguments is None else list(arguments), prog_name=PROGRAM)
