"""The shape of a synthetic tree: a place in, the place of its folder or those of its children out.

Places are taken in groups of twelve: a folder and eleven files, most of them in it, some beside it, a few in the root.
The folders form a tree of their own in which group ``n`` has the groups from ``top + n * branches`` on below it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from google_drive_emulator.sources.kinds import FOLDER_EVERY, falls_on
from google_drive_emulator.sources.noise import Noise

Shape: TypeAlias = Literal["usual", "deep", "wide"]

SHAPES: Sequence[Shape] = ("usual", "deep", "wide")

_AT_ROOT = (97, 5)
_DEEPEST = 90  # Drive allows 100 levels (facts A11)


@dataclass(frozen=True, slots=True)
class Proportions:
    """How many folders lie in the root, how many in each other one, and how many of 8 files lie beside theirs."""

    top: int
    branches: int
    lifted: int


class Tree:
    """The tree of ``size`` places; ``None`` is the root folder."""

    def __init__(self, size: int, noise: Noise, shape: Shape = "usual") -> None:
        self._size = size
        self._noise = noise
        self._proportions = _proportions(size, noise, shape)

    def parent(self, place: int) -> int | None:
        """Return the place of the folder that an item lies in."""
        group, within = divmod(place, FOLDER_EVERY)
        if within and falls_on(place, _AT_ROOT):
            return None
        if within and not self._is_lifted(place):
            return group * FOLDER_EVERY
        top = self._proportions.top
        return None if group < top else (group - top) // self._proportions.branches * FOLDER_EVERY

    def children(self, place: int | None) -> list[int]:
        """Return the places right below a folder, ascending."""
        if place is None:
            strays = (each for each in range(_AT_ROOT[1], self._size, _AT_ROOT[0]) if each % FOLDER_EVERY)
            return sorted([*strays, *self._below(None, range(self._proportions.top))])
        group = place // FOLDER_EVERY
        first = self._proportions.top + group * self._proportions.branches
        return sorted(self._below(group, range(first, first + self._proportions.branches)))

    def _below(self, group: int | None, subgroups: range) -> list[int]:
        """Return what lies in a group's folder: its files, its subfolders and what is lifted beside those."""
        there = subgroups[: max(0, -(-self._size // FOLDER_EVERY) - subgroups.start)]
        found = [subgroup * FOLDER_EVERY for subgroup in there]
        found += [place for subgroup in there for place in self._members(subgroup) if self._is_lifted(place)]
        if group is not None:
            found += [place for place in self._members(group) if not self._is_lifted(place)]
        return found

    def _members(self, group: int) -> list[int]:
        """Return the files of a group, without those in the root."""
        last = min((group + 1) * FOLDER_EVERY, self._size)
        return [place for place in range(group * FOLDER_EVERY + 1, last) if not falls_on(place, _AT_ROOT)]

    def _is_lifted(self, place: int) -> bool:
        """Tell whether a file lies beside its group's folder, not in it; so that folders differ in size."""
        return self._noise.mix(place) % 8 < self._proportions.lifted


def _proportions(size: int, noise: Noise, shape: Shape) -> Proportions:
    groups = max(1, -(-size // FOLDER_EVERY))
    if shape == "deep":
        return Proportions(top=-(-groups // _DEEPEST), branches=1, lifted=2)
    if shape == "wide":
        return Proportions(top=1, branches=groups, lifted=8)
    return Proportions(top=5 + noise.key[8] % 5, branches=3 + noise.key[9] % 4, lifted=2)
