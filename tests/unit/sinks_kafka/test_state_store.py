"""States as restored from their topic and as committed afterwards."""

import pytest

from clustera_toolkit.kafka import InboundMessage
from google_drive_worker.schemas.state import JOB, ConnectionState, FolderState, JobState, encode_part, state_key
from google_drive_worker.sinks.kafka.state_store import StateStore
from google_drive_worker.sync.wishes import Accept, Forget, Pause

NEWER = b'{"part":"job","config":{},"v":99}'
DOCS, MOVED = FolderState("user:me", 1, "root", 77), FolderState("user:me", 1, "attic", 77)
JOB_PART = JobState(config={"refresh_token": "gAAAA"}, full_wanted=1)


def stored(part: str, value: bytes | None, connection: str = "conn") -> InboundMessage:
    return InboundMessage("state", 0, 0, state_key(connection, part), value)


def store_of(*messages: InboundMessage) -> StateStore:
    store = StateStore("state", lambda _: 7)
    for message in messages:
        store.restore(message)
    return store


def test_later_messages_win() -> None:
    """The last value of each part is the state; a tombstone takes its part away."""
    paused = JobState(config={}, paused=True)
    store = store_of(stored(JOB, encode_part(JOB_PART)), stored(JOB, encode_part(paused)))
    assert store.get("conn") == ConnectionState("conn", {JOB: paused})
    store.restore(stored(JOB, None))
    assert store.get("conn") is None
    assert len(store) == 0


@pytest.mark.parametrize("key", [None, b"no-slash", b"\xff"], ids=repr)
def test_a_message_that_no_worker_wrote_is_passed_over(key: bytes | None) -> None:
    """A foreign key does not stop a restore."""
    assert len(store_of(InboundMessage("state", 0, 0, key, b"{}"))) == 0


@pytest.mark.parametrize("value", [NEWER, b"{", b""], ids=repr)
def test_a_connection_with_an_unreadable_part_is_not_worked_on(value: bytes) -> None:
    """None of it is given out, not even its readable parts: a job that went on from those would write over the rest."""
    store = store_of(stored(JOB, encode_part(JOB_PART)), stored("corpus:user:me", value))
    assert store.unreadable("conn")
    assert store.get("conn") is None
    assert list(store) == []


def test_an_unreadable_part_costs_its_connection_alone() -> None:
    """The others are restored."""
    store = store_of(stored(JOB, NEWER), stored(JOB, encode_part(JOB_PART), "other"))
    assert store.unreadable("other") is None
    assert [state.connection_id for state in store] == ["other"]


@pytest.mark.parametrize("value", [None, encode_part(JOB_PART)], ids=["tombstone", "readable"])
def test_a_later_value_of_the_part_makes_it_readable(value: bytes | None) -> None:
    """What could not be read counts no more once something else stands in its place."""
    store = store_of(stored(JOB, NEWER), stored(JOB, value))
    assert store.unreadable("conn") is None


def test_another_parts_value_does_not_make_it_readable() -> None:
    """As long as the part itself is unreadable, the connection is."""
    store = store_of(stored("corpus:user:me", NEWER), stored(JOB, encode_part(JOB_PART)))
    assert store.unreadable("conn")


def test_a_restore_begins_from_nothing() -> None:
    """`clear` forgets states and what was unreadable."""
    store = store_of(stored(JOB, NEWER), stored(JOB, encode_part(JOB_PART), "other"))
    store.clear()
    assert len(store) == 0
    assert store.unreadable("conn") is None


def test_only_what_changed_is_written() -> None:
    """A changed part is one message, in the connection's shard; the others are not written again."""
    before = ConnectionState("conn", {JOB: JOB_PART, "corpus:user:me": JOB_PART})
    store = store_of()
    store.commit(before)
    (message,) = store.changes(Pause().apply(before))
    assert (message.topic, message.key, message.partition) == ("state", b"conn/job", 7)
    assert message.value is not None


def test_parts_that_left_become_tombstones() -> None:
    """Forgetting writes one tombstone a part."""
    before = Accept({"a": 1}).apply(ConnectionState("conn"))
    store = store_of()
    store.commit(before)
    assert [(message.key, message.value) for message in store.changes(Forget().apply(before))] == [(b"conn/job", None)]


def test_a_folder_may_come_before_the_job() -> None:
    """Compaction keeps the newest value of each part where it was written: the index is there before its job."""
    store = store_of(stored("folder:docs", encode_part(DOCS)), stored(JOB, encode_part(JOB_PART)))
    state = store.get("conn")
    assert state is not None
    assert (dict(state.folders), state.unsaved) == ({"docs": DOCS}, ())


def test_a_folders_tombstone_takes_it_out_of_the_index() -> None:
    """The later message wins for folders as for every part."""
    store = store_of(
        stored(JOB, encode_part(JOB_PART)), stored("folder:docs", encode_part(DOCS)), stored("folder:docs", None)
    )
    state = store.get("conn")
    assert state is not None
    assert len(state.folders) == 0


def test_folders_that_changed_are_written_one_by_one() -> None:
    """A new one, a changed one and one that is gone are three messages; the others are not looked at."""
    before = ConnectionState("conn", {JOB: JOB_PART}).with_folders({"same": DOCS, "changed": DOCS, "gone": DOCS})
    store = store_of()
    store.commit(before)
    committed = store.get("conn")
    assert committed is not None
    after = committed.with_folders({"new": DOCS, "changed": MOVED}).with_folders({"gone": None, "same": DOCS})
    messages = {message.key: message.value for message in store.changes(after)}
    assert messages == {
        b"conn/folder:new": encode_part(DOCS),
        b"conn/folder:changed": encode_part(MOVED),
        b"conn/folder:gone": None,
    }


def test_forgetting_takes_every_folder_away() -> None:
    """Also one that was made in the same transaction is left with no value."""
    store = store_of()
    store.commit(ConnectionState("conn", {JOB: JOB_PART}).with_folders({"docs": DOCS}))
    committed = store.get("conn")
    assert committed is not None
    after = Forget().apply(committed.with_folders({"letters": DOCS}))
    messages = {message.key: message.value for message in store.changes(after)}
    assert messages == {b"conn/job": None, b"conn/folder:docs": None}
    store.commit(after)
    assert store.get("conn") is None
