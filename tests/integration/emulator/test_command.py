"""The command as a process: what it prints, how it fails, how much memory it takes."""

import asyncio
import re
import signal
import socket
import sys
import urllib.request
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

COMMAND = (sys.executable, "-m", "google_drive_emulator")
MEMORY_BOUND_MB = 160


async def start(*arguments: str) -> tuple[Process, str]:
    """Start the server and wait for its address."""
    process = await asyncio.create_subprocess_exec(*COMMAND, "serve", *arguments, stdout=PIPE, stderr=PIPE)
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
    match = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", line)
    assert match is not None, line
    return process, match[1]


async def run(*arguments: str) -> tuple[int | None, str]:
    """Run the command to its end and return its status and what it said on stderr."""
    process = await asyncio.create_subprocess_exec(*COMMAND, *arguments, stdout=PIPE, stderr=PIPE)
    _, errors = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, errors.decode()


def read(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"Authorization": "Bearer x"})  # noqa: S310  # our own server
    with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
        body: bytes = response.read()
        return body


async def resident_mb(process: Process) -> float:
    """Return a process's resident memory."""
    ps = await asyncio.create_subprocess_exec("ps", "-o", "rss=", "-p", str(process.pid), stdout=PIPE)
    kilobytes, _ = await asyncio.wait_for(ps.communicate(), 10)
    return int(kilobytes) / 1024


async def test_it_says_where_it_listens_and_stops_when_told() -> None:
    """The first line gives the address; SIGTERM ends the process with status 0."""
    process, url = await start("--files", "20", "--seed", "4")
    assert b"drive#fileList" in await asyncio.to_thread(read, url + "/drive/v3/files")
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_a_large_world_takes_little_memory() -> None:
    """Listing 200,000 items once keeps nothing but the bounded cache: items are made when asked for."""
    process, url = await start("--files", "200000")
    before_mb = await resident_mb(process)
    listing = url + "/drive/v3/files?pageSize=1000&fields=nextPageToken,files(id)"
    pages, token = 0, ""
    while pages == 0 or token:
        body = (await asyncio.to_thread(read, listing + (token and f"&pageToken={token}"))).decode()
        found = re.search('"nextPageToken":"([^"]+)"', body)
        pages, token = pages + 1, found[1] if found else ""
    grown_mb = await resident_mb(process) - before_mb
    process.send_signal(signal.SIGINT)
    await asyncio.wait_for(process.wait(), 10)
    assert pages == 200
    assert grown_mb < MEMORY_BOUND_MB


async def test_a_port_in_use_is_named() -> None:
    """A port that is taken is said in one line, with what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, errors = await run("serve", "--port", str(port), "--files", "1")
    assert status == 2
    assert f"cannot listen on 127.0.0.1:{port}" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--files", "5", "--root", "."), "exclude each other"),
        (("--root", "/no/such/directory"), "there is no directory /no/such/directory"),
        (("--files", "-1"), "--files"),
        (("--port", "99999"), "--port"),
        (("--auth", "maybe"), "--auth"),
    ],
)
async def test_bad_flags_are_named(arguments: tuple[str, ...], said: str) -> None:
    """A bad flag ends with status 2, its name and no traceback."""
    status, errors = await run("serve", *arguments)
    assert status == 2
    assert said in errors
    assert "Traceback" not in errors


async def test_skipped_files_are_warned_of(tmp_path: Path) -> None:
    """What of a tree is not served is said on stderr."""
    (tmp_path / "dangling").symlink_to("nowhere")
    process, _ = await start("--root", str(tmp_path))
    process.terminate()
    _, errors = await asyncio.wait_for(process.communicate(), 10)
    assert b"skipped 1 symbolic links" in errors
