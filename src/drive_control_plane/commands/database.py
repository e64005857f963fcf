"""`database upgrade`, `database downgrade` and `database current`: the schema of the database."""

from typing import Annotated, NoReturn

import typer
from alembic.util import CommandError
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from drive_control_plane.commands.shell import WRONG_USE, examples, execute, fail, load, opened
from drive_control_plane.config import ControlPlaneSettings
from drive_control_plane.database import migrate

EXAMPLES = examples(
    "DATABASE_URL=postgresql://user:password@host/name google-drive-control-plane database upgrade",
    "google-drive-control-plane database current",
)

app = typer.Typer(no_args_is_help=True, help="The database's schema.", epilog=EXAMPLES)


class DatabaseSettings(BaseSettings):
    """All that a migration needs: it may run where neither keys nor Google's client are known."""

    model_config = SettingsConfigDict(extra="ignore", case_sensitive=False)

    database_url: SecretStr = ControlPlaneSettings.model_fields["database_url"].default
    log_level: str = "WARNING"
    log_format: str = "json"


@app.command()
def upgrade(
    revision: Annotated[str, typer.Argument(help="Up to this one; the newest by default.")] = "head",
) -> None:
    """Bring the schema up to this program's. Replicas that do it at the same time take turns."""
    typer.echo(f"the schema is at {_shown(execute(_upgrade(load(DatabaseSettings), revision)))}")


@app.command()
def downgrade(
    revision: Annotated[str, typer.Argument(help="Back to this one; `base` is an empty database.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take the schema back to a revision. Tables and columns that came after it go, with all they hold."""
    settings = load(DatabaseSettings)
    if not yes:
        typer.confirm(f"Tables and columns newer than {revision} go, with all they hold. Go on?", abort=True)
    typer.echo(f"the schema is at {_shown(execute(_downgrade(settings, revision)))}")


@app.command()
def current() -> None:
    """Say which revision the schema is at; exit code 1 when it is not this program's."""
    settings = load(DatabaseSettings)
    typer.echo(_shown(execute(_current(settings))))
    execute(_check(settings))


async def _upgrade(settings: DatabaseSettings, revision: str) -> str | None:
    async with opened(settings.database_url) as database:
        try:
            await migrate.upgrade(database, revision)
        except CommandError as error:
            _refuse(error)
        return await migrate.current(database)


async def _downgrade(settings: DatabaseSettings, revision: str) -> str | None:
    async with opened(settings.database_url) as database:
        try:
            await migrate.downgrade(database, revision)
        except CommandError as error:
            _refuse(error)
        return await migrate.current(database)


async def _current(settings: DatabaseSettings) -> str | None:
    async with opened(settings.database_url) as database:
        return await migrate.current(database)


async def _check(settings: DatabaseSettings) -> None:
    async with opened(settings.database_url) as database:
        await migrate.check(database)


def _refuse(error: CommandError) -> NoReturn:
    """A revision that there is not, or that lies on the other side."""
    fail(f"{error}: see `google-drive-control-plane database current`", WRONG_USE)


def _shown(revision: str | None) -> str:
    return revision or "base (empty)"
