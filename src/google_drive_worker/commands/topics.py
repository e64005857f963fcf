"""`topics create` and `topics check`."""

from typing import Annotated

import typer

from clustera_toolkit.kafka import KafkaAdmin
from google_drive_worker import topics
from google_drive_worker.commands.shell import examples, execute, load_worker_settings
from google_drive_worker.config import WorkerSettings

EXAMPLES = examples(
    "KAFKA_BOOTSTRAP_SERVERS=localhost:9092 google-drive-worker topics create --replication 3",
)

app = typer.Typer(no_args_is_help=True, help="The worker's topics.")


@app.command(epilog=EXAMPLES)
def create(
    replication: Annotated[
        int | None,
        typer.Option(min=1, max=32_767, help="Copies of each partition. By default what the cluster is set up for."),
    ] = None,
) -> None:
    """Make the topics that do not exist yet, as docs/contracts.md describes them. Those there are stay as they are."""
    settings = load_worker_settings(WorkerSettings)
    specifications = topics.specifications(settings)
    made = execute(_admin(settings).create(specifications, -1 if replication is None else replication))
    typer.echo("\n".join(f"made {name}" for name in made) or "all topics are there already")


@app.command()
def check() -> None:
    """Look whether the topics are as the worker needs them; exit code 1 and all that is wrong if not."""
    settings = load_worker_settings(WorkerSettings)
    found = execute(topics.check(_admin(settings), settings))
    for name, info in found.items():
        typer.echo(f"{name}: {info.partitions} partitions")
    typer.echo("OK")


def _admin(settings: WorkerSettings) -> KafkaAdmin:
    return KafkaAdmin(settings.kafka_bootstrap_servers, config=settings.kafka_connection)
