"""The root of the command line: which commands there are.

In: arguments. Out: the exit code of the command that they name (`commands.shell` lists them).
"""

from collections.abc import Sequence

import typer

from clustera_toolkit.commands import tell_version
from google_drive_worker.commands import dlq, doctor, run, sync, topics, trigger

PROGRAM = "google-drive-worker"
PURPOSE = "Keep Google Drive in step into Apache Kafka, or copy it once into a local file."

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command(epilog=run.EXAMPLES)(run.run)
app.command(epilog=sync.EXAMPLES)(sync.sync)
app.command(epilog=trigger.EXAMPLES)(trigger.trigger)
app.command(epilog=doctor.EXAMPLES)(doctor.doctor)
app.add_typer(topics.app, name="topics")
app.add_typer(dlq.app, name="dlq")
tell_version(app, PROGRAM, "google-drive-worker", PURPOSE)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command."""
    app(args=None if arguments is None else list(arguments), prog_name=PROGRAM)
