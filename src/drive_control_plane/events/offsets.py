"""How far each partition was applied, kept by the database in the transaction that applied it.

In: partitions, topics' ids, messages. Out: where to start; of some messages, those that nobody has applied yet. The
rows are locked until the transaction ends: of two replicas that hold a partition for a moment, one comes after the
other.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from clustera_toolkit.kafka import InboundMessage, Position
from drive_control_plane.database.tables import AppliedOffset


class TopicMadeAnewError(Exception):
    """A topic was made anew while its messages were read: begin again."""


async def begin(
    session: AsyncSession, places: Sequence[Position], topic_ids: Mapping[str, str], ends: Mapping[Position, int]
) -> dict[Position, int]:
    """The next offset to apply of each partition. What is kept of a topic that was made anew begins at nothing."""
    kept = await _locked(session, places)
    for place in sorted(set(places) - kept.keys()):
        kept[place] = await _made(session, place, topic_ids[place.topic])
    for place, row in kept.items():
        _compare(row, topic_ids[place.topic], ends[place])
    return {place: row.following for place, row in kept.items()}


async def advance(
    session: AsyncSession, messages: Sequence[InboundMessage], topic_ids: Mapping[str, str]
) -> list[InboundMessage]:
    """Move on behind these messages; those of them that were not applied yet. Raises `TopicMadeAnewError`."""
    kept = await _locked(session, sorted({message.position for message in messages}))
    fresh = []
    for message in messages:
        row = kept.get(message.position)
        if row is None or row.topic_id != topic_ids.get(message.topic):
            raise TopicMadeAnewError(message.topic)
        if message.offset >= row.following:
            fresh.append(message)
            row.following = message.offset + 1
    return fresh


async def _locked(session: AsyncSession, places: Sequence[Position]) -> dict[Position, AppliedOffset]:
    key = tuple_(AppliedOffset.topic, AppliedOffset.partition)
    wanted = key.in_([tuple(place) for place in places])
    asked = select(AppliedOffset).where(wanted).order_by(AppliedOffset.topic, AppliedOffset.partition)
    asked = asked.with_for_update()
    return {Position(row.topic, row.partition): row for row in await session.scalars(asked)}


async def _made(session: AsyncSession, place: Position, topic_id: str) -> AppliedOffset:
    row = AppliedOffset(topic=place.topic, partition=place.partition, topic_id=topic_id, following=0)
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError:  # another replica was first
        return (await _locked(session, [place]))[place]
    return row


def _compare(row: AppliedOffset, topic_id: str, end: int) -> None:
    if row.topic_id != topic_id or (not topic_id and row.following > end):
        # The embedded broker names no ids; that its log is shorter than what was applied says the same.
        row.topic_id, row.following = topic_id, 0
    elif row.following > end:
        row.following = end  # the cluster has lost the newest messages, and writes others in their place
