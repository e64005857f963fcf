"""What a cache does. In: keys, bytes, how long they are good. Out: the bytes, as long as they are kept."""

from typing import Protocol


class Cache(Protocol):
    """Keeps bytes for a while. It never fails: one that is away has nothing and keeps nothing."""

    async def get(self, key: str) -> bytes | None:
        """Give what is kept; None when it is over, was dropped, or the cache is away."""
        ...

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep a value for at most so long; one that is secret comes sealed."""
        ...

    async def drop(self, key: str) -> None:
        """Keep it no more. A cache that is away may still have it when it comes back, until its time is over."""
        ...

    async def is_up(self) -> bool:
        """Whether it answers."""
        ...
