"""Programs in processes of their own.

In: the arguments of a Python module. Out: a process whose standard output can be waited for and whose end is seen; it
is gone when the block is left. Output goes to files, so that nothing here ever blocks on a pipe.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.errors import BenchmarkError

_POLL_SECONDS = 0.01
_END_SECONDS = 30.0
_LAST_CHARACTERS = 2000
_INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE")
"""All that a program sees of the caller's environment: a setting of a shell must not change what is measured."""


class Program:
    """`python -m MODULE ARGUMENTS` as a context manager; raises `BenchmarkError` when it fails."""

    def __init__(
        self,
        module: str,
        arguments: Sequence[str] = (),
        *,
        directory: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._module = module
        self._output = directory / f"{module}.out"
        self._errors = directory / f"{module}.err"
        with self._output.open("wb") as output, self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env=_environment(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
            )

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._output.read_text()

    @property
    def ended(self) -> bool:
        """Whether it ended well; raises when it ended badly."""
        code = self._process.poll()
        if code:
            raise BenchmarkError(f"{self._module} ended with code {code}: {self._last_words()}")
        return code == 0

    def until(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        """Wait for something that this program does; raises when it ends or the time is over."""
        deadline = time.monotonic() + seconds
        while True:
            ended = self.ended  # asked before the condition, which its last act may have fulfilled
            if condition():
                return
            if ended:
                raise BenchmarkError(f"{self._module} ended before it was {what}: {self._last_words()}")
            if time.monotonic() > deadline:
                raise BenchmarkError(f"{self._module} was not {what} within {seconds:.0f} s: {self._last_words()}")
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End it, by force if need be."""
        self._process.terminate()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_END_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _last_words(self) -> str:
        return self._errors.read_text(errors="replace")[-_LAST_CHARACTERS:].strip() or "it said nothing"


def _environment(own: Mapping[str, str]) -> Mapping[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**inherited, **own}
