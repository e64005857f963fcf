"""The states of the connections of this worker, as committed.

In: messages of the state topic at a restore, committed states afterwards. Out: states, and the messages that take one
state to the next. What cannot be read is kept apart and never written over.
"""

from collections.abc import Callable, Iterator

from clustera_toolkit.kafka import InboundMessage, OutboundMessage
from google_drive_worker.schemas.state import (
    ConnectionState,
    UnreadableStateError,
    decode_part,
    encode_part,
    parse_key,
    state_key,
)


class StateStore:
    """In memory, one entry a connection; the topic is the truth."""

    def __init__(self, topic: str, shard_of: Callable[[str], int]) -> None:
        self._topic = topic
        self._shard_of = shard_of
        self._states: dict[str, ConnectionState] = {}
        self._unreadable: dict[str, dict[str, str]] = {}
        """Why, by connection and part."""

    def __iter__(self) -> Iterator[ConnectionState]:
        return (state for name, state in self._states.items() if name not in self._unreadable)

    def __len__(self) -> int:
        return len(self._states)

    def get(self, connection_id: str) -> ConnectionState | None:
        """The committed state of a connection that is known, if all of it can be read."""
        return None if connection_id in self._unreadable else self._states.get(connection_id)

    def unreadable(self, connection_id: str) -> str | None:
        """Why the connection's state cannot be used, if it cannot."""
        return next(iter(self._unreadable.get(connection_id, {}).values()), None)

    def clear(self) -> None:
        """Forget everything, before a restore."""
        self._states.clear()
        self._unreadable.clear()

    def restore(self, message: InboundMessage) -> None:
        """Apply one message of the state topic; later ones win."""
        if message.key is None:
            return
        try:
            connection_id, part = parse_key(message.key)
        except UnreadableStateError:
            return
        self._readable_again(connection_id, part)
        state = self._states.get(connection_id, ConnectionState(connection_id))
        if message.value is None:
            self.commit(state.without_part(part))
            return
        try:
            self.commit(state.with_part(part, decode_part(message.value)))
        except UnreadableStateError as error:
            self._unreadable.setdefault(connection_id, {})[part] = str(error)

    def commit(self, state: ConnectionState) -> None:
        """Take a state over; one without parts is of a connection that is forgotten."""
        if state.parts or state.folders:  # while it is restored, a folder may come before the job
            self._states[state.connection_id] = state.saved()
        else:
            self._states.pop(state.connection_id, None)

    def _readable_again(self, connection_id: str, part: str) -> None:
        """A later value of a part stands for what could not be read."""
        reasons = self._unreadable.get(connection_id, {})
        reasons.pop(part, None)
        if not reasons:
            self._unreadable.pop(connection_id, None)

    def changes(self, after: ConnectionState) -> list[OutboundMessage]:
        """The messages that take the committed state to this one: parts that differ, tombstones for those that left."""
        before = self._states.get(after.connection_id, ConnectionState(after.connection_id))
        shard = self._shard_of(after.connection_id)
        prefix = state_key(after.connection_id, "")  # quoted once: a page brings hundreds of folders
        return [
            OutboundMessage(
                self._topic,
                prefix + name.encode(),
                None if part is None else encode_part(part),
                partition=shard,
            )
            for name, part in after.changes_since(before).items()
        ]
