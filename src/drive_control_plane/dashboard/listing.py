"""Which connections the overview shows.

In: a tenant, what is looked for, a page's number. Out: `Listing`: a page of lines, those that need somebody first, then
the newest; and how many there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.connections.progress import Progress, corpora_of, progress_of
from drive_control_plane.database.tables import Alert, Connection, ConnectionStatus

LINES = 25

LABELS = {
    ConnectionStatus.ACTIVE: "Active",
    ConnectionStatus.PAUSED: "Paused",
    ConnectionStatus.REAUTHORIZATION_REQUIRED: "Consent needed",
    ConnectionStatus.DISCONNECTED: "Disconnected",
}


class Show(StrEnum):
    """Which connections are looked for."""

    CONNECTED = ""
    """All but those that have ended."""
    ATTENTION = "attention"
    """Those with open alerts."""
    ACTIVE = "active"
    PAUSED = "paused"
    REAUTHORIZATION_REQUIRED = "reauthorization_required"
    DISCONNECTED = "disconnected"

    @property
    def in_words(self) -> str:
        """As people say it."""
        others = {Show.CONNECTED: "All that are connected", Show.ATTENTION: "To look at"}
        return others.get(self) or LABELS[ConnectionStatus(self.value)]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: a part of the name or the address, a status; and which page of it, from 1."""

    text: str = ""
    show: Show = Show.CONNECTED
    number: int = 1

    @property
    def is_narrowed(self) -> bool:
        """Whether some connections may be left out."""
        return bool(self.text) or self.show is not Show.CONNECTED

    def query(self, number: int | None = None) -> str:
        """The address's part that asks for it, or for another page of it."""
        number = self.number if number is None else number
        given = {"q": self.text, "status": self.show.value, "page": "" if number == 1 else str(number)}
        return urlencode({name: value for name, value in given.items() if value})


@dataclass(frozen=True, slots=True)
class Line:
    """A connection in the overview."""

    connection: Connection
    label: str
    progress: Progress
    alerts: int


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of what was looked for."""

    wanted: Wanted
    lines: Sequence[Line]
    total: int
    """On all pages."""
    has_any: bool
    """Whether anything is connected at all."""

    @property
    def first(self) -> int:
        """The number of the first line."""
        return (self.wanted.number - 1) * LINES + 1

    @property
    def last(self) -> int:
        """The number of the last line."""
        return self.first + len(self.lines) - 1

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.total // LINES))


async def listing(session: AsyncSession, tenant_id: str, wanted: Wanted) -> Listing:
    """Read a page; one beyond the last is empty."""
    is_wanted = _is_wanted(tenant_id, wanted)
    total = int(await session.scalar(select(func.count()).select_from(Connection).where(is_wanted)) or 0)
    found = [(row[0], int(row[1])) for row in await session.execute(_page(is_wanted, wanted.number))]
    corpora = await corpora_of(session, [connection.id for connection, _ in found])
    lines = [Line(each, LABELS[each.status], progress_of(corpora[each.id]), alerts) for each, alerts in found]
    return Listing(wanted, lines, total, total > 0 or await _has_any(session, tenant_id))


def _page(is_wanted: ColumnElement[bool], number: int) -> Select[Connection, int]:
    """Connections with how many open alerts they have."""
    alerts = (
        select(Alert.connection_id, func.count().label("open"))
        .where(Alert.closed_at.is_(None))
        .group_by(Alert.connection_id)
        .subquery()
    )
    opened = func.coalesce(alerts.c.open, 0)
    joined = select(Connection, opened).outerjoin(alerts, alerts.c.connection_id == Connection.id).where(is_wanted)
    needing_first = joined.order_by(opened == 0, Connection.created_at.desc(), Connection.id)
    return needing_first.limit(LINES).offset((number - 1) * LINES)


def _is_wanted(tenant_id: str, wanted: Wanted) -> ColumnElement[bool]:
    is_theirs = Connection.tenant_id == tenant_id
    if not wanted.text:
        return and_(is_theirs, _is_shown(wanted.show))
    found = [column.icontains(wanted.text, autoescape=True) for column in (Connection.name, Connection.account_email)]
    return and_(is_theirs, _is_shown(wanted.show), or_(*found))


def _is_shown(show: Show) -> ColumnElement[bool]:
    match show:
        case Show.CONNECTED:
            return Connection.status != ConnectionStatus.DISCONNECTED
        case Show.ATTENTION:
            return Connection.id.in_(select(Alert.connection_id).where(Alert.closed_at.is_(None)))
        case _:
            return Connection.status == ConnectionStatus(show.value)


async def _has_any(session: AsyncSession, tenant_id: str) -> bool:
    asked = select(Connection.id).where(
        Connection.tenant_id == tenant_id, Connection.status != ConnectionStatus.DISCONNECTED
    )
    return await session.scalar(asked.limit(1)) is not None
