"""Which channels there are, as the receiver remembers them.

In: the id of a channel. Out: a `Line` (whose it is, how its token is checked, how far it has counted), or None. What
the database says holds for a while, also that it knows nothing; both are bounded, and strangers never push a known
channel out. What was counted here survives that the database is asked anew.
"""

import asyncio
import itertools
import logging
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from drive_control_plane.context import Context
from drive_control_plane.database import cause_of
from drive_control_plane.database.tables import Channel
from drive_control_plane.webhooks.journal import Journal

GOOD_FOR = timedelta(seconds=15)
"""How long a channel that was stopped may still be taken for open, at most."""
STRANGE_FOR = timedelta(seconds=30)
MAX_KNOWN = 20_000
MAX_STRANGE = 20_000
MAX_ASKED = 500
"""Channels that one question is about."""
MAX_WAITING = 2_000
LOOKUP_SECONDS = 3.0
CHANNEL_ID = re.compile(r"chan_[0-9a-f]{32}")
"""As `new_id` makes them; the database is not asked for any other."""

log = logging.getLogger(__name__)


class ChannelsUnavailableError(Exception):
    """The database does not say now whether there is such a channel."""


@dataclass(slots=True)
class Line:
    """An open channel. It counts here, ahead of the database."""

    channel_id: str
    connection_id: str
    corpus: str
    token_hash: str
    resource_id: str | None
    """None until Google has answered, or was heard from."""
    expires_at: datetime
    last_number: int
    was_heard: bool
    """Whether anything ever came by it."""
    good_until: datetime
    sending: set[int] = field(default_factory=set)
    """Numbers on their way to Kafka."""


class KnownChannels:
    """The channels that were asked for lately, and the ids that are nobody's."""

    def __init__(self, context: Context, journal: Journal) -> None:
        self._context = context
        self._journal = journal
        self._lines: OrderedDict[str, Line] = OrderedDict()
        self._strange: OrderedDict[str, datetime] = OrderedDict()
        self._asking: dict[str, asyncio.Future[Line | None]] = {}
        self._asker: asyncio.Task[None] | None = None

    async def line(self, channel_id: str) -> Line | None:
        """The open channel of that id, or None. Raises `ChannelsUnavailableError`."""
        if CHANNEL_ID.fullmatch(channel_id) is None:
            return None
        now = self._context.clock.now()
        line = self._lines.get(channel_id)
        if line is not None and line.good_until > now:
            self._lines.move_to_end(channel_id)
            return line if line.expires_at > now else None
        if line is None and self._strange.get(channel_id, now) > now:
            return None
        return await self._asked(channel_id)

    async def _asked(self, channel_id: str) -> Line | None:
        """Ask for all who want to know at once: one question at a time, so that most connections stay with others."""
        asking = self._asking.get(channel_id)
        if asking is None:
            if len(self._asking) >= MAX_WAITING:
                raise ChannelsUnavailableError("too many unknown channels are asked for")
            asking = self._asking[channel_id] = asyncio.get_running_loop().create_future()
            if self._asker is None or self._asker.done():
                self._asker = asyncio.create_task(self._ask(), name="lookup of channels")
        return await asyncio.shield(asking)

    async def _ask(self) -> None:
        while self._asking:
            names = list(itertools.islice(self._asking, MAX_ASKED))
            try:
                found = await self._read(names)
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("channels cannot be looked up: %s", cause_of(error))
                self._fail(names)
            except BaseException:
                self._fail(list(self._asking))
                raise
            else:
                now = self._context.clock.now()
                for name in names:
                    self._asking.pop(name).set_result(self._learned(name, found.get(name), now))

    async def _read(self, names: list[str]) -> dict[str, Channel]:
        async with asyncio.timeout(LOOKUP_SECONDS), self._context.database.reading() as session:
            return {each.id: each for each in await session.scalars(select(Channel).where(Channel.id.in_(names)))}

    def _fail(self, names: list[str]) -> None:
        for name in names:
            asking = self._asking.pop(name)
            asking.set_exception(ChannelsUnavailableError("the database does not answer"))
            asking.exception()  # whoever waits has it, and nobody may be left waiting

    def _learned(self, channel_id: str, channel: Channel | None, now: datetime) -> Line | None:
        if channel is None or channel.stopped_at is not None or channel.expires_at <= now:
            self._forget(channel_id, now)
            return None
        return self._remember(channel, now)

    def _forget(self, channel_id: str, now: datetime) -> None:
        self._lines.pop(channel_id, None)
        self._strange[channel_id] = now + STRANGE_FOR
        self._strange.move_to_end(channel_id)
        while len(self._strange) > MAX_STRANGE:
            self._strange.popitem(last=False)

    def _remember(self, channel: Channel, now: datetime) -> Line:
        line = self._lines.get(channel.id)
        if line is None:
            line = self._lines[channel.id] = _line(channel, now)
        line.good_until = now + GOOD_FOR
        line.expires_at = channel.expires_at
        line.resource_id = channel.resource_id or line.resource_id
        line.last_number = max(line.last_number, channel.last_number, self._journal.number_of(channel.id))
        self._strange.pop(channel.id, None)
        self._lines.move_to_end(channel.id)
        self._make_room()
        return line

    def _make_room(self) -> None:
        """Forget who was not heard from for longest; a line with something on its way stays."""
        if len(self._lines) <= MAX_KNOWN:
            return
        oldest = next((name for name, line in self._lines.items() if not line.sending), None)
        if oldest is not None:
            del self._lines[oldest]


def _line(channel: Channel, now: datetime) -> Line:
    return Line(
        channel_id=channel.id,
        connection_id=channel.connection_id,
        corpus=channel.corpus,
        token_hash=channel.token_hash,
        resource_id=channel.resource_id,
        expires_at=channel.expires_at,
        last_number=channel.last_number,
        was_heard=channel.notified_at is not None,
        good_until=now,
    )
