"""Word to open pages that something is new (server-sent events).

In: what changes, from this process and others. Out: `changed` events with a connection's id. A page fetches its live
part again then; after a broken line the browser comes back by itself. Lines stay open, so their number has a bound: a
page that gets none fetches its parts now and then all the same.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import SQLAlchemyError

from drive_control_plane.context import Context, InContext
from drive_control_plane.database import cause_of
from drive_control_plane.events.feed import Feed, FeedWatch, Subscription
from drive_control_plane.http.problems import Problem
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
MOST_LINES_A_SESSION = 20
"""Pages that nobody sees give theirs back, so that these are windows side by side."""
MOST_LINES = 2_000
"""Of a process."""
RETRY_SECONDS = "60"

log = logging.getLogger(__name__)


class OpenLines:
    """How many lines are open, by session."""

    def __init__(self, most: int = MOST_LINES, most_a_session: int = MOST_LINES_A_SESSION) -> None:
        self._most = most
        self._most_a_session = most_a_session
        self._open: Counter[str] = Counter()

    @contextmanager
    def one_more(self, session_hash: str) -> Iterator[None]:
        """A line, open until the end of the block. Raises `Problem` 429 when there are too many."""
        if self._open[session_hash] >= self._most_a_session:
            raise _too_many(f"{self._most_a_session} pages are open in this browser already: close some.")
        if self._open.total() >= self._most:
            raise _too_many("Too many pages are open: this one is brought up to date less often.")
        self._open[session_hash] += 1
        try:
            yield
        finally:
            self._open[session_hash] -= 1
            if not self._open[session_hash]:
                del self._open[session_hash]


def _too_many(detail: str) -> Problem:
    return Problem(429, "too_many_lines", detail, {"Retry-After": RETRY_SECONDS})


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
    """One feed while the application runs."""
    context: Context = app.state.context
    feed = Feed()
    watching = asyncio.create_task(_watch(FeedWatch(context.database, context.clock, feed)), name="feed")
    try:
        yield {"feed": feed, "lines": OpenLines()}
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


router = APIRouter(include_in_schema=False, lifespan=_lifespan)


async def _place(request: Request, _operator: InOperator) -> AsyncIterator[BrowserSession | None]:
    """The session that asks, whose line is counted until the answer has ended, however it ends. Raises `Problem`."""
    session, lines = await session_of(request), request.state.lines
    with lines.one_more(session.session_hash if session else ""):
        yield session


@router.get("/events")
async def events(
    request: Request,
    context: InContext,
    operator: InOperator,
    session: Annotated[BrowserSession | None, Depends(_place, scope="request")],
) -> StreamingResponse:
    """What changes of the operator's tenant, as it changes; the database is asked by the feed, not by each line."""
    feed: Feed = request.state.feed
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    guard = _Guard(context, session)
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
