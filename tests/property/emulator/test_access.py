"""Who sees what: the emulator agrees with an oracle that looks at every folder and group (facts A4, A7)."""

from itertools import pairwise

import hypothesis.strategies as st
from hypothesis import given, note, settings
from tests.support.emulator import access
from tests.support.emulator.histories import crowded_world, items_of

from google_drive_emulator.world.capabilities import capabilities, standing

SETTINGS = settings(deadline=None, max_examples=15)
SEEDS = st.integers(0, 100_000)


@SETTINGS
@given(seed=SEEDS, past=st.integers(0, 120))
def test_roles_are_those_of_the_oracle(seed: int, past: int) -> None:
    """After any history each user has the role on each item that its grants give, and sees and lists it so."""
    note(f"seed {seed}")
    world = crowded_world(seed, past)
    roots = [root for drive_id in world.drives if (root := world.item(drive_id)) is not None]
    for item in (*items_of(world), *roots):
        for user in world.users:
            viewer = world.viewer(user)
            expected = (
                access.role_of(world, user, item),
                access.sees(world, user, item),
                access.lists(world, user, item),
            )
            assert (viewer.role(item), viewer.sees(item), viewer.lists(item)) == expected


@SETTINGS
@given(seed=SEEDS, past=st.integers(0, 120))
def test_a_stronger_role_takes_no_capability_away(seed: int, past: int) -> None:
    """A stronger role on an item may do all that a weaker one may, and without a role nothing may be done."""
    world = crowded_world(seed, past)
    for item in items_of(world):
        allowed = {}
        for user in world.users:
            who = standing(item, world.viewer(user))
            allowed[who.role] = {
                name for name, may in capabilities(who).items() if may and name != "canAcceptOwnership"
            }
        ordered = sorted((role for role in allowed if role is not None), key=access.RANKING.index)
        for weaker, stronger in pairwise(ordered):
            assert allowed[weaker] <= allowed[stronger]
        assert not allowed.get(None)
