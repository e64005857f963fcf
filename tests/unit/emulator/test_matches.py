"""What listings remember: how long it holds, and how much work it spares."""

from dataclasses import dataclass, field

from msgspec.structs import replace
from tests.support.emulator.listings import page_of

from google_drive_emulator.grammar.ordering import order_of, parse_order
from google_drive_emulator.grammar.pages import PageToken
from google_drive_emulator.search.listing import Page, Selection
from google_drive_emulator.search.matches import Matches, MatchMemory
from google_drive_emulator.search.plan import EVERYTHING
from google_drive_emulator.sources.synthetic import SyntheticSource
from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.items import Item
from google_drive_emulator.world.timestamps import Clock
from google_drive_emulator.world.world import World

FILES = 2000


@dataclass
class Scene:
    """A world as far as the memory looks at it."""

    now_ms: int = 1000
    epoch: int = 0
    clock: Clock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = lambda: self.now_ms


class CountingSource(SyntheticSource):
    """A source that counts how many items it had to make."""

    made = 0

    def item(self, position: int) -> Item:
        self.made += 1
        return super().item(position)


def item_with_grant(expires_ms: int | None) -> Item:
    source = SyntheticSource(20, 1)
    grant = replace(user_grant(source.users[1], "reader"), expires_ms=expires_ms)
    return replace(source.item(5), permissions=(grant,))


def remembers(memory: MatchMemory, scene: Scene, listing: str = "q") -> bool:
    return memory.matches(scene, listing).get(5) is not None


def asked(memory: MatchMemory, scene: Scene, expires_ms: int | None = None, listing: str = "q") -> None:
    memory.matches(scene, listing).put(5, item_with_grant(expires_ms), scene.clock, answer=True)


def test_answers_are_kept_by_listing() -> None:
    memory, scene = MatchMemory(), Scene()
    asked(memory, scene)
    assert memory.matches(scene, "q").get(5) is True
    assert memory.matches(scene, "q").get(6) is None
    assert memory.matches(scene, "other").get(5) is None


def test_a_new_epoch_or_another_world_is_asked_anew() -> None:
    memory, scene = MatchMemory(), Scene()
    asked(memory, scene)
    assert not remembers(memory, Scene())
    asked(memory, scene)
    scene.epoch += 1
    assert not remembers(memory, scene)


def test_answers_hold_until_a_grant_runs_out() -> None:
    memory, scene = MatchMemory(), Scene(now_ms=1000)
    asked(memory, scene, expires_ms=2000)
    scene.now_ms = 1999
    assert remembers(memory, scene)
    scene.now_ms = 2000
    assert not remembers(memory, scene)


def test_answers_do_not_hold_for_a_time_when_a_grant_was_good_again() -> None:
    """The emulator's clock can be put back."""
    memory, scene = MatchMemory(), Scene(now_ms=3000)
    asked(memory, scene, expires_ms=2000)
    scene.now_ms = 5000
    assert remembers(memory, scene)
    scene.now_ms = 1999
    assert not remembers(memory, scene)


def test_only_the_listings_asked_last_are_kept() -> None:
    memory, scene = MatchMemory(), Scene()
    for number in range(17):
        asked(memory, scene, listing=str(number))
    assert not remembers(memory, scene, "0")
    assert remembers(memory, scene, "16")


def order_by_name(world: World) -> Selection:
    order = order_of(parse_order("name"), world.viewer(world.users[0]))
    return Selection(EVERYTHING, lambda item: not item.trashed, Matches(), order)


def pages(world: World, selection: Selection, count: int) -> list[Page]:
    found: list[Page] = []
    start: PageToken | None = None
    for _ in range(count):
        found.append(page_of(world, selection, start, 50))
        start = found[-1].next_token
    return found


def test_later_pages_of_a_sorted_listing_make_few_items() -> None:
    """All items are looked at for the first page; for the others only those that show where to go on."""
    source = CountingSource(FILES, 3)
    world = World(source)
    selection, source.made = order_by_name(world), 0
    pages(world, selection, 1)
    assert source.made >= FILES
    source.made = 0
    pages(world, selection, 10)
    assert source.made <= 10 * 15


def test_a_change_does_not_make_a_sorted_listing_begin_again() -> None:
    """Only what changed is looked at again, and what lies on the page."""
    source = CountingSource(FILES, 3)
    world = World(source)
    selection = order_by_name(world)
    first, second = pages(world, selection, 2)
    world.rename(source.item(first.positions[3]).id, "zzz")
    source.made = 0
    again, following = pages(world, selection, 2)
    assert source.made <= 250
    assert again.positions == [*(each for each in first.positions if each != first.positions[3]), second.positions[0]]
    assert following.positions[0] == second.positions[1]
