"""Pictures and films: a text in, a small file of the type that carries it out.

An SVG shows its text. The others show nothing: the text is a comment in them.
"""

import struct
import zlib
from collections.abc import Sequence

from google_drive_emulator.rendering.markup import xml_text

_WIDTH, _HEIGHT = 320, 180
_COMMENT_BYTES = 60_000

_QUANTA = b"\x00" + b"\x01" * 64
_ONE_CODE = b"\x01" + b"\x00" * 15 + b"\x00"
"""A Huffman table with one code, of one bit, for nothing: no difference in brightness, and the end of a block."""


def png(text: str) -> bytes:
    """Return a white picture."""
    rows = (b"\x00" + b"\xff" * _WIDTH) * _HEIGHT
    header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 0, 0, 0, 0)
    comment = b"Description\x00\x00\x00\x00\x00" + text.encode()[:_COMMENT_BYTES]
    chunks = ((b"IHDR", header), (b"iTXt", comment), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def jpeg(text: str) -> bytes:
    """Return a grey picture of eight by eight points."""
    segments = (
        (0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
        (0xFE, text.encode()[:_COMMENT_BYTES]),
        (0xDB, _QUANTA),
        (0xC0, struct.pack(">BHHB", 8, 8, 8, 1) + b"\x01\x11\x00"),
        (0xC4, b"\x00" + _ONE_CODE),
        (0xC4, b"\x10" + _ONE_CODE),
        (0xDA, b"\x01\x01\x00\x00\x3f\x00"),
    )
    coded = b"".join(b"\xff%c" % kind + struct.pack(">H", len(data) + 2) + data for kind, data in segments)
    return b"\xff\xd8" + coded + b"\x3f" + b"\xff\xd9"


def svg(lines: Sequence[str]) -> bytes:
    """Return a drawing of the first lines."""
    shown = "".join(f'<text x="8" y="{16 * number}">{xml_text(line)}</text>' for number, line in enumerate(lines, 1))
    size = f'width="{_WIDTH}" height="{max(_HEIGHT, 16 * len(lines) + 8)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-size="12">{shown}</svg>'.encode()


def mp4(text: str) -> bytes:
    """Return a film without pictures: the boxes that make a file one, with the text where it is free."""
    return _box(b"ftyp", b"isom\x00\x00\x02\x00isomiso2mp41") + _box(b"free", text.encode()) + _box(b"mdat", b"")


def _box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + kind + data
