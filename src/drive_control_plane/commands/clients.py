"""`clients create`, `clients rotate`, `clients list` and `clients disable`: machines that may call the API."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.audit.log import Actor
from drive_control_plane.clock import REAL_CLOCK
from drive_control_plane.commands.database import DatabaseSettings
from drive_control_plane.commands.shell import WRONG_USE, actor, examples, execute, fail, load, ready
from drive_control_plane.database.tables import MachineClient
from drive_control_plane.machines import clients
from drive_control_plane.machines.clients import ClientError, NewSecret
from drive_control_plane.machines.scopes import MEANINGS, ScopeError

EXAMPLES = examples(
    "google-drive-control-plane clients create worker-eu --scope connections:token",
    "google-drive-control-plane clients create reports --scope connections:read --tenant tenant_1",
    "google-drive-control-plane clients rotate CLIENT_ID --overlap-hours 24",
)
SCOPES = ", ".join(f"{scope.value} ({meaning})" for scope, meaning in MEANINGS.items())
MOST_OVERLAP_HOURS = 24 * 30

clients_app = typer.Typer(no_args_is_help=True, help="Machines that may call the API.", epilog=EXAMPLES)

Result = TypeVar("Result")
Deed = Callable[[AsyncSession, datetime, Actor], Awaitable[Result]]


@clients_app.command()
def create(
    name: Annotated[str, typer.Argument(help="What people call it.")],
    scope: Annotated[list[str], typer.Option(help=f"What it may do; may be repeated: {SCOPES}.")],
    tenant: Annotated[str | None, typer.Option(help="Whose it is. A worker has none: it serves all.")] = None,
) -> None:
    """Make a client. Its secret is shown now and never again."""
    _show(_done(lambda session, now, actor: clients.create(session, now, actor, name, scope, tenant)))


@clients_app.command()
def rotate(
    client_id: Annotated[str, typer.Argument()],
    overlap_hours: Annotated[
        float, typer.Option(min=0, max=MOST_OVERLAP_HOURS, help="How long the former secret stays good; 0: not at all.")
    ] = clients.OVERLAP.total_seconds() / 3600,
) -> None:
    """Give a client a new secret, shown now and never again."""
    overlap = timedelta(hours=overlap_hours)
    _show(_done(lambda session, now, actor: clients.rotate(session, now, actor, client_id, overlap)))


@clients_app.command()
def disable(client_id: Annotated[str, typer.Argument()]) -> None:
    """Refuse a client, and the tokens it has, from now on."""
    _done(lambda session, now, actor: clients.disable(session, now, actor, client_id))
    typer.echo(f"{client_id} is disabled")


@clients_app.command("list")
def list_all() -> None:
    """Show all clients, the oldest first."""
    found = _done(lambda session, _now, _actor: clients.all_clients(session))
    if not found:
        typer.echo("no clients yet: make one with `google-drive-control-plane clients create`")
        return
    Console(width=None if Console().is_terminal else 200).print(_table(found))


def _done(deed: Deed[Result]) -> Result:
    """Do it in one transaction, in the name of whoever runs the command."""
    return execute(_transacted(load(DatabaseSettings), deed))


async def _transacted(settings: DatabaseSettings, deed: Deed[Result]) -> Result:
    async with ready(settings.database_url) as database:
        try:
            async with database.transaction() as session:
                return await deed(session, REAL_CLOCK.now(), actor())
        except (ClientError, ScopeError) as error:
            fail(str(error), WRONG_USE)


def _show(made: NewSecret) -> None:
    """The two lines on standard output are what a worker's environment takes."""
    typer.echo(f"CONTROL_PLANE_CLIENT_ID={made.client_id}\nCONTROL_PLANE_CLIENT_SECRET={made.secret}")
    typer.echo("The secret is not kept and not shown again: put it where the client reads it.", err=True)


def _table(found: Sequence[MachineClient]) -> Table:
    table = Table("id", "name", "tenant", "scopes", "made", "last used", "state", box=None)
    for client in found:
        state = "disabled" if client.disabled_at else "good"
        scopes = " ".join(client.scopes)
        times = (_shown(client.created_at), _shown(client.used_at))
        table.add_row(client.id, escape(client.name), client.tenant_id or "(worker)", scopes, *times, state)
    return table


def _shown(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") if moment else "never"
