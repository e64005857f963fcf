"""The newest changes of a connection, read back from the end of its partition of the records topic.

In: a context, a tenant (nobody sees another one's), a connection. Out: changes, the newest first, and among how much
they were found. Names of files stay in Kafka: they are held for seconds, and stored nowhere.
"""

from dataclasses import dataclass

from clustera_toolkit.kafka import Bounds, Position, TailReader, partition_of
from drive_control_plane.connections.lookup import visible
from drive_control_plane.context import Context
from drive_control_plane.kafka.shared_reads import READ_SECONDS, SharedReads
from drive_control_plane.recent.changes import Change, Picker

MOST_CHANGES = 20
MOST_RECORDS = 5_000
_BOUNDS = Bounds(enough=2 * MOST_CHANGES, most=MOST_RECORDS)


@dataclass(frozen=True, slots=True)
class Newest:
    """Changes, and what they were found among."""

    changes: list[Change]
    looked_at: int
    """Records of the connection's partition, of other connections too."""
    is_whole: bool
    """Whether that is all that the partition has."""


class RecentChanges:
    """All connections' newest changes; one of it a process. Close it at the end."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._reads: SharedReads[Newest] = SharedReads(context.clock)

    async def of(self, tenant_id: str, connection_id: str) -> Newest:
        """The newest changes. Raises `Problem` 404, `ReadError`.

        Whoever is told that the connection changed, and asks, gets what was read after that.
        """
        connection = await visible(self._context, tenant_id, connection_id)
        return await self._reads.get(connection.id, connection.updated_at, lambda: self._read(connection.id))

    async def close(self) -> None:
        """End what is being read."""
        await self._reads.close()

    async def _read(self, connection_id: str) -> Newest:
        settings = self._context.settings
        topic, picker = settings.kafka_topic_records, Picker(connection_id)
        async with TailReader(
            settings.kafka_bootstrap_servers, deadline_seconds=READ_SECONDS, config=settings.kafka_connection
        ) as reader:
            partition = partition_of(connection_id.encode(), await reader.partitions(topic))
            tail = await reader.read(Position(topic, partition), picker.take, _BOUNDS)
        return Newest(picker.newest(tail.found, MOST_CHANGES), tail.read, tail.is_whole)
