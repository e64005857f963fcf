"""rclone, unmodified, takes the emulator for Google Drive: over TLS, at Google's names, with a token to refresh."""

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from tests.support.emulator.namespace import Namespace

from .conftest import StartGoogle

pytestmark = pytest.mark.rclone

_TOKEN = {"access_token": "old", "token_type": "Bearer", "refresh_token": "any", "expiry": "2020-01-01T00:00:00Z"}
_CONFIGURATION = f"""
[drive]
type = drive
scope = drive
client_id = client
client_secret = secret
token = {json.dumps(_TOKEN)}
"""
_FLAGS = ("--retries", "1", "--low-level-retries", "2", "--drive-pacer-min-sleep", "1ms")
_SHORTCUT = "application/vnd.google-apps.shortcut"


@dataclass(frozen=True)
class Rclone:
    """rclone beside an emulator, with an access token that has expired."""

    namespace: Namespace
    program: str
    configuration: Path

    def __call__(self, *arguments: str) -> str:
        """Run rclone and return what it printed. A failure fails the test with rclone's words."""
        ended = self.namespace.run(self.program, "--config", str(self.configuration), *_FLAGS, *arguments)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def entries(self, *arguments: str) -> list[dict[str, Any]]:
        """List all that lies below a path."""
        listed: list[dict[str, Any]] = json.loads(self("lsjson", "--recursive", *arguments))
        return listed

    def answers(self, route: str) -> int:
        """Return how many requests of a route the emulator answered well."""
        counts: dict[str, dict[str, int]] = self.namespace.request("GET", "/__emulator__/requests")["requests"]
        return counts.get(route, {}).get("200", 0)


class StartRclone(Protocol):
    """Starts an emulator with these flags, and rclone beside it."""

    def __call__(self, *flags: str) -> Rclone: ...


