"""A real directory served as a drive."""

import hashlib
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from google_drive_emulator import DirectoryError, Emulator, World, directory_world
from google_drive_emulator.sources.directory import DirectorySource
from google_drive_emulator.sources.joined import JoinedSource
from google_drive_emulator.sources.synthetic import SyntheticSource

from .conftest import Client

FIELDS = "nextPageToken,files(id,name,mimeType,size,md5Checksum,sha256Checksum,modifiedTime,parents,shortcutDetails)"
ODD_NAMES = [
    b"plain.txt",
    b"\xff\xfe not utf-8.bin",
    "naïve ☃ 名前.md".encode(),
    b"quote\"'\\back",
    b"new\nline",
    b"empty",
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with odd names, links, an empty file, a pipe, and nothing outside that a link should reach."""
    top = tmp_path / "top"
    (top / "sub" / "deep").mkdir(parents=True)
    for number, name in enumerate(ODD_NAMES):
        (top / "sub" / os.fsdecode(name)).write_bytes(b"" if name == b"empty" else name * (number + 1))
    (top / "sub" / "deep" / "big.bin").write_bytes(os.urandom(700_000))
    (tmp_path / "secret.txt").write_text("not to be served")
    (top / "to file").symlink_to(top / "sub" / "plain.txt")
    (top / "to folder").symlink_to("sub")
    (top / "to itself").symlink_to(".")
    (top / "outside").symlink_to(tmp_path / "secret.txt")
    (top / "dangling").symlink_to("nowhere")
    (top / "loop").symlink_to("loop")
    os.mkfifo(top / "pipe")
    return top


@pytest.fixture
async def client(tree: Path) -> AsyncIterator[Client]:
    """Serve the tree."""
    async with Emulator(directory_world(tree)).serve() as running, aiohttp.ClientSession() as session:
        yield Client(session, running.base_url, running.world)


async def listed(client: Client) -> dict[str, Any]:
    return {file["name"]: file for file in await client.pages("files", "files", pageSize="4", fields=FIELDS)}


async def test_every_file_is_served_with_its_bytes(client: Client, tree: Path) -> None:
    """Names, sizes, checksums and contents are those on disk; bytes that are no UTF-8 become U+FFFD."""
    files = await listed(client)
    for name in ODD_NAMES:
        data = (tree / "sub" / os.fsdecode(name)).read_bytes()
        file = files[name.decode("utf-8", "replace")]
        assert file["size"] == str(len(data))
        assert file["sha256Checksum"] == hashlib.sha256(data).hexdigest()
        assert file["md5Checksum"] == hashlib.md5(data, usedforsecurity=False).hexdigest()
        assert (await client.read(file["id"])).body == data


async def test_a_large_file_comes_whole(client: Client, tree: Path) -> None:
    """A content of several chunks is streamed completely."""
    file = (await listed(client))["big.bin"]
    assert (await client.read(file["id"])).body == (tree / "sub" / "deep" / "big.bin").read_bytes()


async def test_the_folders_are_those_on_disk(client: Client) -> None:
    """The directory is the root folder, and parents follow the paths."""
    files, root = await listed(client), (await client.get("files/root")).json
    assert files["sub"]["parents"] == [root["id"]]
    assert files["deep"]["parents"] == [files["sub"]["id"]]
    assert files["big.bin"]["parents"] == [files["deep"]["id"]]


async def test_links_inside_are_shortcuts_and_nothing_outside_is_reached(client: Client) -> None:
    """A link to an item of the tree is a shortcut; links that lead out, nowhere or in circles are not there."""
    files, root = await listed(client), (await client.get("files/root")).json
    targets = {name: file["shortcutDetails"]["targetId"] for name, file in files.items() if "shortcutDetails" in file}
    expected = {"to file": files["plain.txt"]["id"], "to folder": files["sub"]["id"], "to itself": root["id"]}
    assert targets == expected
    assert not files.keys() & {"outside", "dangling", "loop", "secret.txt", "pipe"}


async def test_the_control_api_counts_the_tree(client: Client) -> None:
    """The counts are those of what is served."""
    counts = (await client.control("GET", "world")).json
    assert (counts["items"], counts["folders"], counts["shortcuts"]) == (len(ODD_NAMES) + 6, 2, 3)


async def test_what_vanished_has_no_checksum(client: Client, tree: Path) -> None:
    """A file that was deleted since the start is still listed, without checksums."""
    (tree / "sub" / "plain.txt").unlink()
    file = (await listed(client))["plain.txt"]
    assert "md5Checksum" not in file


def test_what_is_skipped_is_counted(tree: Path) -> None:
    """Links that lead out and special files are skipped, and the source says how many."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tree / "s"))
    assert str(DirectorySource(tree).skipped) == (
        "skipped 3 symbolic links that lead nowhere in the tree; 2 sockets, pipes or devices"
    )


def test_a_path_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    """The error names the path and what is wrong with it."""
    (tmp_path / "file").touch()
    with pytest.raises(DirectoryError, match="is not a directory"):
        directory_world(tmp_path / "file")
    with pytest.raises(DirectoryError, match="there is no directory"):
        directory_world(tmp_path / "nothing")


def test_a_directory_can_stand_beside_a_synthetic_drive(tree: Path) -> None:
    """Joined sources keep each account's drive: a directory's owner has the tree, the others their files."""
    source = JoinedSource([SyntheticSource(30, 1), DirectorySource(tree)])
    world = World(source)
    owner = world.users[-1]
    below = [item for place in world.descendants(world.root_id(owner)) if (item := world.item_at(place))]
    assert {item.owner for item in below} == {owner}
    assert world.counts().items == len(source) == 30 + len(below)
    assert sorted(source.position(item.id) or 0 for item in below) == list(range(30, len(source)))
