"""The world and a consumer, side by side.

In: what Drive shows, and what the records led to. Out: one short line for each difference.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.convergence.consumer import ITEMS, Consumer, Row
from tests.support.convergence.truth import Seen

Json = dict[str, Any]
MOST_SHOWN = 160


def differing_items(seen: Mapping[str, Seen], consumer: Consumer, bumped: frozenset[str]) -> Iterator[str]:
    """Every file and folder both ways. A version may lag behind for those that were `bumped` in silence."""
    held = {(row.kind, row.id): row for row in consumer.of(*ITEMS)}
    for item_id, real in seen.items():
        row = held.pop((real.kind, item_id), None)
        if row is None:
            yield f"{real.kind} {item_id} ({real.corpus}, {real.data.get('name')!r}) is missing"
        else:
            yield from (f"{real.kind} {item_id}: {text}" for text in _differing(real, row, item_id in bumped))
    for row in held.values():
        yield f"{row.kind} {row.id} ({row.corpus}, {row.data.get('name')!r}) is held and not there"


def _differing(real: Seen, row: Row, is_bumped: bool) -> Iterator[str]:
    if row.corpus != real.corpus:
        yield f"its corpus is held as {row.corpus}, and is {real.corpus}"
    held = {name: value for name, value in row.data.items() if name != "viewer"}
    for name in sorted(real.data.keys() | held.keys()):
        mine, theirs = _unordered(name, held.get(name)), _unordered(name, real.data.get(name))
        is_behind = name == "version" and is_bumped and (row.version or 0) < real.data[name]
        if mine != theirs and not is_behind:
            yield f"{name} is held as {short(mine)}, and is {short(theirs)}"


def _unordered(name: str, value: Any) -> Any:
    """Grants come in any order."""
    if name not in {"permissions", "permission_ids"} or value is None:
        return value
    return sorted(value, key=lambda grant: grant if isinstance(grant, str) else grant["id"])


def short(value: object) -> str:
    """A value in a line."""
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
