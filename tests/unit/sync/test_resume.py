"""A job cut after any batch and taken up from the state leads to the same end as one that was never cut."""

import json
import random
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from tests.unit.sync.emulated import CONFIG, CONN, EmulatedDrive, comparable, emulated_drive, run_engine
from tests.unit.sync.memory_outlet import MemoryOutlet
from tests.unit.sync.replica import Replica

from google_drive_worker.schemas.record import OutRecord
from google_drive_worker.sync.plan import has_work
from google_drive_worker.sync.wishes import Accept


def listed(outlet: MemoryOutlet) -> Counter[tuple[str, str]]:
    """How often each item was emitted, by snapshot."""
    return Counter((snapshot_of(record), record.resource_id) for record in outlet.records)


def snapshot_of(record: OutRecord) -> str:
    return str(json.loads(record.value)["snapshot_id"])


async def cut_run(drive: EmulatedDrive, cuts: list[int], *, full: bool = True) -> MemoryOutlet:
    """Run a job in as many processes as there are cuts, each of which is allowed that many batches, then to its end."""
    outlet = MemoryOutlet()
    outlet.change(CONN, Accept(CONFIG, full=full))
    for room in [*cuts, None]:
        outlet.room = room
        await run_engine(drive, outlet)
    return outlet


async def test_any_cut_leads_to_the_same_end(drive: EmulatedDrive) -> None:
    """For every prefix of batches: the same records once each, the same ids, the same state."""
    drive.settings = replace(drive.settings, scan_parallelism=1)
    whole = await cut_run(drive, [])
    for cut in range(len(whole.batches) + 1):
        resumed = await cut_run(drive, [cut])
        assert listed(resumed) == listed(whole)
        assert [record.value for record in resumed.records] == [record.value for record in whole.records]
        assert resumed.states == whole.states


async def test_a_file_is_emitted_once_a_snapshot(drive: EmulatedDrive) -> None:
    """However often a job is cut, each item of a quiet drive is emitted exactly once in its snapshot."""
    cut = await cut_run(drive, [1] * 20)
    items = {resource for _, resource in listed(cut)} - {"user:me"}
    assert items == set(await drive.items())
    assert all(times == 1 for (_, resource), times in listed(cut).items() if resource != "user:me")


@pytest.mark.parametrize("seed", range(6))
async def test_cuts_among_changes_converge(seed: int) -> None:
    """Cut at random while the drive changes, the copy equals the drive once it is quiet and the log is replayed."""
    print(f"seed {seed}")
    chance = random.Random(seed)
    async with emulated_drive(files=70, seed=seed) as drive:
        outlet = MemoryOutlet()
        files = await drive.file_ids()
        for _ in range(8):
            outlet.change(CONN, Accept(CONFIG, full=chance.random() < 0.2))
            outlet.room = chance.randrange(4)
            await run_engine(drive, outlet)
            drive.world.rename(chance.choice(files), f"renamed {chance.random()}")
            drive.world.edit(drive.world.create("fresh").id, b"words")
            drive.world.delete(files.pop(chance.randrange(len(files))))
        outlet.change(CONN, Accept(None))
        outlet.room = None
        while has_work(outlet.states[CONN], drive.time.now()):
            await run_engine(drive, outlet)
        assert comparable(Replica.of(outlet.records).items) == comparable(await drive.items())


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_goes_back(seed: int) -> None:
    """Within a snapshot the versions of one item never fall, whatever is cut and changed (promise P4)."""
    print(f"seed {seed}")
    chance = random.Random(seed)
    async with emulated_drive(files=50, seed=seed) as drive:
        outlet = MemoryOutlet()
        files = await drive.file_ids()
        for _ in range(6):
            outlet.change(CONN, Accept(CONFIG))
            outlet.room = chance.randrange(1, 5)
            await run_engine(drive, outlet)
            drive.world.touch(chance.choice(files))
        versions: dict[str, list[int]] = {}
        for record in outlet.records:
            if record.version is not None:
                versions.setdefault(record.resource_id, []).append(record.version)
        assert all(earlier <= later for seen in versions.values() for earlier, later in pairwise(seen))
