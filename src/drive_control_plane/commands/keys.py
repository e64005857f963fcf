"""`keys generate` and `keys rotate`: what secrets are encrypted by."""

import typer
from cryptography.fernet import Fernet
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from drive_control_plane.clock import REAL_CLOCK
from drive_control_plane.commands.shell import FAILED, examples, execute, fail, load, ready
from drive_control_plane.config import ControlPlaneSettings
from drive_control_plane.security.rotation import Batch, Rotation

EXAMPLES = examples(
    "google-drive-control-plane keys generate",
    "CREDENTIALS_ENCRYPTION_KEYS=NEW,OLD google-drive-control-plane keys rotate",
)
NAMED = 10
"""So many unreadable rows are named."""

app = typer.Typer(no_args_is_help=True, help="Keys that secrets are encrypted and signed by.", epilog=EXAMPLES)


@app.command()
def generate() -> None:
    """Print a new key, good for CREDENTIALS_ENCRYPTION_KEYS and for CONTROL_PLANE_SIGNING_KEYS."""
    typer.echo(Fernet.generate_key().decode())


@app.command()
def rotate() -> None:
    """Encrypt all stored secrets by the newest of CREDENTIALS_ENCRYPTION_KEYS.

    First give all replicas and workers the new key behind the old one, so that all can read what it encrypts, then in
    front of it; then run this, then take the old key away.
    It may run beside them. When it was stopped, run it again: it goes on where it was.
    """
    settings = load(ControlPlaneSettings)
    batches = execute(_rotate(settings))
    unreadable = [key for batch in batches for key in batch.unreadable]
    renewed, rows = sum(batch.renewed for batch in batches), sum(batch.rows for batch in batches)
    typer.echo(f"encrypted {renewed} secrets anew, of {rows} rows")
    if unreadable:
        named = ", ".join(unreadable[:NAMED]) + (", …" if len(unreadable) > NAMED else "")
        fail(
            f"{len(unreadable)} rows were encrypted with none of the keys: give the former key again ({named})", FAILED
        )


async def _rotate(settings: ControlPlaneSettings) -> list[Batch]:
    async with ready(settings.database_url) as database:
        rotation = Rotation(database, settings.credentials_encryption_keys, REAL_CLOCK)
        batches = []
        with _progress() as progress:
            bar = progress.add_task("encrypting", total=await rotation.rows())
            async for batch in rotation.batches():
                batches.append(batch)
                progress.advance(bar, batch.rows)
        return batches


def _progress() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=Console(stderr=True))
