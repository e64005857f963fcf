"""What a person sees of the demo.

In: what has happened so far. Out: a rich renderable, drawn again several times a second; plain lines where there is no
terminal.
"""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from drive_demo.replica import Record

SHOWN = 12
NAME_WIDTH = 48


@dataclass(slots=True)
class DemoProgress:
    """Counts and the newest changes."""

    total: int
    source: str
    addresses: dict[str, str]
    invitation: str | None = None
    """The link with which somebody makes the first account of the dashboard; None: nobody is asked to."""
    phase: str = "starting"
    records: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    """Records so far by their type."""
    connected: Counter[str] = field(default_factory=Counter)
    """Records of files and folders, by connection that was made on the dashboard."""
    items: int = 0
    changes: int = 0
    seconds: float = 0.0
    sync_seconds: float | None = None
    events: deque[Text] = field(default_factory=lambda: deque(maxlen=SHOWN))

    def note(self, record: Record, lag_seconds: float | None) -> None:
        """Remember a record of a change."""
        self.changes += 1
        self.events.appendleft(_line(record, lag_seconds))


def render(progress: DemoProgress) -> RenderableType:
    """Draw it."""
    return Group(_head(progress), _bar(progress), _kinds(progress), *_connected(progress), _changes(progress))


def welcome(invitation: str) -> RenderableType:
    """What to do first; without a frame, so that the link stays whole however narrow the terminal is."""
    what = 'Open it, choose a password, click "Connect Google Drive".'
    return Text.assemble(("Dashboard: ", "bold"), (invitation, "bold cyan"), "\n", what)


def _head(progress: DemoProgress) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_row(Text("drive", style="dim"), progress.source)
    for name, address in progress.addresses.items():
        table.add_row(Text(name, style="dim"), address)
    return Panel(table, title="Google Drive, in step into Kafka", border_style="cyan")


def _bar(progress: DemoProgress) -> RenderableType:
    seconds = progress.sync_seconds or progress.seconds
    rate = f"{progress.items / seconds:,.0f} a second" if seconds > 0 and progress.items else ""
    table = Table.grid(padding=(0, 2))
    table.add_row(
        Text(progress.phase, style="bold green" if progress.sync_seconds else "bold yellow"),
        ProgressBar(total=max(1, progress.total), completed=min(progress.items, progress.total), width=40),
        f"{progress.items:,} of {progress.total:,} items",
        rate,
    )
    return table


def _kinds(progress: DemoProgress) -> RenderableType:
    counted = ", ".join(f"{count:,} {kind}" for kind, count in progress.kinds.most_common())
    return Text.assemble(("records: ", "dim"), counted or "none yet")


def _connected(progress: DemoProgress) -> Iterator[RenderableType]:
    for connection_id, count in progress.connected.items():
        yield Text.assemble(("connected: ", "dim"), f"{connection_id}, {count:,} records of files and folders")


def _changes(progress: DemoProgress) -> RenderableType:
    title = f"changes as they arrive ({progress.changes:,})"
    lines: list[RenderableType] = list(progress.events) or [Text("none yet", style="dim")]
    return Panel(Group(*lines), title=title, border_style="dim", height=SHOWN + 2)


def _line(record: Record, lag_seconds: float | None) -> Text:
    data: dict[str, Any] = record.data or {}
    what = "gone" if record.op == "delete" else "trashed" if data.get("trashed") else "changed"
    style = {"gone": "red", "trashed": "magenta", "changed": "green"}[what]
    name = str(data.get("name") or data.get("content") or record.resource_id)
    shown = name if len(name) <= NAME_WIDTH else f"{name[: NAME_WIDTH - 1]}…"
    lag = "" if lag_seconds is None else f"after {lag_seconds:.2f} s"
    return Text.assemble(
        (f"{what:8}", style), f"{record.resource_type:14} ", (f"{shown:{NAME_WIDTH}} ", ""), (lag, "dim")
    )
