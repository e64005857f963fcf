"""What Drive reads out of pictures and films: an item in, metadata that always follow from its id out (facts A6).

The bytes are not looked at: a synthetic picture has none to be read.
"""

import random
from collections.abc import Sequence
from typing import TypeAlias

from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.world.items import Item
from google_drive_emulator.world.timestamps import rfc3339

Medium: TypeAlias = tuple[str, str, int]
"""The id of a picture or film, its MIME type, and when it was created (epoch milliseconds)."""

_CAMERAS = (("Apple", "iPhone 15 Pro"), ("Canon", "Canon EOS R6"), ("samsung", "SM-S918B"), ("Google", "Pixel 8"))
_PICTURE_SIZES: Sequence[tuple[int, int]] = ((4032, 3024), (6000, 4000), (1920, 1080), (800, 600), (3000, 4000))
_FILM_SIZES: Sequence[tuple[int, int]] = ((1920, 1080), (3840, 2160), (1280, 720), (1080, 1920))


def picture_key(item: Item) -> Medium | None:
    """Return what a picture's metadata follow from; None for all else."""
    return (item.id, item.mime_type, item.created_ms) if item.mime_type.startswith("image/") else None


def film_key(item: Item) -> Medium | None:
    """Return what a film's metadata follow from; None for all else."""
    return (item.id, item.mime_type, item.created_ms) if item.mime_type.startswith("video/") else None


def picture_metadata(medium: Medium) -> Json:
    """Return an ImageMediaMetadata: the size of a picture, and what a camera adds to it."""
    item_id, mime_type, created_ms = medium
    chance = random.Random(item_id)
    width, height = chance.choice(_PICTURE_SIZES)
    plain: dict[str, Json] = {"width": width, "height": height, "rotation": 0}
    return plain | _photograph(chance, created_ms) if mime_type == "image/jpeg" else plain


def film_metadata(medium: Medium) -> Json:
    """Return a VideoMediaMetadata."""
    chance = random.Random(medium[0])
    width, height = chance.choice(_FILM_SIZES)
    return {"width": width, "height": height, "durationMillis": str(chance.randrange(1_000, 3_600_000))}


def _photograph(chance: random.Random, taken_ms: int) -> dict[str, Json]:
    make, model = chance.choice(_CAMERAS)
    found: dict[str, Json] = {
        "rotation": chance.choice((0, 0, 0, 1, 3)),
        "cameraMake": make,
        "cameraModel": model,
        "exposureTime": round(1 / chance.choice((30, 60, 125, 500)), 6),
        "aperture": chance.choice((1.8, 2.4, 4.0, 8.0)),
        "flashUsed": chance.random() < 0.1,
        "focalLength": chance.choice((4.2, 24.0, 50.0, 85.0)),
        "isoSpeed": chance.choice((50, 100, 400, 1600)),
        "colorSpace": "sRGB",
        "time": _exif(taken_ms),
    }
    if chance.random() < 0.5:
        found["location"] = {
            "latitude": round(chance.uniform(-60, 70), 6),
            "longitude": round(chance.uniform(-180, 180), 6),
            "altitude": float(chance.randrange(0, 2500)),
        }
    return found


def _exif(moment_ms: int) -> str:
    """Write a moment as cameras do: ``2024:05:06 07:08:09``."""
    date, _, time = rfc3339(moment_ms).partition("T")
    return f"{date.replace('-', ':')} {time[:8]}"
