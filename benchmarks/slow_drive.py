"""A program: an emulated drive to be listed slowly, over HTTP and as Google itself.

In: an order. Out: a server; its addresses are printed as JSON. Every file is kept rendered once it was asked for. A
proxy takes whoever asks for one of Google's hosts to it, for programs that cannot be told where Google is.
"""

import asyncio
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec

from benchmarks.crowded_source import CrowdedSource
from benchmarks.emulated_drive import RENDERED_BYTES_A_FILE, SEED
from google_drive_emulator.emulator import Emulator
from google_drive_emulator.http.tls import generated_tls
from google_drive_emulator.sources.synthetic import SyntheticSource
from google_drive_emulator.world.world import World

_CHUNK_BYTES = 65_536


class Order(msgspec.Struct, frozen=True):
    """What the program is told, as JSON in its only argument."""

    files: int
    crowded: bool
    ca_file: str


class Addresses(msgspec.Struct, frozen=True):
    """Where the drive is; `proxy_url` leads to `tls_url` whatever host is asked for."""

    plain_url: str
    tls_url: str
    proxy_url: str


async def serve(order: Order) -> None:
    """Serve until the process is ended."""
    source = CrowdedSource(order.files, SEED) if order.crowded else SyntheticSource(order.files, SEED)
    emulator = Emulator(World(source), cache_bytes=order.files * RENDERED_BYTES_A_FILE)
    async with emulator.serve(tls=generated_tls(), plain_port=0, ca_file=Path(order.ca_file)) as running:
        tls_port = int(running.base_url.rsplit(":", 1)[1])
        proxy = await asyncio.start_server(partial(_tunnel, tls_port), "127.0.0.1")
        host, port = proxy.sockets[0].getsockname()
        addresses = Addresses(running.plain_url or "", running.base_url, f"http://{host}:{port}")
        print(msgspec.json.encode(addresses).decode(), flush=True)
        await asyncio.Event().wait()


async def _tunnel(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer a CONNECT, and pass bytes on both ways until either end closes."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    from_drive, to_drive = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.gather(_pass_on(reader, to_drive), _pass_on(from_drive, writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(serve(msgspec.json.decode(sys.argv[1], type=Order)))
