"""Revisions: whatever is done to a file, its history holds together (facts A8)."""

import hypothesis.strategies as st
from hypothesis import given, settings

from google_drive_emulator import synthetic_world
from google_drive_emulator.world.revisions import MOST_UNKEPT, PURGED_AFTER_MS, RevisionSettings

DAY_MS = 86_400_000
STEPS = st.lists(
    st.one_of(
        st.just(("edit", 0)),
        st.tuples(st.just("keep"), st.integers(0, 5)),
        st.tuples(st.just("drop"), st.integers(0, 5)),
        st.tuples(st.just("wait"), st.integers(0, 40)),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(steps=STEPS)
def test_histories_hold_together(steps: list[tuple[str, int]]) -> None:
    """The head comes last and stays; ids are unique; nothing unkept is old; nothing kept is lost but by deletion."""
    world = synthetic_world(files=1, seed=0)
    world.clock.freeze()
    item, kept = world.create("a", data=b"0"), set[str]()
    for step, number in steps:
        past = [each for each in world.revisions.of(item, world.clock()) if not each.is_head]
        chosen = past[number % len(past)] if past else None
        if step == "edit":
            item = world.edit(item.id, b"x")
        elif step == "wait":
            world.clock.advance(number * DAY_MS)
        elif step == "keep" and chosen is not None:
            world.revisions.set(item, chosen.id, RevisionSettings(keep_forever=True))
            kept.add(chosen.id)
        elif step == "drop" and chosen is not None:
            world.revisions.drop(item.id, chosen.id)
            kept.discard(chosen.id)
    found = world.revisions.of(item, world.clock())
    unkept = [each for each in found[:-1] if not each.settings.keep_forever]
    assert found[-1].id == item.head_revision
    assert len({each.id for each in found}) == len(found)
    assert {each.id for each in found if each.settings.keep_forever} == kept
    assert len(unkept) <= MOST_UNKEPT
    assert all((each.superseded_ms or 0) + PURGED_AFTER_MS > world.clock() for each in unkept)
