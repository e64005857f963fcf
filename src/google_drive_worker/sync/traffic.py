"""What keeps the lanes of a connection in order within one corpus.

In: ids that a change page or a walk has emitted. Out: for a page that was requested earlier, which of its rows are
older than what was emitted meanwhile. All lanes emit under one lock, so that "emitted meanwhile" has a meaning; what
is remembered is bounded by the pages that are under way.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from google_drive_worker.schemas.record import OutRecord


class Traffic:
    """Of one corpus of one connection."""

    def __init__(self) -> None:
        self.emitting = asyncio.Lock()
        """Held by whoever emits, from a look at what was touched until the batch is handed over."""
        self._clock = 0
        self._requests: list[int] = []
        self._touched: dict[str, int] = {}

    @contextmanager
    def request(self) -> Iterator[int]:
        """Have ids remembered that are touched while the block runs; gives the moment to compare with."""
        moment = self._clock
        self._requests.append(moment)
        try:
            yield moment
        finally:
            self._requests.remove(moment)
            if not self._requests:
                self._touched.clear()

    def touch(self, ids: Iterable[str]) -> None:
        """Say that the items were just emitted from something newer than any page under way."""
        if not self._requests:
            return
        self._clock += 1
        self._touched.update(dict.fromkeys(ids, self._clock))
        oldest = min(self._requests)
        if any(touched <= oldest for touched in self._touched.values()):
            self._touched = {name: touched for name, touched in self._touched.items() if touched > oldest}

    def untouched(self, records: Sequence[OutRecord], since: int) -> Sequence[OutRecord]:
        """The records whose resource was not touched after that moment."""
        if not self._touched:
            return records
        return [record for record in records if self._touched.get(record.resource_id, 0) <= since]

    def was_touched(self, item_id: str, since: int) -> bool:
        """Whether an item was touched after that moment."""
        return self._touched.get(item_id, 0) > since


class TrafficControl:
    """The traffic of all corpora of one connection, made as they are asked for."""

    def __init__(self) -> None:
        self._corpora: dict[str, Traffic] = {}

    def of(self, corpus: str) -> Traffic:
        """The corpus's."""
        return self._corpora.setdefault(corpus, Traffic())
