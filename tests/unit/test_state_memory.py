"""What states hold in memory: the one thing of a worker that grows with the drives and connections it owns."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from google_drive_worker.schemas.state import (
    ConnectionState,
    FolderState,
    JobState,
    Phase,
    Range,
    decode_part,
    encode_part,
)
from google_drive_worker.sync.folders import FolderSeen, FolderSights, IndexFolders
from google_drive_worker.sync.state import AdvanceScan, OpenSnapshot
from google_drive_worker.sync.wishes import Accept

FOLDERS, PAGE, FANOUT = 50_000, 1000, 12
CONNECTIONS = 2000
SNAPSHOT = "000000000001"
CIPHERTEXT_BYTES = 228
"""Of a refresh token of a hundred characters as a Fernet token."""


@contextmanager
def measured() -> Iterator[Callable[[], int]]:
    """Gives a function that tells the bytes allocated since the block was entered."""
    gc.collect()
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def folder_name(number: int) -> str:
    """An id as long as Drive's."""
    return f"1{number:032d}"


def opened(connection_id: str) -> ConnectionState:
    """A connection whose first snapshot has begun."""
    config = {"refresh_token": f"{connection_id:x>{CIPHERTEXT_BYTES}}"}
    state = Accept(config, full=True, accepted_at="2026-01-01T00:00:00.000Z").apply(ConnectionState(connection_id))
    begun = "2026-01-01T00:00:00.000Z"
    ranges = {"all": Range(), "folders": Range()}
    snapshot = OpenSnapshot("user:me", SNAPSHOT, "1871", f"account {connection_id}", 1, ranges, 3, begun, born=begun)
    return snapshot.apply(state)


def indexed(state: ConnectionState, folders: int) -> ConnectionState:
    """The state once so many folders were listed, page by page, each with texts of its own as a decoder makes them."""
    for start in range(0, folders, PAGE):
        numbers = range(start, min(start + PAGE, folders))
        seen = {folder_name(n): FolderSeen(folder_name(n // FANOUT), hash(str(n)) & (2**56 - 1)) for n in numbers}
        sights = FolderSights(seen, frozenset(folder_name(n // FANOUT) for n in numbers))
        state = IndexFolders("user:me", SNAPSHOT, sights).apply(state).saved()
    return state


def test_a_folder_of_the_index_is_small() -> None:
    """However many there are, a folder costs a few hundred bytes."""
    state = opened("conn")
    with measured() as held:
        state = indexed(state, FOLDERS)
        each = held() / FOLDERS
    assert len(state.folders) >= FOLDERS
    assert each < 600


def test_a_restored_folder_is_as_small() -> None:
    """A state read from its topic is no larger than one that was worked out."""
    written = [encode_part(folder) for folder in indexed(opened("conn"), PAGE).folders.values()]
    with measured() as held:
        folders = [decode_part(value) for value in written]
        each = held() / len(folders)
    assert all(isinstance(folder, FolderState) for folder in folders)
    assert each < 400


def test_a_small_connection_is_small() -> None:
    """A connection with one corpus costs a few thousand bytes, its ciphertext included."""
    with measured() as held:
        states = [opened(f"conn_{number}") for number in range(CONNECTIONS)]
        states = [
            AdvanceScan("user:me", SNAPSHOT, "all", f"token {state.connection_id}").apply(state) for state in states
        ]
        each = held() / CONNECTIONS
    assert all(isinstance(state.job, JobState) and state.corpora[0].phase is Phase.SCANNING for state in states)
    assert each < 6000
