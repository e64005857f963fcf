"""Masks: whatever can be selected, projecting a value and rendering it say the same."""

import json
from contextlib import suppress

import hypothesis.strategies as st
import pytest
from hypothesis import given

from google_drive_emulator import synthetic_world
from google_drive_emulator.grammar import schema
from google_drive_emulator.grammar.fields import (
    ALL,
    InvalidFieldSelectionError,
    Json,
    Mask,
    compile_projector,
    parse_mask,
)
from google_drive_emulator.grammar.schema import Schema
from google_drive_emulator.rendering.render import compile_renderer
from google_drive_emulator.rendering.resources import Viewer

WORLD = synthetic_world(files=600, seed=3)
VIEWER = Viewer(WORLD.users[0], lambda _folder_id: True)


@st.composite
def masks(draw: st.DrawFn, below: Schema = schema.FILE, depth: int = 3) -> Mask:
    """Draw a mask that is valid for a schema."""
    if not below or depth == 0 or draw(st.integers(0, 4)) == 0:
        return ALL
    names = draw(st.lists(st.sampled_from(sorted(below)), min_size=1, max_size=6, unique=True))
    return Mask({name: draw(masks(below[name], depth - 1)) for name in names})


def write(mask: Mask, draw: st.DataObject) -> str:
    """Write a mask in any of the ways the grammar allows."""
    if mask.children is None:
        return "*"
    texts = []
    for name, below in mask.children.items():
        inner = write(below, draw)
        forms = [f"{name}({inner})"]
        if below.children is None:
            forms.append(name)
        elif len(below.children) == 1:
            forms.append(f"{name}/{inner}")
        texts.append(draw.draw(st.sampled_from(forms)))
    return ",".join(texts)


def full(position: int) -> Json:
    item = WORLD.item_at(position)
    assert item is not None
    value: Json = json.loads(compile_renderer(ALL)(item, VIEWER))
    return value


@given(mask=masks(), data=st.data())
def test_writing_and_parsing_a_mask_gives_it_back(mask: Mask, data: st.DataObject) -> None:
    """However a mask is written, parsing it gives an equal selection."""
    leafless = "*" if mask is ALL else write(mask, data)
    value = full(1)
    assert compile_projector(parse_mask(leafless, schema.FILE))(value) == compile_projector(mask)(value)


@given(mask=masks(), position=st.integers(0, 599))
def test_rendering_a_mask_equals_projecting_the_whole(mask: Mask, position: int) -> None:
    """What a compiled mask renders is the projection of the full resource, for every kind of item."""
    item = WORLD.item_at(position)
    assert item is not None
    assert json.loads(compile_renderer(mask)(item, VIEWER)) == compile_projector(mask)(full(position))


@given(first=masks(), second=masks())
def test_a_list_of_masks_selects_what_either_selects(first: Mask, second: Mask) -> None:
    """Joining masks selects at least the fields of each."""
    joined, value = compile_projector(first | second)(full(7)), full(7)
    for mask in (first, second):
        part = compile_projector(mask)(value)
        assert compile_projector(mask)(joined) == part


@given(text=st.text(alphabet="id,/()*names parents", max_size=30))
def test_any_text_is_a_mask_or_is_refused(text: str) -> None:
    """Parsing gives a mask or the one error, never anything else."""
    with suppress(InvalidFieldSelectionError):
        compile_projector(parse_mask(text, schema.FILE))(full(0))


@pytest.mark.parametrize("text", ["id,", "id,,name", ",id", "parents(", "owners(me))", "nope", "owners/nope", "id/x"])
def test_a_wrong_mask_is_refused(text: str) -> None:
    """Unknown names, doubled commas and open parentheses are refused."""
    with pytest.raises(InvalidFieldSelectionError):
        parse_mask(text, schema.FILE)


def test_a_wildcard_goes_down_every_field_that_has_the_name() -> None:
    """``*/me`` selects ``me`` of all fields that have one and nothing else."""
    mask = parse_mask("*/me", schema.FILE)
    assert set(mask.children or ()) == {"lastModifyingUser", "owners", "sharingUser", "trashingUser"}
