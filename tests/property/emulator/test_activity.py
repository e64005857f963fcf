"""Drive Activity: filters of any text, and records of any changes."""

import hypothesis.strategies as st
from hypothesis import example, given, settings

from google_drive_emulator import World, synthetic_world
from google_drive_emulator.grammar.activity_filter import InvalidFilterError, parse_filter
from google_drive_emulator.search.activities import ActivityQuery, consolidated, find_activities
from google_drive_emulator.world.actions import CASES, Created, Deleted
from google_drive_emulator.world.activity import Activity
from google_drive_emulator.world.mutations import apply
from google_drive_emulator.world.random_mutations import RandomMutations

SETTINGS = settings(deadline=None, max_examples=25)
NAMES = sorted(CASES.values())
WORDS = st.sampled_from(["time", "AND", "<=", ">", "=", "12", '"2026-01-01"', "(", ")", "-", ":", "EDIT", "MOVE", " "])


def mutated(seed: int, count: int) -> World:
    """Make a world that random mutations went over."""
    world = synthetic_world(files=60, seed=seed)
    chooser = RandomMutations(world, seed)
    for _ in range(count):
        apply(world, chooser.next())
    return world


def found(world: World, below: int | None = None, item_id: str | None = None) -> list[Activity]:
    viewer = world.viewer(world.users[0])
    return list(find_activities(world, viewer, ActivityQuery(item_id), below))


@given(text=st.one_of(st.text(), st.lists(WORDS).map("".join), st.lists(WORDS).map(" ".join)))
@example(text='time = "0001-01-01T00:00:00+14:00"')
@example(text='time = "9999-12-31T23:59:59-14:00"')
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    """And a filter answers for any activity."""
    try:
        parsed = parse_filter(text)
    except InvalidFilterError:
        return
    assert parsed.holds(0, {"EDIT"}) in {True, False}


@given(
    cases=st.sets(st.sampled_from(NAMES), min_size=1),
    actions=st.sets(st.sampled_from(NAMES), min_size=1),
    moment=st.integers(0, 10**13),
    time_ms=st.integers(0, 10**13),
)
def test_a_filter_and_its_opposite_part_all_activities(
    cases: set[str], actions: set[str], moment: int, time_ms: int
) -> None:
    """A hyphen turns a test of actions round; below a moment and from it on are opposites too."""
    named = f"detail.action_detail_case:({' '.join(cases)})"
    assert parse_filter(named).holds(0, actions) == bool(cases & actions)
    assert parse_filter(f"-{named}").holds(0, actions) != bool(cases & actions)
    assert parse_filter(f"time < {moment}").holds(time_ms, actions) != parse_filter(f"time>={moment}").holds(
        time_ms, actions
    )


@SETTINGS
@given(seed=st.integers(0, 10_000), count=st.integers(1, 60), stop=st.integers(0, 60))
def test_an_interrupted_reading_goes_on_where_it_stopped(seed: int, count: int, stop: int) -> None:
    """What comes below an activity's number is what followed it, also when more has happened since."""
    world = mutated(seed, count)
    everything = found(world)
    if stop < len(everything):
        world.create("later")
        assert found(world, everything[stop].number) == everything[stop + 1 :]


@SETTINGS
@given(seed=st.integers(0, 10_000), count=st.integers(1, 60))
def test_all_that_happened_is_told_in_order(seed: int, count: int) -> None:
    """Numbers fall by one; groups hold each activity once; who owns it all sees it all."""
    world = mutated(seed, count)
    everything = found(world)
    numbers = [activity.number for activity in everything]
    assert numbers == sorted(numbers, reverse=True)
    assert len(everything) == len(world.activity) <= count
    assert [activity for group in consolidated(everything) for activity in group] == everything


@SETTINGS
@given(seed=st.integers(0, 10_000), count=st.integers(1, 60))
def test_each_item_is_created_once_and_deleted_last(seed: int, count: int) -> None:
    """Whatever was done to it in between, made-up beginnings included."""
    world = mutated(seed, count)
    for item_id in {activity.target.item.id for activity in found(world)}:
        deeds = [action for activity in found(world, item_id=item_id) for action in activity.actions]
        assert [isinstance(action, Created) for action in deeds] == [False] * (len(deeds) - 1) + [True]
        is_gone = world.item(item_id) is None  # by itself, or with a folder, of which the record does not tell
        assert Deleted(is_permanent=True) not in deeds[is_gone:]
