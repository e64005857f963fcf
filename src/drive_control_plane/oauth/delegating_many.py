"""Many users by one key: addresses in, what became of each out.

Each is tried out and connected by itself, some at once. Who stands in a connection already is not asked for again, so
whatever was not reached in time, or failed for a passing cause, is made good by asking again with the same addresses.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import StringConstraints
from sqlalchemy import func, select

from drive_control_plane.audit.log import Actor
from drive_control_plane.context import Context
from drive_control_plane.database.tables import Connection, ConnectionStatus, Credential
from drive_control_plane.http.problems import Problem
from drive_control_plane.oauth.delegating import connect
from drive_control_plane.oauth.keeping import Wanted
from drive_control_plane.oauth.service_account import ServiceAccountKey

Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=320, pattern=r"^[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+$"),
]
"""An address that the worker takes as a subject."""
MOST_SUBJECTS: Final = 1_000
AT_ONCE: Final = 5
TIME: Final = timedelta(seconds=30)
"""After it nobody else is begun with; whom Google is being asked about may take some seconds more."""
_OF_ONE_SUBJECT: Final = frozenset({"unknown_subject", "account_refused", "admin_policy_enforced"})
_OF_ONE_DOMAIN: Final = "unauthorized_client"


class Became(StrEnum):
    """What became of an address."""

    CREATED = "created"
    EXISTS = "exists"
    REFUSED = "refused"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One address. `code` and `advice` say why it has no connection now."""

    subject: str
    became: Became
    connection_id: str | None = None
    code: str | None = None
    advice: str | None = None


async def connect_many(
    context: Context, actor: Actor, wanted: Wanted, key: ServiceAccountKey, subjects: Sequence[str]
) -> list[Outcome]:
    """Connect these users; the outcomes are in their order, one for an address that came twice."""
    asked: dict[str, str] = {}
    for subject in subjects:
        asked.setdefault(subject.lower(), subject)
    known = await _known(context, wanted.tenant_id, asked)
    turn = _Round(context, actor, wanted, key, context.clock.now() + TIME)
    await turn.run(subject for email, subject in asked.items() if email not in known)
    stood = {asked[email]: Outcome(asked[email], Became.EXISTS, found) for email, found in known.items()}
    return [(turn.outcomes | stood)[subject] for subject in asked.values()]


class _Round:
    """Works through addresses until they, the time, or the reasons to go on have run out."""

    def __init__(self, context: Context, actor: Actor, wanted: Wanted, key: ServiceAccountKey, end: datetime) -> None:
        self._context = context
        self._actor = actor
        self._wanted = wanted
        self._key = key
        self._end = end
        self._left = deque[str]()
        self._domains: dict[str, Problem] = {}
        """Whose administrator has not let the service account in."""
        self._stopped: Problem | None = None
        """What is wrong with the key, or Google, or here: nobody else will fare better."""
        self.outcomes: dict[str, Outcome] = {}

    async def run(self, subjects: Iterable[str]) -> None:
        self._left.extend(subjects)
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._work())

    async def _work(self) -> None:
        while self._left:
            subject = self._left.popleft()
            self.outcomes[subject] = self._passed_over(subject) or await self._try(subject)

    def _passed_over(self, subject: str) -> Outcome | None:
        if self._stopped is not None:
            return _not_tried(subject, self._stopped.code, self._stopped.detail)
        if problem := self._domains.get(_domain(subject)):
            return Outcome(subject, Became.REFUSED, None, problem.code, problem.detail)
        if self._context.clock.now() >= self._end:
            return _not_tried(subject, "out_of_time", "There was no time left for it. Ask again with these addresses.")
        return None

    async def _try(self, subject: str) -> Outcome:
        try:
            made = await connect(self._context, self._actor, self._wanted, self._key, subject)
        except Problem as problem:
            return self._refused(subject, problem)
        return Outcome(subject, Became.CREATED, made)

    def _refused(self, subject: str, problem: Problem) -> Outcome:
        if problem.code == "already_connected":
            return Outcome(subject, Became.EXISTS, problem.more["connection_id"])
        if problem.code == _OF_ONE_DOMAIN:
            self._domains[_domain(subject)] = problem
        elif problem.status == 503:
            return _not_tried(subject, problem.code, problem.detail)
        elif problem.code not in _OF_ONE_SUBJECT:
            self._stopped = problem
        return Outcome(subject, Became.REFUSED, None, problem.code, problem.detail)


async def _known(context: Context, tenant_id: str, emails: Iterable[str]) -> dict[str, str]:
    """The connections that stand for these users already, by their addresses in small letters."""
    subject = func.lower(Credential.subject)
    wanted = (
        select(subject, Connection.id)
        .join(Connection, Credential.connection_id == Connection.id)
        .where(
            Connection.tenant_id == tenant_id,
            Connection.status != ConnectionStatus.DISCONNECTED,
            subject.in_(list(emails)),
        )
    )
    async with context.database.reading() as session:
        return {row[0]: row[1] for row in await session.execute(wanted)}


def _not_tried(subject: str, code: str, advice: str) -> Outcome:
    return Outcome(subject, Became.NOT_TRIED, None, code, advice)


def _domain(subject: str) -> str:
    return subject.rpartition("@")[2].lower()
