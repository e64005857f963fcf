"""However creation times are spread: the ranges list everything once, whatever cuts the scan off, and on what pages."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace

import aiohttp
import hypothesis.strategies as st
import msgspec
from hypothesis import HealthCheck, given, settings
from tests.unit.sync.emulated import CONN, EmulatedDrive, emulated_drive

from google_drive_emulator import World
from google_drive_emulator.grammar.pages import PageSettings
from google_drive_worker.schemas.event import EventName, SyncEvent
from google_drive_worker.schemas.state import ConnectionState, CorpusState, Range
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.engine import Engine
from google_drive_worker.sync.patch import All, Patch
from google_drive_worker.sync.plan import next_backfill
from google_drive_worker.sync.run import EngineSettings
from google_drive_worker.sync.state import AdvanceScan, RestartRange, SplitRange
from google_drive_worker.sync.wishes import Accept

CORPUS = "user:me"
NOW_MS = 1_767_225_600_000  # where the tests' clock stands
DAY_MS = 86_400_000
SOME_DAYS = st.one_of(
    st.integers(-30 * 365, 40 * 365),  # from 1940, which is odd, to 2010, and on to 2065, which has not been yet
    st.sampled_from([0, 14_610, 20_454]),
)

FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True)
class Cluster:
    """So many files created from a day on, within some milliseconds of each other."""

    day: int
    count: int
    within_ms: int

    def times(self) -> list[int]:
        """Spread evenly; the first lies at the beginning of the day."""
        return [self.day * DAY_MS + self.within_ms * number // self.count for number in range(self.count)]


CLUSTERS = st.lists(
    st.builds(Cluster, SOME_DAYS, st.integers(1, 40), st.sampled_from([1, 999, 5000, 3_600_000, 5000 * DAY_MS])),
    max_size=4,
)


@dataclass(frozen=True)
class Setting:
    """A drive and how it is listed."""

    clusters: Sequence[Cluster]
    in_order: bool
    lanes: int
    page_size: int
    pages: PageSettings

    def times(self) -> list[int]:
        """Creation times in the order in which Drive lists the files."""
        times = [time for cluster in self.clusters for time in cluster.times()]
        return sorted(times) if self.in_order else sorted(times, key=lambda time: hash((time, self.lanes)))


SETTINGS = st.builds(
    Setting,
    CLUSTERS,
    st.booleans(),
    st.integers(1, 5),
    st.integers(1, 12),
    st.builds(
        PageSettings,
        cap_with_permissions=st.sampled_from([None, 3]),
        short_pages=st.booleans(),
    ),
)


@dataclass
class Copy:
    """What was committed of a scan, and the state that says how far it is."""

    state: ConnectionState
    batches: list[Batch] = field(default_factory=list)

    @property
    def corpus(self) -> CorpusState:
        """The corpus; the first batch opens it."""
        corpus = self.state.corpus(CORPUS)
        assert corpus is not None
        return corpus

    @property
    def is_listed(self) -> bool:
        """Whether the scan is over."""
        corpus = self.state.corpus(CORPUS)
        return corpus is not None and corpus.is_listed

    def commit(self, batch: Batch) -> None:
        """Take a batch over, as the committer does."""
        if batch.patch is not None:
            self.state = batch.patch.apply(self.state).saved()
        self.batches.append(batch)

    def seen(self) -> Counter[str]:
        """How often each file was emitted."""
        return Counter(
            record.resource_id
            for batch in self.batches
            for record in batch.records
            if record.resource_type in {"file", "folder"}
        )


def started(setting: Setting) -> Copy:
    """A connection of which nothing was copied yet."""
    accepted = Accept({"refresh_token": "gAAAA", "page_size": setting.page_size}, accepted_at="now")
    return Copy(accepted.apply(ConnectionState(CONN)).saved())


async def scan(drive: EmulatedDrive, setting: Setting, copy: Copy, *, batches: int | None = None) -> None:
    """Go on with a scan in a new process, to its end or for so many batches."""
    settings = EngineSettings(progress_seconds=0.0, scan_parallelism=setting.lanes)
    engine = Engine(settings, drive.pages, drive.time.timing)
    async with aclosing(engine.run(copy.state, drive.session(), lane=next_backfill)) as made:
        async for batch in made:
            if batches == 0:
                return
            copy.commit(batch)
            batches = None if batches is None else batches - 1
            if copy.is_listed:
                return


@asynccontextmanager
async def filled(setting: Setting) -> AsyncIterator[tuple[EmulatedDrive, set[str]]]:
    """A drive with these files, some of them in the trash, and the ids of all."""
    async with emulated_drive(files=0) as drive:
        await _set_pages(drive, setting.pages)
        ids = {_file(drive.world, number, time) for number, time in enumerate(setting.times())}
        yield drive, ids


async def _set_pages(drive: EmulatedDrive, pages: PageSettings) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.put(f"{drive.base_url}/__emulator__/pages", data=msgspec.json.encode(pages)) as answer,
    ):
        assert answer.status == 200, await answer.text()


async def _listings(drive: EmulatedDrive) -> int:
    """Calls of `files.list` so far."""
    url = f"{drive.base_url}/__emulator__/requests"
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        counts = (await answer.json())["requests"].get("files.list", {})
    return sum(counts.values())


def _file(world: World, number: int, created_ms: int) -> str:
    file = world.create(f"{number}", created_ms=created_ms, modified_ms=NOW_MS)
    return world.trash(file.id).id if number % 7 == 3 else file.id


def patches_of(batches: Sequence[Batch]) -> list[Patch]:
    """All patches, those that were put together taken apart."""
    patches = [batch.patch for batch in batches if batch.patch is not None]
    return [each for patch in patches for each in (patch.patches if isinstance(patch, All) else [patch])]


@FEW
@given(setting=SETTINGS)
def test_the_ranges_list_everything_once(setting: Setting) -> None:
    """No file is missing and none comes twice, from before 1970 to tomorrow, the trash included."""

    async def run() -> None:
        async with filled(setting) as (drive, ids):
            copy = started(setting)
            await scan(drive, setting, copy)
            assert copy.seen() == dict.fromkeys(ids, 1)
            assert copy.corpus.counts == ({"file": len(ids)} if ids else {})

    asyncio.run(run())


@FEW
@given(setting=SETTINGS, cuts=st.lists(st.integers(0, 12), max_size=4))
def test_a_scan_that_is_cut_off_goes_on_where_it_stands(setting: Setting, cuts: list[int]) -> None:
    """Whatever batch was the last one of each process, the next goes on with what is not done, and repeats nothing."""

    async def run() -> None:
        async with filled(setting) as (drive, ids):
            copy = started(setting)
            for cut in cuts:
                if not copy.is_listed:
                    await scan(drive, setting, copy, batches=cut)
            if not copy.is_listed:
                await scan(drive, setting, copy)
            assert copy.seen() == dict.fromkeys(ids, 1)
            assert sum(isinstance(patch, SplitRange) for patch in patches_of(copy.batches)) <= 1

    asyncio.run(run())


@FEW
@given(setting=SETTINGS, after=st.integers(0, 10))
def test_a_lost_page_token_repeats_its_range_alone(setting: Setting, after: int) -> None:
    """Files come twice only from a range that was restarted, and none is missing."""
    setting = replace(setting, page_size=min(setting.page_size, 3))

    async def run() -> None:
        async with filled(setting) as (drive, ids):
            await drive.fault(
                "files.list",
                kind="expired_page_token",
                params={"pageToken": "*", "fields": "*permissions*"},
                after=after,
            )
            copy = started(setting)
            await scan(drive, setting, copy)
            seen = copy.seen()
            assert seen.keys() == ids
            restarted = {patch.range_name for patch in patches_of(copy.batches) if isinstance(patch, RestartRange)}
            assert len(restarted) <= 1
            repeated = {name for name, count in seen.items() if count > 1}
            assert repeated <= of_ranges(copy.batches, restarted)

    asyncio.run(run())


def of_ranges(batches: Sequence[Batch], names: set[str]) -> set[str]:
    """Ids that pages of these ranges held."""
    return {
        record.resource_id
        for batch in batches
        if any(isinstance(patch, AdvanceScan) and patch.range_name in names for patch in patches_of([batch]))
        for record in batch.records
    }


async def test_one_lane_lists_the_corpus_as_one() -> None:
    """With a parallelism of one there is a single plain listing, and nobody looks around."""
    setting = Setting([Cluster(15_000, 40, 1000 * DAY_MS)], True, 1, 5, PageSettings())
    async with filled(setting) as (drive, ids):
        copy = started(setting)
        await scan(drive, setting, copy)
        assert copy.seen() == dict.fromkeys(ids, 1)
        assert set(copy.corpus.ranges) == {"folders", "all"}


async def test_a_page_is_listed_by_one_call() -> None:
    """A corpus that fits a page is not cut: its first page is its only one."""
    setting = Setting([Cluster(15_000, 12, 1000 * DAY_MS)], True, 8, 12, PageSettings())
    async with filled(setting) as (drive, ids):
        copy = started(setting)
        await scan(drive, setting, copy)
        assert copy.seen() == dict.fromkeys(ids, 1)
        assert copy.corpus.ranges == {name: Range(done=True) for name in ("folders", "all")}


async def test_what_one_look_shows_is_not_cut() -> None:
    """Pages are capped at 3, a look is not: a corpus of 4 pages costs them and one look, not a survey."""
    setting = Setting([Cluster(15_000, 11, 1000 * DAY_MS)], False, 8, 12, PageSettings(cap_with_permissions=3))
    async with filled(setting) as (drive, ids):
        before = await _listings(drive)
        copy = started(setting)
        await scan(drive, setting, copy)
        assert copy.seen() == dict.fromkeys(ids, 1)
        assert copy.corpus.ranges == {name: Range(done=True) for name in ("folders", "all")}
        assert await _listings(drive) - before == 4 + 1 + 1


async def test_progress_says_how_many_ranges_are_left() -> None:
    """Events count the ranges, and say how long the others will take once one is done."""
    setting = Setting([Cluster(15_000, 120, 1000 * DAY_MS)], False, 4, 5, PageSettings())
    async with filled(setting) as (drive, _):
        copy = started(setting)
        await scan(drive, setting, copy)
        events = [notice for batch in copy.batches for notice in batch.notices if isinstance(notice, SyncEvent)]
        progress = [event for event in events if event.event is EventName.SNAPSHOT_PROGRESS]
        assert progress[-1].ranges_total == len(copy.corpus.ranges) > 4
        assert isinstance(progress[-1].ranges_done, int)
        assert progress[-1].ranges_done > 1
        assert progress[-1].eta_seconds == 0.0  # no time passes in tests
