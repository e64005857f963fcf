"""The command as a process: what it prints, how it fails, how much memory it takes."""

import asyncio
import json
import re
import signal
import socket
import ssl
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
    return process, await said(process, r"listening on (https?://127\.0\.0\.1:\d+)\n")


async def said(process: Process, pattern: str) -> str:
    """Read the next line of what a server says, and return the part that the pattern asks for."""
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
    match = re.fullmatch(pattern, line)
    assert match is not None, line
    return match[1]


async def stop(process: Process) -> None:
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def run(*arguments: str) -> tuple[int | None, str]:
    """Run the command to its end and return its status and what it said on stderr."""
    process = await asyncio.create_subprocess_exec(*COMMAND, *arguments, stdout=PIPE, stderr=PIPE)
    _, errors = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, errors.decode()


def read(url: str, trusting: ssl.SSLContext | None = None) -> bytes:
    request = urllib.request.Request(url, headers={"Authorization": "Bearer x"})  # noqa: S310  # our own server
    with urllib.request.urlopen(request, timeout=20, context=trusting) as response:  # noqa: S310
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


async def test_a_scenario_is_served_by_its_file(tmp_path: Path) -> None:
    """``--scenario`` takes a file; what is wrong with it is said with its place."""
    path = tmp_path / "scenario.json"
    path.write_text('{"items": [{"type": "file", "name": "only.txt"}]}')
    process, url = await start("--scenario", str(path))
    assert b"only.txt" in await asyncio.to_thread(read, url + "/drive/v3/files")
    await stop(process)
    path.write_text('{"items": [{"type": "file"}]}')
    status, errors = await run("serve", "--scenario", str(path))
    assert (status, "$.items[0]: Object missing required field `name`" in errors) == (2, True)


async def test_a_large_world_takes_little_memory() -> None:
    """Listing 200,000 items once keeps nothing but the bounded cache: items are made when asked for."""
    process, url = await start("--files", "200000")
    before_mb = await resident_mb(process)
    listing = url + "/drive/v3/files?pageSize=1000&fields=nextPageToken,files(id)"
    pages, token = 0, ""
    while pages == 0 or token:
        body = (await asyncio.to_thread(read, listing + (token and f"&pageToken={token}"))).decode()
        found = re.search('"nextPageToken": "([^"]+)"', body)
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
        (("--drives", "5", "--scenario", "team"), "exclude each other"),
        (("--scenario", "nothing"), "nothing cannot be read: No such file or directory. It is a file or one of museum"),
        (("--root", "/no/such/directory"), "there is no directory /no/such/directory"),
        (("--files", "-1"), "--files"),
        (("--port", "99999"), "--port"),
        (("--auth", "maybe"), "--auth"),
        (("--quota", "coins"), "--quota"),
        (("--page-cap-parents", "0"), "--page-cap-parents"),
        (("--tls-cert", "x.pem"), "--tls-cert and --tls-key go together"),
        (("--tls-cert", "no.pem", "--tls-key", "no.pem"), "the certificate no.pem with the key no.pem cannot be used"),
        (("--tls", "--tls-cert", "x.pem", "--tls-key", "x.pem"), "exclude each other"),
        (("--tls-name", "drive.test"), "--tls-name goes with --tls"),
        (("--plain-port", "0"), "--plain-port goes with --tls"),
        (("--ca-file", "ca.pem"), "--ca-file goes with --tls"),
        (("--tls", "--ca-file", "/no/such/directory/ca.pem"), "--ca-file: /no/such/directory/ca.pem cannot be written"),
        (("--faults", "/no/such/file"), "--faults: /no/such/file cannot be read"),
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


async def test_flags_reach_the_emulator(tmp_path: Path) -> None:
    """Pages, quota and faults are as the flags say; a cap given by itself counts more than the preset."""
    faults = tmp_path / "faults.json"
    faults.write_text('{"faults": [{"route": "about.get", "kind": "latency", "latency_ms": 1}]}')
    flags = ("--pages", "google", "--page-cap-parents", "7", "--short-pages", "--cache-mb", "1")
    quota = ("--quota", "units", "--quota-user-units", "500", "--quota-shape", "mixed")
    process, url = await start(
        "--files",
        "20",
        "--drives",
        "2",
        "--drive-files",
        "3",
        "--shape",
        "deep",
        *flags,
        *quota,
        "--faults",
        str(faults),
    )
    told = {
        path: json.loads(await asyncio.to_thread(read, f"{url}/__emulator__/{path}"))
        for path in ("world", "pages", "quota", "faults")
    }
    await stop(process)
    assert (told["world"]["items"], len(told["world"]["drives"])) == (26, 2)
    assert (told["pages"]["cap_with_parents"], told["pages"]["cap_with_permissions"]) == (7, 100)
    assert told["pages"]["short_pages"] is True
    settings = told["quota"]["settings"]
    assert (settings["model"], settings["user_units"], settings["shape"]) == ("units", 500, "mixed")
    assert told["faults"]["faults"][0]["route"] == "about.get"


@pytest.mark.parametrize(
    ("text", "expected"), [("{", "is not what is expected"), ('{"faults": [{"count": 0}]}', "fault 0: count must be")]
)
async def test_a_bad_file_of_faults_is_named(tmp_path: Path, text: str, expected: str) -> None:
    """What is wrong in the file is said before anything is served."""
    path = tmp_path / "faults.json"
    path.write_text(text)
    status, errors = await run("serve", "--faults", str(path))
    assert (status, expected in errors, str(path) in errors) == (2, True, True)


async def test_tls_says_what_to_trust() -> None:
    """The second line is the address without TLS, the third the file of the authority; it is gone at the end."""
    process, url = await start("--files", "1", "--tls", "--plain-port", "0")
    plain = await said(process, r"without TLS on (http://127\.0\.0\.1:\d+)\n")
    path = await said(process, r"clients have to trust (.+), for example by SSL_CERT_FILE=\1\n")
    trusting = ssl.create_default_context(cafile=path)
    assert b"ok" in await asyncio.to_thread(read, f"{url}/__emulator__/health", trusting)
    assert b"ok" in await asyncio.to_thread(read, f"{plain}/__emulator__/health")
    await stop(process)
    assert not await asyncio.to_thread(Path(path).exists)
