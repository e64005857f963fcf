"""How a sync shows how far it is.

In: its progress. Out: a live line on a terminal, now and then a plain line elsewhere; both on standard error, so that
standard output holds the result alone.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import Protocol, Self, TextIO

from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from google_drive_worker.sinks.local.progress import Progress

PLAIN_SECONDS = 5.0


class Display(Protocol):
    """Shows one sync, from entering to leaving it."""

    @property
    def seconds(self) -> float:
        """How long the sync has taken."""
        ...

    def update(self) -> None:
        """The progress has moved on."""
        ...

    def trouble(self, code: str) -> None:
        """A call failed and is repeated."""
        ...

    def paused(self) -> AbstractContextManager[None]:
        """Nothing is shown inside, so that somebody can be asked something."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def display_for(progress: Progress, stream: TextIO | None = None) -> Display:
    """What suits the stream; standard error by default."""
    stream = stream or sys.stderr
    return LiveDisplay(progress, Console(file=stream)) if stream.isatty() else PlainDisplay(progress, stream)


class LiveDisplay:
    """One line that changes."""

    def __init__(self, progress: Progress, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._progress = progress
        self._bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TextColumn("{task.completed:,.0f} items, {task.fields[rate]:,.0f}/s{task.fields[beside]}"),
            TimeElapsedColumn(),
            console=console,
            refresh_per_second=4,
            transient=True,
        )
        self._clock = clock
        self._started = clock()
        self._task = self._bar.add_task(progress.doing, total=None, rate=0.0, beside="")

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return self._clock() - self._started

    def update(self) -> None:
        """Change the line; it is drawn four times a second at most."""
        progress, items = self._progress, self._progress.items
        speed, beside = rate(items, self.seconds), _further(progress.beside_items)
        self._bar.update(self._task, description=progress.doing, completed=items, rate=speed, beside=beside)

    def trouble(self, code: str) -> None:
        """Say that something is repeated, until the next page comes."""
        self._bar.update(self._task, description=f"{self._progress.doing} (trying again: {code})")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take the line away for a while."""
        self._bar.stop()
        yield
        self._bar.start()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()


class PlainDisplay:
    """A line when something else begins, and every few seconds; lanes that alternate begin once."""

    def __init__(self, progress: Progress, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._progress = progress
        self._stream = stream
        self._clock = clock
        self._started = clock()
        self._told_at = self._started
        self._begun: set[str] = set()

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return self._clock() - self._started

    def update(self) -> None:
        """Write a line if one is due."""
        now, progress = self._clock(), self._progress
        if progress.doing in self._begun and now - self._told_at < PLAIN_SECONDS:
            return
        self._begun.add(progress.doing)
        self._told_at = now
        speed, beside = rate(progress.items, self.seconds), _further(progress.beside_items)
        self._write(f"{progress.doing}: {progress.items:,} items, {speed:,.0f}/s{beside}, {self.seconds:.0f} s")

    def trouble(self, code: str) -> None:
        """Write a line for each failure; the waits between them grow."""
        self._write(f"{self._progress.doing}: trying again ({code})")

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()

    def paused(self) -> AbstractContextManager[None]:
        """Lines are written only when something happens."""
        return nullcontext()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class TroubleObserver:
    """A `CallObserver` that shows calls that are repeated. Other failures are answers, and told as errors."""

    def __init__(self, display: Display) -> None:
        self._display = display

    def call(self, endpoint: str, status: int, seconds: float) -> None:
        """Answers show in the progress."""

    def error(self, endpoint: str, code: str) -> None:
        """Whether it is repeated is told by `retried`."""

    def retried(self, endpoint: str, code: str) -> None:  # noqa: ARG002 # the observer's signature
        """Show the code."""
        self._display.trouble(code)


def rate(items: int, seconds: float) -> float:
    """Items a second; 0 before any time has passed."""
    return items / seconds if seconds > 0 else 0.0


def _further(text: str) -> str:
    return f", {text}" if text else ""


def summary(progress: Progress, seconds: float) -> str:
    """What a run did, and the first items that could not be taken over."""
    speed = rate(progress.items, seconds)
    done = f"{progress.files:,} files, {progress.folders:,} folders, {progress.deletes:,} deletes"
    lines = [f"{done}, {progress.errors:,} errors in {seconds:.1f} s ({speed:,.0f} items/s)"]
    lines += [f"  beside them: {progress.beside_items}"] if progress.beside_items else []
    lines += [
        f"  {error.resource_type or 'item'} {error.resource_id or '(no id)'}: {error.message} [{error.code}]"
        for error in progress.first_errors
    ]
    if progress.errors > len(progress.first_errors):
        lines.append(f"  and {progress.errors - len(progress.first_errors):,} more")
    return "\n".join(lines)