@pytest.fixture
def start(rclone_program: str, start_google: StartGoogle, tmp_path: Path) -> StartRclone:
    """Start emulators that rclone takes for Google."""
    configuration = tmp_path / "rclone.conf"
    configuration.write_text(_CONFIGURATION)
    return lambda *flags: Rclone(start_google(*flags), rclone_program, configuration)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Make a directory that is easy to get wrong: odd names, an empty file, an empty folder, a file in many chunks."""
    root = tmp_path / "tree"
    (root / "docs" / "deep er").mkdir(parents=True)
    (root / "empty folder").mkdir()
    (root / "docs" / "naïve – 資料 'quoted' \\.txt").write_text("text")
    (root / "docs" / "deep er" / "empty").touch()
    (root / "data.bin").write_bytes(random.Random(7).randbytes(3 * 2**20 + 5))
    return root


def content_of(root: Path) -> dict[str, bytes | None]:
    """Return the files and folders below a directory with their bytes, by path."""
    paths = sorted(root.rglob("*"))
    return {str(path.relative_to(root)): None if path.is_dir() else path.read_bytes() for path in paths}


@pytest.mark.parametrize("flags", [(), ("--fast-list",)])
def test_a_listing_is_the_world(start: StartRclone, flags: tuple[str, ...]) -> None:
    """Folder by folder or many at once, rclone finds every file that has a place in My Drive, and no other."""
    rclone = start("--files", "400", "--seed", "11")
    items = rclone.namespace.request("GET", "/__emulator__/world/items?limit=1000")["items"]
    expected = {
        item["id"]: item["name"]
        for item in items
        if not item["trashed"] and item["mimeType"] != _SHORTCUT and not item["isRoot"] and "parents" in item
    }
    entries = rclone.entries(*flags, "--drive-skip-shortcuts", "drive:")
    assert {entry["ID"] for entry in entries} == expected.keys()
    assert rclone.answers("oauth.token") == 1


def test_what_others_share_is_listed_apart(start: StartRclone) -> None:
    """Files shared without their folder are found in Shared with me."""
    rclone = start("--files", "400", "--seed", "11")
    items = rclone.namespace.request("GET", "/__emulator__/world/items?limit=1000")["items"]
    shared = {item["id"] for item in items if not item["ownedByMe"] and not item["trashed"]}
    listed = rclone("lsjson", "--drive-shared-with-me", "--drive-skip-shortcuts", "drive:")
    assert {entry["ID"] for entry in json.loads(listed)} == shared


def test_a_served_directory_checks(start: StartRclone, tree: Path) -> None:
    """Rclone finds no difference between a directory and the drive that is served of it: names, sizes, checksums."""
    rclone = start("--root", str(tree))
    rclone("check", str(tree), "drive:")
    rclone("check", "--download", str(tree), "drive:")
    listed = {entry["Path"]: entry["Size"] for entry in rclone.entries("--fast-list", "drive:")}
    assert listed == {path: -1 if data is None else len(data) for path, data in content_of(tree).items()}


def test_a_directory_goes_up_and_comes_back(start: StartRclone, tree: Path, tmp_path: Path) -> None:
    """What is copied to the drive, in chunks where it is large, is copied back the same."""
    rclone = start("--files", "0")
    chunks = ("--drive-upload-cutoff", "1M", "--drive-chunk-size", "1M")
    rclone("copy", "--create-empty-src-dirs", *chunks, str(tree), "drive:backup")
    rclone("check", str(tree), "drive:backup")
    rclone("copy", "--create-empty-src-dirs", "drive:backup", str(tmp_path / "back"))
    assert content_of(tmp_path / "back") == content_of(tree)


def test_a_second_sync_follows_the_changes(start: StartRclone, tree: Path) -> None:
    """A sync uploads what changed, renames on the server what only moved, and trashes what is gone."""
    rclone = start("--files", "0")
    rclone("sync", str(tree), "drive:backup")
    (tree / "data.bin").rename(tree / "docs" / "moved.bin")
    (tree / "docs" / "deep er" / "empty").write_text("no longer empty")
    (tree / "docs" / "naïve – 資料 'quoted' \\.txt").unlink()
    rclone("sync", "--track-renames", str(tree), "drive:backup")
    rclone("check", str(tree), "drive:backup")
    trashed = rclone.entries("--drive-trashed-only", "--files-only", "drive:backup")
    assert [entry["Name"] for entry in trashed] == ["naïve – 資料 'quoted' \\.txt"]


def test_files_are_copied_moved_and_purged_on_the_server(start: StartRclone, tree: Path) -> None:
    """Server-side copies and moves, and a folder deleted with all that is in it."""
    rclone = start("--files", "0")
    rclone("copy", str(tree), "drive:one")
    rclone("copy", "drive:one", "drive:two")
    rclone("move", "drive:one", "drive:three")
    rclone("check", "drive:two", "drive:three")
    rclone("purge", "drive:two")
    assert {entry["Path"].partition("/")[0] for entry in rclone.entries("--files-only", "drive:")} == {"three"}


def test_a_shortcut_leads_to_its_file(start: StartRclone, tree: Path) -> None:
    """A shortcut that rclone makes has the bytes of its target."""
    rclone = start("--files", "0")
    rclone("copy", str(tree / "docs"), "drive:docs")
    rclone("mkdir", "drive:links")
    rclone("copyto", str(tree / "data.bin"), "drive:data.bin")
    rclone("backend", "shortcut", "drive:", "data.bin", "links/link.bin")
    listed = rclone.entries("drive:links")
    assert [(entry["Path"], entry["Size"]) for entry in listed] == [("link.bin", 3 * 2**20 + 5)]
    assert rclone("md5sum", "drive:links").split()[0] == rclone("md5sum", "drive:data.bin").split()[0]


def test_a_shared_drive_is_found_and_filled(start: StartRclone, tree: Path) -> None:
    """Rclone lists the shared drives, copies into one, and finds there what it copied."""
    rclone = start("--files", "0")
    made = rclone.namespace.request("POST", "/drive/v3/drives?requestId=1", {"name": "Team"})
    drives = json.loads(rclone("backend", "drives", "drive:"))
    assert (made["id"], "Team") in [(drive["id"], drive["name"]) for drive in drives]
    team = ("--drive-team-drive", made["id"])
    rclone("copy", *team, str(tree), "drive:")
    rclone("check", *team, str(tree), "drive:")
    assert {entry["Path"] for entry in rclone.entries(*team, "--fast-list", "--files-only", "drive:")} == {
        path for path, data in content_of(tree).items() if data is not None
    }
    assert rclone.entries("--files-only", "drive:") == []


def test_documents_are_exported_and_imported(start: StartRclone, tmp_path: Path) -> None:
    """A text becomes a document on its way up and is a file again on its way down."""
    rclone = start("--files", "0")
    (tmp_path / "notes.txt").write_text("First line\nSecond line")
    formats = ("--drive-import-formats", "txt", "--drive-export-formats", "txt")
    rclone("copyto", *formats, str(tmp_path / "notes.txt"), "drive:notes.txt")
    rclone("copyto", *formats, "drive:notes.txt", str(tmp_path / "back.txt"))
    assert "Second line" in (tmp_path / "back.txt").read_text()


def test_about_gives_the_quota(start: StartRclone) -> None:
    """The storage that is used and free is given in bytes."""
    about = json.loads(start("--files", "40")("about", "--json", "drive:"))
    assert about["total"] > about["used"] > 0
