"""Draws docs/images/demo.svg: the live view of the demo, from a run of it.

In: nothing; it runs `demo --once` on embedded parts. Out: the last view of that run before it compares, as SVG. Run as
`.venv/bin/python docs/images/make_demo_picture.py`; Ctrl-C leaves the old picture.
"""

import asyncio
import io
import logging
import re
from pathlib import Path

from rich.console import Console, RenderableType

from clustera_toolkit.bootstrap import configure_logging, load_settings
from drive_demo.options import DemoOptions
from drive_demo.run import run_demo
from drive_demo.view import DemoProgress, render
from google_drive_worker.mock_mode import MockSettings

PICTURE = Path(__file__).with_name("demo.svg")
COLUMNS = 96
FILES = 10_000


async def last_view() -> RenderableType:
    """Run the demo and return what it showed last while the copy was kept in step. Raises `RuntimeError`."""
    views: list[RenderableType] = []

    def keep(progress: DemoProgress) -> None:
        if progress.phase == "in step":
            views[:] = [render(progress)]

    settings = load_settings(MockSettings).model_copy(update={"worker_http_port": 0, "kafka_bootstrap_servers": ""})
    summary = await run_demo(DemoOptions(files=FILES, once=True), settings, keep)
    if not views or not summary.ok:
        raise RuntimeError("the demo did not end in step: the picture is left as it was")
    return views[0]


def as_svg(view: RenderableType) -> str:
    """Draw a view. The fonts that rich would fetch from elsewhere are left out: the reader's monospace serves."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(view)
    drawn = console.export_svg(title="make demo", unique_id="demo")
    return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)


def main() -> None:
    """Replace the picture."""
    configure_logging("ERROR", renderer="console")
    logging.getLogger("clustera_toolkit.kafka.client").setLevel(logging.CRITICAL)
    PICTURE.write_text(as_svg(asyncio.run(last_view())), encoding="utf-8")


if __name__ == "__main__":
    main()
