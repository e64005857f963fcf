"""Packed answers: a reply and what its client takes in, the reply as it goes over the wire out (facts G).

Google packs only for clients that accept gzip *and* have "gzip" in their user agent. Bytes of files are never packed.
"""

import asyncio
import zlib
from collections.abc import Mapping
from dataclasses import replace

from google_drive_emulator.http.calls import JSON_TYPE, SCRIPT_TYPE, Reply

_PACKED_TYPES = (JSON_TYPE, SCRIPT_TYPE, "multipart/mixed")
"""What an API says, never what a file holds: bytes of files come with no charset, or as a stream."""

_LEAST_BYTES = 256
_THREAD_BYTES = 64 * 1024
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_LEVEL = 5
_VARY = {"Vary": "Accept-Encoding, User-Agent"}


def takes_gzip(headers: Mapping[str, str]) -> bool:
    """Tell whether a client gets packed answers."""
    return "gzip" in headers.get("Accept-Encoding", "").lower() and "gzip" in headers.get("User-Agent", "").lower()


async def packed(reply: Reply, headers: Mapping[str, str]) -> Reply:
    """Return a reply packed, if its client takes that and it is worth it; what could be packed says so in ``Vary``."""
    body = reply.body
    if not isinstance(body, bytes) or not reply.content_type.startswith(_PACKED_TYPES):
        return reply
    extra = _VARY
    if len(body) >= _LEAST_BYTES and takes_gzip(headers):
        body = await asyncio.to_thread(_pack, body) if len(body) > _THREAD_BYTES else _pack(body)
        extra = {**_VARY, "Content-Encoding": "gzip"}
    return replace(reply, body=body, headers={**reply.headers, **extra})


def _pack(body: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    return packer.compress(body) + packer.flush()
