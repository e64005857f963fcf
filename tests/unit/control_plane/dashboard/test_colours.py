"""Colours of the style sheet, light and dark: they can be told from what they stand on (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest

from drive_control_plane import pages

SHEET = (Path(pages.__file__).parent / "static" / "style.css").read_text()
TEXTS = ("ink", "faint", "accent", "bad", "good", "warn")
SHAPES = ("edge", "accent", "of-changes", "of-files", "of-records", "of-units", "of-errors", "of-lag", "bad")
GROUNDS = ("card", "paper", "bad-tint")


def _schemes() -> dict[str, dict[str, str]]:
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in _roots())
    return {"light": light, "dark": {**light, **dark}}


def _roots() -> list[str]:
    return re.findall(r":root \{(.*?)\n *\}", SHEET, re.DOTALL)[:2]


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_shown_can_be_told_from_its_ground(scheme: str) -> None:
    """Texts by 4.5 to 1, edges of controls and what charts are drawn with by 3 to 1."""
    colours = _schemes()[scheme]
    for ground in GROUNDS:
        for names, least in ((TEXTS, 4.5), (SHAPES, 3.0)):
            for name in names:
                assert _contrast(colours[name], colours[ground]) >= least, f"{name} on {ground}"
    for name, ground in (("on-accent", "accent"), ("on-bad", "bad")):
        assert _contrast(colours[name], colours[ground]) >= 4.5, f"{name} on {ground}"


def test_the_measure_is_right() -> None:
    """Black on white is 21 to 1; a colour on itself is 1 to 1."""
    assert _contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert _contrast("#0b57d0", "#0b57d0") == 1.0
