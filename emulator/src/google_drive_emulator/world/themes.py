"""What shared drives look like: a theme's id in, its colour and picture out (facts A2)."""

import random
from collections.abc import Mapping

import msgspec


class Theme(msgspec.Struct, frozen=True):
    """A theme for shared drives; ``color`` is as ``#rrggbb``."""

    id: str
    color: str

    @property
    def image_link(self) -> str:
        """Return where its picture lies."""
        return f"https://ssl.gstatic.com/team_drive_themes/{self.id}_background.jpg"


THEMES: Mapping[str, Theme] = {
    theme.id: theme
    for theme in (
        Theme("abacus", "#ea6100"),
        Theme("blueprints", "#4285f4"),
        Theme("bok_choy", "#7cb342"),
        Theme("cheese", "#e5a100"),
        Theme("corals", "#c2185b"),
        Theme("dandelion", "#9aa500"),
        Theme("eggplant", "#7b1fa2"),
        Theme("lake", "#0097a7"),
        Theme("parchment", "#8d6e63"),
        Theme("pencils", "#d32f2f"),
    )
}


def theme_for(drive_id: str) -> Theme:
    """Return the theme of a shared drive that was given none: any, but always the same."""
    return random.Random(drive_id).choice(list(THEMES.values()))
