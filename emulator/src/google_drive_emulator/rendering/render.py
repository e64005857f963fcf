"""Rendering files: an item, a mask and a viewer in, the JSON bytes of the File resource out.

A mask is compiled once; a value that many items share is encoded once.
"""

from collections.abc import Callable, Hashable

import msgspec

from google_drive_emulator.grammar.fields import Mask, compile_projector
from google_drive_emulator.rendering.resources import TEXT_FIELDS, VALUE_FIELDS, TextField, ValueField, label_info
from google_drive_emulator.world.items import Item
from google_drive_emulator.world.viewer import Viewer

_CHECKSUMS = frozenset({"md5Checksum", "sha1Checksum", "sha256Checksum"})
_KEPT_VALUES = 8192

_encode = msgspec.json.Encoder().encode

Renderer = Callable[[Item, Viewer], bytes]


def needs_checksums(mask: Mask) -> bool:
    """Tell whether a mask of File selects a checksum, which may have to be computed first."""
    return any(name in mask for name in _CHECKSUMS)


def compile_renderer(mask: Mask, labels: frozenset[str] = frozenset()) -> Renderer:
    """Turn a mask of File into a function that renders items; of an item's labels only those asked for are shown."""
    fields = [(f'"{name}":', text) for name, text in TEXT_FIELDS.items() if name in mask]
    fields += [
        (f'"{name}":', _value_text(field, mask.below(name))) for name, field in VALUE_FIELDS.items() if name in mask
    ]
    if labels and "labelInfo" in mask:
        fields.append(('"labelInfo":', _value_text(label_info(labels), mask.below("labelInfo"))))

    def render(item: Item, viewer: Viewer) -> bytes:
        texts = [prefix + text for prefix, field in fields if (text := field(item, viewer)) is not None]
        return ("{" + ",".join(texts) + "}").encode()

    return render


def _value_text(field: ValueField[Hashable], mask: Mask) -> TextField:
    """Encode a value once for each key; the keys kept are bounded."""
    key_of, build, project = field.key, field.build, compile_projector(mask)
    kept: dict[Hashable, str] = {}

    def text(item: Item, viewer: Viewer) -> str | None:
        key = key_of(item, viewer)
        if key is None:
            return None
        found = kept.get(key)
        if found is None:
            if len(kept) >= _KEPT_VALUES:
                kept.clear()
            found = kept[key] = _encode(project(build(key))).decode()
        return found

    return text
