"""`operators`: who may sign in."""

from typing import Annotated

import typer
from sqlalchemy import select

from drive_control_plane.audit.log import record
from drive_control_plane.clock import REAL_CLOCK
from drive_control_plane.commands import shell
from drive_control_plane.config import ControlPlaneSettings
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Operator, Role
from drive_control_plane.operators.accounts import DEFAULT_TENANT, make_link
from drive_control_plane.operators.sessions import disable as disable_operator

app = typer.Typer(no_args_is_help=True, help="Who may sign in: invite, list, disable.")
Tenant = Annotated[str, typer.Option(help="The organisation that they belong to.")]


@app.command(epilog=shell.examples("google-drive-control-plane operators invite ada@example.com --role operator"))
def invite(
    email: Annotated[str, typer.Argument(help="Whose account it becomes.")],
    role: Annotated[Role, typer.Option(help="viewer looks, operator connects and runs, administrator may all.")],
    tenant: Tenant = DEFAULT_TENANT,
) -> None:
    """Print a link with which one person, once and within a day, makes their account."""
    settings = shell.load(ControlPlaneSettings)

    async def work() -> None:
        async with shell.ready(settings.database_url) as database:
            secret = await make_link(database, REAL_CLOCK.now(), shell.actor(), role, email, tenant)
        typer.echo(f"{settings.control_plane_public_url}/setup/{secret}")

    shell.execute(work())


@app.command("list")
def show() -> None:
    """List operators: address, role, organisation."""
    settings = shell.load(ControlPlaneSettings)
    for operator in shell.execute(_all(settings)):
        state = "disabled" if operator.disabled_at else operator.role.value
        typer.echo(f"{operator.email}\t{state}\t{operator.tenant_id}")


@app.command()
def disable(email: Annotated[str, typer.Argument(help="Who may sign in no more.")]) -> None:
    """Let somebody sign in no more, and sign them out everywhere."""
    settings = shell.load(ControlPlaneSettings)
    if not shell.execute(_disabled(settings, email.strip().lower())):
        shell.fail(f"there is no operator {email}: see `operators list`", shell.FAILED)
    typer.echo(f"{email} is signed out and can sign in no more")


async def _all(settings: ControlPlaneSettings) -> list[Operator]:
    async with shell.ready(settings.database_url) as database, database.reading() as session:
        return list(await session.scalars(select(Operator).order_by(Operator.email)))


async def _disabled(settings: ControlPlaneSettings, email: str) -> bool:
    async with shell.ready(settings.database_url) as database:
        return await _disable(database, email)


async def _disable(database: Database, email: str) -> bool:
    now = REAL_CLOCK.now()
    async with database.transaction() as session:
        operator = await session.scalar(select(Operator).where(Operator.email == email))
        if operator is None:
            return False
        await disable_operator(session, operator.id, now)
        record(session, now, shell.actor(), "operator.disabled", operator.id, tenant_id=operator.tenant_id)
    return True
