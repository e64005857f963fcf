"""What the commands of all programs have in common (needs the extra `commands`).

In: settings classes, a program's name. Out: settings, `--version`, exit codes. A user's mistake is answered by a
sentence, never by a traceback.
"""

import sys
from importlib.metadata import version
from typing import Annotated, Final, NoReturn, TypeVar

import typer
from pydantic_settings import BaseSettings

from clustera_toolkit.bootstrap import SettingsError, bootstrap_environment

__all__ = ["FAILED", "WRONG_USE", "examples", "fail", "load", "tell_version"]

FAILED: Final = 1
WRONG_USE: Final = 2

SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def load(settings_class: type[SettingsT]) -> SettingsT:
    """Settings and logging, or a list of all that is wrong and exit code 2."""
    try:
        return bootstrap_environment(settings_class)
    except SettingsError as error:
        fail(str(error), WRONG_USE)


def examples(*lines: str) -> str:
    """Lines for the end of a help text, each kept on a line of its own."""
    return "\n\n".join(["Examples:", *lines])


def fail(message: str, code: int) -> NoReturn:
    """Say what is wrong and end."""
    sys.stderr.write(message.rstrip() + "\n")
    raise typer.Exit(code)


def tell_version(app: typer.Typer, program: str, distribution: str, purpose: str) -> None:
    """Give a program `--version`, and the sentence that its help begins with."""

    def show(*, wanted: bool) -> None:
        if wanted:
            typer.echo(f"{program} {version(distribution)}")
            raise typer.Exit

    @app.callback(help=purpose)
    def root(
        version: Annotated[
            bool,
            typer.Option(
                "--version", callback=lambda wanted: show(wanted=wanted), is_eager=True, help="Show it and end."
            ),
        ] = False,
    ) -> None:
        """Nothing of its own: the commands do it."""
