"""The demo as a person runs it: by one command, and in a browser."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from tests.support.control_plane.chromium import chromium, page_of

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("KAFKA_", "GOOGLE_"))}
PASSWORD = "correct horse battery"
ARRIVAL_MS = 60_000
END_SECONDS = 90.0
STACKS_SECONDS = 1.0
"""For the demo to say where each of its tasks is."""
MOST_SHOWN = 60_000


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small directory: three files, two folders, a link between them."""
    root = tmp_path / "tree"
    (root / "docs" / "deep").mkdir(parents=True)
    (root / "docs" / "naïve – 資料.txt").write_text("text")
    (root / "docs" / "deep" / "empty").touch()
    (root / "data.bin").write_bytes(bytes(1000))
    (root / "link").symlink_to(root / "data.bin")
    return root


def demo(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the demo to its end, on a port of its own."""
    command = [sys.executable, "-m", "drive_demo", "--port", "0", *arguments]
    env = {**ENVIRONMENT, **environment}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=110, check=False)


def test_the_demo_of_a_directory_ends_with_its_true_numbers(tree: Path) -> None:
    """`--once --root DIR` ends with exit code 0 and a summary of what the directory holds."""
    ended = demo("--once", "--root", str(tree))
    assert ended.returncode == 0, ended.stderr
    summary = json.loads(ended.stdout.splitlines()[-1])
    assert summary["ok"]
    assert (summary["files"], summary["folders"], summary["shortcuts"]) == (3, 2, 1)
    assert summary["differences"] == 0
    assert summary["changes"] > 0


def test_the_demo_shows_shared_drives_grants_revisions_and_comments() -> None:
    """A synthetic drive has shared drives beside it; all that is held of them equals the drive, too."""
    ended = demo("--once", "--files", "300", "--drives", "2")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    summary = json.loads(ended.stdout.splitlines()[-1])
    assert (summary["ok"], summary["drives"]) == (True, 2)
    assert summary["items"] == 300 + 2 * 6
    assert all(summary[kind] > 0 for kind in ("permission_sets", "revisions", "comments"))
    assert "held beside them at the end: 2 drives" in ended.stderr


def test_the_demo_connects_on_its_own_dashboard() -> None:
    """`--once` goes a newcomer's way over HTTP; that connection's copy is compared with the drive, too.

    What the environment says of a control plane, of keys and of Google is not the demo's.
    """
    elsewhere = {
        "DATABASE_URL": "postgresql://nowhere.invalid/none",
        "CONTROL_PLANE_PUBLIC_URL": "https://nowhere.invalid",
        "CREDENTIALS_ENCRYPTION_KEYS": "no-key",
        "GOOGLE_CLIENT_ID": "somebody-elses",
    }
    ended = demo("--once", "--files", "100", **elsewhere)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    [connected] = json.loads(ended.stdout.splitlines()[-1])["connected"]
    assert connected["differences"] == 0
    assert connected["items"] >= 100
    assert re.match(r"Dashboard: http://localhost:\d+\n", ended.stderr)


@pytest.mark.parametrize("package", ["fastapi", "google_drive_emulator"])
def test_extras_that_are_missing_are_named(package: str) -> None:
    """Without the emulator or the control plane the demo ends with the command that installs them."""
    program = f"import sys; sys.modules[{package!r}] = None; from drive_demo.cli import main; main(['--once'])"
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert f"the demo needs {package}" in ended.stderr
    assert "pip install 'google-drive-worker[emulator,control-plane]'" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A wrong directory is answered by a sentence and exit code 1, without a traceback."""
    ended = demo("--once", "--root", str(tmp_path / "nowhere"))
    assert ended.returncode == 1
    assert "nowhere" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_that_is_taken_is_named() -> None:
    """A port that was asked for and cannot be had is answered by a sentence and exit code 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = demo("--once", "--files", "10", "--port", port)
    assert ended.returncode == 1
    assert f"port {port} is taken" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.timeout(300)
async def test_a_newcomer_gets_from_the_terminal_to_a_synced_drive() -> None:
    """The link in the terminal, then only what the pages offer; changes show by themselves; Ctrl-C ends it in order."""
    async with chromium() as browser, started("--files", "300") as process:
        page = await page_of(browser)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(await link(process))
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Create the account").click()
        await page.get_by_role("button", name="Connect Google Drive").click()
        await page.get_by_role("button", name="Allow").click()
        await page.wait_for_url("http://localhost:*/connections/*")
        await items_arrive(page)
        await changes_arrive(page)
        assert errors == []
        process.send_signal(signal.SIGINT)
        out, err = (text.decode() for text in await asyncio.wait_for(process.communicate(), END_SECONDS))
        assert process.returncode == 0, out + err
        [connected] = json.loads(out.splitlines()[-1])["connected"]
        assert connected["items"] > 300
        assert connected["differences"] == 0
        assert "Traceback" not in err
        assert "error" not in err


@contextlib.asynccontextmanager
async def started(*arguments: str) -> AsyncIterator[Process]:
    """The demo, running until it is told to end; a test that fails shows what it said."""
    command = ("-m", "drive_demo", "--port", "0", *arguments)
    # What is run in the background may have been told to ignore Ctrl-C, and tells its children so; with a handler not.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = await asyncio.create_subprocess_exec(sys.executable, *command, env=ENVIRONMENT, stdout=PIPE, stderr=PIPE)
    try:
        yield process
    except BaseException:
        if process.returncode is None:
            process.send_signal(signal.SIGUSR1)
            await asyncio.sleep(STACKS_SECONDS)
            process.kill()
            _, said = await process.communicate()
            sys.stderr.write(said.decode(errors="replace")[-MOST_SHOWN:])
        raise
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def link(process: Process) -> str:
    """The link that comes before everything else."""
    assert process.stderr is not None
    line = (await process.stderr.readline()).decode()
    found = re.fullmatch(r"Dashboard: (http://localhost:\d+/setup/\S+)\n", line)
    assert found is not None, line
    return found[1]


async def items_arrive(page: Page) -> None:
    """All that is in the drive has arrived: so many items, and no less."""
    figures = page.locator("dl.figures").first
    await expect(figures).to_contain_text(re.compile(r"Items\s*3[1-9]\d"), timeout=ARRIVAL_MS)
    await expect(figures).to_contain_text(re.compile(r"Push\s*on"), timeout=ARRIVAL_MS)


async def changes_arrive(page: Page) -> None:
    """What the demo changes is counted by the page, which nobody loads anew."""
    shown = page.get_by_test_id("changes")
    before = await shown.inner_text()
    await expect(shown).not_to_have_text(before, timeout=ARRIVAL_MS)
