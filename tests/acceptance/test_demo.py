import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


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


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("KAFKA_", "GOOGLE_"))}
    command = [sys.executable, "-m", "google_drive_worker", "demo", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=False)


def test_the_demo_of_a_directory_ends_with_its_true_numbers(tree: Path) -> None:
    """`demo --once --root DIR` ends with exit code 0 and a summary of what the directory holds."""
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


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A wrong directory is answered by a sentence and exit code 1, without a traceback."""
    ended = demo("--once", "--root", str(tmp_path / "nowhere"))
    assert ended.returncode == 1
    assert "nowhere" in ended.stderr
    assert "Traceback" not in ended.stderr
