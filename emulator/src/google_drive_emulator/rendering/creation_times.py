"""Files of which nothing but ``createdTime`` is asked: positions in, the JSON of each out, without making any item.

That is how a client finds out how the files of a drive are spread over time, so it should cost little.
"""

from collections.abc import Sequence

from google_drive_emulator.grammar.fields import Mask
from google_drive_emulator.world.reading import Reading
from google_drive_emulator.world.timestamps import rfc3339


def is_creation_time(mask: Mask) -> bool:
    """Tell whether a mask of File selects ``createdTime`` and nothing else."""
    return mask.children is not None and mask.children.keys() == {"createdTime"}


def creation_times(world: Reading, positions: Sequence[int]) -> list[bytes]:
    """Render the items at positions; one deleted since they were found is left out."""
    moments = [world.created_ms(position) for position in positions]
    return [f'{{"createdTime":"{rfc3339(moment)}"}}'.encode() for moment in moments if moment is not None]
