"""What was seen lately.

In: keys of messages or notifications. Out: whether a key came before, as far as a bounded memory knows.
"""

from collections import OrderedDict

__all__ = ["IdempotencyCache"]


class IdempotencyCache:
    """The `max_entries` keys used last; the one not used for longest gives way.

    It saves work on repeats, and forgets: correctness must not depend on it. It belongs to one event loop and is
    not safe to share between threads.
    """

    def __init__(self, max_entries: int) -> None:
        if max_entries < 1:
            raise ValueError(f"max_entries must be at least 1, not {max_entries}")
        self._max_entries = max_entries
        self._keys: OrderedDict[str, None] = OrderedDict()

    def seen(self, key: str) -> bool:
        """Say whether the key is known, and know it from now on."""
        known = key in self._keys
        self.add(key)
        return known

    def add(self, key: str) -> None:
        """Know the key, as the one used last."""
        self._keys[key] = None
        self._keys.move_to_end(key)
        if len(self._keys) > self._max_entries:
            self._keys.popitem(last=False)

    def discard(self, key: str) -> None:
        """Forget the key: its work failed and a repeat is welcome."""
        self._keys.pop(key, None)

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)
