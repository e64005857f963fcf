"""What a router brings along: made when the application starts, closed when it ends.

In: how it is made from the context. Out: a router's lifespan, which has it in `request.state` under a name.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

from fastapi import FastAPI

from drive_control_plane.context import Context


class Closing(Protocol):
    """Something that has to be closed."""

    async def close(self) -> None:
        """End its work."""
        ...


def kept_while_serving(
    name: str, make: Callable[[Context], Closing]
) -> Callable[[FastAPI], AbstractAsyncContextManager[Mapping[str, Any]]]:
    """A lifespan that has one of it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        made = make(app.state.context)
        try:
            yield {name: made}
        finally:
            await made.close()

    return lifespan
