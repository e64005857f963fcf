"""Word to open pages that something is new (server-sent events).

In: what changes, from this process and others. Out: `changed` events with a connection's id. A page fetches its live
part again then; after a broken line the browser comes back by itself.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import SQLAlchemyError

from drive_control_plane.context import Context, InContext
from drive_control_plane.database import cause_of
from drive_control_plane.events.feed import Feed, FeedWatch, Subscription
from drive_control_plane.http.who import InOperator
from drive_control_plane.operators.cookies import session_of
from drive_control_plane.operators.sessions import BrowserSession, is_good

POLL_SECONDS = 0.5
QUIET_SECONDS = 15.0
"""After so long without news a comment is sent, so that nobody takes the line for dead."""
CHECKED_EVERY = timedelta(seconds=10)
"""How often a line asks, when it has something to say, whether its operator is still signed in."""
LINE_SECONDS = 600.0
"""A line ends after that and is opened anew, by whoever is still signed in."""

log = logging.getLogger(__name__)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
    """One feed while the application runs."""
    context: Context = app.state.context
    feed = Feed()
    watching = asyncio.create_task(_watch(FeedWatch(context.database, context.clock, feed)), name="feed")
    try:
        yield {"feed": feed}
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


router = APIRouter(include_in_schema=False, lifespan=_lifespan)


@router.get("/events")
async def events(request: Request, context: InContext, operator: InOperator) -> StreamingResponse:
    """What changes of the operator's tenant, as it changes; the database is asked by the feed, not by each line."""
    feed: Feed = request.state.feed
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    guard = _Guard(context, await session_of(request))
    return StreamingResponse(_lines(feed, operator.tenant_id, guard), media_type="text/event-stream", headers=headers)


class _Guard:
    """Tells now and then whether the browser at the other end is still signed in."""

    def __init__(self, context: Context, session: BrowserSession | None) -> None:
        self._context = context
        self._session = session
        self._checked_at = context.clock.now()

    async def lets_pass(self) -> bool:
        """Whether there may be said more; while the database is away, what it said last counts."""
        now = self._context.clock.now()
        if now < self._checked_at + CHECKED_EVERY:
            return True
        self._checked_at = now
        try:
            return self._session is not None and await is_good(self._context, self._session.session_hash)
        except (SQLAlchemyError, OSError):
            return True


async def _lines(feed: Feed, tenant_id: str, guard: _Guard) -> AsyncIterator[str]:
    with feed.subscribe(tenant_id) as subscription:
        yield "retry: 1000\n\n"
        ends_at = asyncio.get_running_loop().time() + LINE_SECONDS
        async for connection_id in _news(subscription):
            if not await guard.lets_pass():
                return
            yield f"event: changed\ndata: {connection_id}\n\n" if connection_id else ": still here\n\n"
            if asyncio.get_running_loop().time() > ends_at:
                return


async def _news(subscription: Subscription) -> AsyncIterator[str | None]:
    """Ids that changed; None when nothing did for a while."""
    ids = aiter(subscription)
    waiting: asyncio.Task[str] | None = None
    try:
        while True:
            waiting = waiting or asyncio.ensure_future(anext(ids))
            done, _ = await asyncio.wait({waiting}, timeout=QUIET_SECONDS)
            if not done:
                yield None
                continue
            try:
                connection_id = waiting.result()
            except StopAsyncIteration:
                return
            waiting = None
            yield connection_id
    finally:
        if waiting is not None:
            waiting.cancel()


async def _watch(watch: FeedWatch) -> None:
    """Ask the database for news until cancelled; one that is away is asked again."""
    while True:
        try:
            await watch.poll()
        except (SQLAlchemyError, OSError) as error:
            log.warning("the database does not say what is new: %s", cause_of(error))
        await asyncio.sleep(POLL_SECONDS)
