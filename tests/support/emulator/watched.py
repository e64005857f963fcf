"""The emulator as a program of its own, with the recorder looking on.

In: the emulator's arguments. Out: an emulator that serves; a file (``EMULATOR_VIOLATIONS``) with a line for each answer
that is not as Google documents it. A test that starts it asks ``Watch`` at its end.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.emulator.recorder import violations_of

from google_drive_emulator.cli import main
from google_drive_emulator.http.observers import Exchange, observe

_VARIABLE = "EMULATOR_VIOLATIONS"
_TOP = Path(__file__).parents[3]


@dataclass(frozen=True)
class Watch:
    """How to start a watched emulator, and what was seen of it; ``file`` takes the violations."""

    file: Path

    @property
    def command(self) -> list[str]:
        """Return the program; arguments of the emulator go behind it."""
        return [sys.executable, "-m", "tests.support.emulator.watched"]

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the environment to start it in."""
        return {**os.environ, _VARIABLE: str(self.file), "PYTHONPATH": str(_TOP)}

    def check(self) -> None:
        """Fail if an answer was not as documented."""
        seen = self.file.read_text() if self.file.exists() else ""
        assert not seen, seen


def _run(file: Path) -> None:
    def look(exchange: Exchange) -> None:
        found = violations_of(exchange)
        if found:
            with file.open("a") as lines:
                lines.write("\n".join(found) + "\n")

    with observe(look):
        main()


if __name__ == "__main__":
    _run(Path(os.environ[_VARIABLE]))
