"""What the worker is compared with: two programs that copy the same drive.

In: an order, what to copy where. Out: what it took, after every file was read back.
"""

import time
from pathlib import Path
from typing import Literal

import msgspec

from benchmarks.cluster import Growth
from benchmarks.programs import Program
from benchmarks.screen import Advance
from benchmarks.usage import Spent
from benchmarks.worker_process import Place, check_complete

Baseline = Literal["floor", "naive"]
_LOOK_SECONDS = 0.25


class Order(msgspec.Struct, frozen=True):
    """What a baseline program is told, as JSON in its only argument."""

    drive_url: str
    bootstrap_servers: str
    topic: str
    pages: int
    value_bytes: int
    """The size of a message: the worker's mean (the floor only)."""


class _File(msgspec.Struct):
    id: str


_FILE = msgspec.json.Decoder(_File)


def copy_with(baseline: Baseline, place: Place, *, pages: int, value_bytes: int, advance: Advance) -> Spent:
    """Run a baseline over the first `pages` pages; raises `BenchmarkError` when it fails or a file is missing."""
    topic = place.topic("records")
    place.cluster.create_records_topic(topic)
    order = Order(place.drive.url, place.cluster.bootstrap_servers, topic, pages, value_bytes)
    spent = _run(f"benchmarks.{baseline}", order, place, advance)
    read_back = place.cluster.read_back(topic, _key if baseline == "floor" else id_in_value)
    check_complete(f"the {baseline} baseline", read_back, spent.files)
    return spent


def _run(module: str, order: Order, place: Place, advance: Advance) -> Spent:
    written = Growth(place.cluster, order.topic)

    def ended() -> bool:
        advance(written())
        time.sleep(_LOOK_SECONDS)
        return "\n" in program.output

    arguments = [msgspec.json.encode(order).decode()]
    with Program(module, arguments, directory=Path(place.directory)) as program:
        program.until(ended, "done", place.deadline_seconds)
        return msgspec.json.decode(program.output, type=Spent)


def _key(key: bytes, _: bytes) -> str:
    return key.decode()


def id_in_value(_: bytes, value: bytes) -> str:
    """The id of a file as Drive gave it."""
    return _FILE.decode(value).id
