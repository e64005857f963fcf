"""Masks: whatever can be selected, projecting a value and rendering it say the same."""

import json
from contextlib import suppress

import hypothesis.strategies as st
import pytest
from hypothesis import given
from tests.support.emulator.rich_world import items_of, rich_world

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

WORLD, PEOPLE = rich_world()
ITEMS = list(items_of(WORLD).values())
VIEWER = WORLD.viewer(PEOPLE.me)
LABELS = frozenset({"contract", "other"})
PLACES = st.integers(0, len(ITEMS) - 1)


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


def full(place: int) -> Json:
    value: Json = json.loads(compile_renderer(ALL, LABELS)(ITEMS[place], VIEWER))
    return value


@given(mask=masks(), data=st.data(), place=PLACES)
def test_writing_and_parsing_a_mask_gives_it_back(mask: Mask, data: st.DataObject, place: int) -> None:
    """However a mask is written, parsing it gives an equal selection, and so does its canonical text."""
    written, value = write(mask, data), full(place)
    expected = compile_projector(mask)(value)
    assert compile_projector(parse_mask(written, schema.FILE))(value) == expected
    assert compile_projector(parse_mask(str(mask), schema.FILE))(value) == expected
    assert str(parse_mask(written, schema.FILE)) == str(mask)


@given(mask=masks(), place=PLACES)
def test_rendering_a_mask_equals_projecting_the_whole(mask: Mask, place: int) -> None:
    """What a compiled mask renders is the projection of the full resource, for every kind of item."""
    assert json.loads(compile_renderer(mask, LABELS)(ITEMS[place], VIEWER)) == compile_projector(mask)(full(place))


@given(mask=masks(), place=PLACES)
def test_projecting_twice_is_projecting_once(mask: Mask, place: int) -> None:
    """A projection keeps all that it selects."""
    project = compile_projector(mask)
    assert project(project(full(place))) == project(full(place))


@given(first=masks(), second=masks(), place=PLACES)
def test_a_list_of_masks_selects_what_either_selects(first: Mask, second: Mask, place: int) -> None:
    """Joining masks, or their texts, selects at least the fields of each."""
    joined, value = compile_projector(first | second)(full(place)), full(place)
    assert compile_projector(parse_mask(f"{first},{second}", schema.FILE))(value) == joined
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
