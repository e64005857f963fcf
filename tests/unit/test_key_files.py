"""Key files by name: what lies in the directory is read, whatever else a name or a link leads to is not."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from google_drive_worker.credentials import CredentialError
from google_drive_worker.key_files import MAX_BYTES, KeyFiles

CONTENT = b"the content of a key file"
SECRET = b"what nobody may read here"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory of keys, with a secret beside it."""
    (tmp_path / "secret").write_bytes(SECRET)
    (tmp_path / "keys-of-others").mkdir()
    (tmp_path / "keys-of-others" / "key.json").write_bytes(SECRET)
    keys = tmp_path / "keys"
    (keys / "team").mkdir(parents=True)
    (keys / "key.json").write_bytes(CONTENT)
    (keys / "team" / "key.json").write_bytes(CONTENT)
    return keys


def refusal(files: KeyFiles, name: str) -> CredentialError:
    with pytest.raises(CredentialError) as raised:
        files.read(name)
    assert SECRET.decode() not in str(raised.value)
    return raised.value


def absolute(directory: Path) -> str:
    return str(directory / "key.json")


def by_way_of_a_link(directory: Path) -> str:
    (directory / "link.json").symlink_to("team/key.json")
    return "link.json"


def as_kubernetes_does(directory: Path) -> str:
    """Mounted secrets are links into a folder that is a link itself, and is replaced as a whole."""
    (directory / "..2026_01_01").mkdir()
    (directory / "..2026_01_01" / "mounted.json").write_bytes(CONTENT)
    (directory / "..data").symlink_to("..2026_01_01")
    (directory / "mounted.json").symlink_to("..data/mounted.json")
    return "mounted.json"


@pytest.mark.parametrize(
    "name_in",
    [
        lambda _: "key.json",
        lambda _: "team/key.json",
        lambda _: "team/../key.json",
        absolute,
        by_way_of_a_link,
        as_kubernetes_does,
    ],
    ids=["name", "below", "there and back", "absolute", "link", "mounted"],
)
def test_what_lies_in_the_directory_is_read(directory: Path, name_in: Callable[[Path], str]) -> None:
    """By its name, its path from there or its whole path, also where links lead from within to within."""
    assert KeyFiles(directory).read(name_in(directory)) == CONTENT


def test_the_directory_may_be_a_link(directory: Path) -> None:
    """The operator's own link is followed, and a whole path by way of it is inside."""
    linked = directory.parent / "linked"
    linked.symlink_to(directory)
    assert KeyFiles(linked).read("key.json") == CONTENT
    assert KeyFiles(linked).read(str(linked / "key.json")) == CONTENT


def link_to_the_secret(directory: Path) -> str:
    (directory / "link.json").symlink_to(directory.parent / "secret")
    return "link.json"


def folder_elsewhere(directory: Path) -> str:
    (directory / "more").symlink_to(directory.parent / "keys-of-others")
    return "more/key.json"


@pytest.mark.parametrize(
    "name_in",
    [
        lambda _: "../secret",
        lambda _: "team/../../secret",
        lambda _: "nowhere/../../secret",
        lambda _: "../keys-of-others/key.json",
        lambda directory: str(directory.parent / "secret"),
        lambda directory: f"{directory}-of-others/key.json",
        lambda _: "/etc/passwd",
        link_to_the_secret,
        folder_elsewhere,
    ],
    ids=range(9),
)
def test_nothing_outside_is_read(directory: Path, name_in: Callable[[Path], str]) -> None:
    """Neither by dots, nor by a whole path, nor by a link, nor from a directory whose name begins alike."""
    assert refusal(KeyFiles(directory), name_in(directory)).code == "service_account_outside"


@pytest.mark.parametrize("name", ["../secret", "../no-secret", "/etc/passwd", "/etc/no-passwd"])
def test_nobody_learns_what_is_outside(directory: Path, name: str) -> None:
    """What is there and what is not are answered alike."""
    assert str(refusal(KeyFiles(directory), name)).replace(name, "") == str(
        refusal(KeyFiles(directory), "../else")
    ).replace("../else", "")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.sampled_from(["..", ".", "team", "key.json", "secret", "keys", "keys-of-others", "up", ""])))
def test_no_path_leads_out(directory: Path, parts: list[str]) -> None:
    """Whatever a name is made of, it gives a file of the directory or is refused."""
    if not (directory / "up").is_symlink():
        (directory / "up").symlink_to("..")
    try:
        found = KeyFiles(directory).read("/".join(parts))
    except CredentialError:
        return
    assert found == CONTENT


def pipe(directory: Path) -> str:
    """A pipe that nobody writes to: to open it in the usual way would never end."""
    os.mkfifo(directory / "pipe")
    return "pipe"


def large(directory: Path) -> str:
    (directory / "large.json").write_bytes(b" " * (MAX_BYTES + 1))
    return "large.json"


def loop(directory: Path) -> str:
    (directory / "loop").symlink_to("loop")
    return "loop"


@pytest.mark.parametrize(
    ("name_in", "code"),
    [
        (lambda _: "no.json", "service_account_not_found"),
        (lambda _: "key.json/no.json", "service_account_not_found"),
        (lambda _: "team", "service_account_unreadable"),
        (lambda _: "x" * 255 + "y", "service_account_unreadable"),
        (pipe, "service_account_unreadable"),
        (large, "service_account_unreadable"),
        (loop, "service_account_unreadable"),
    ],
    ids=["none", "below a file", "folder", "long name", "pipe", "large", "loop of links"],
)
def test_what_is_no_file_to_read_is_told(directory: Path, name_in: Callable[[Path], str], code: str) -> None:
    """Each has its code, is final for the connection, and is told by the name that the trigger had for it."""
    name = name_in(directory)
    error = refusal(KeyFiles(directory), name)
    assert (error.code, repr(name) in error.message) == (code, True)


def test_without_a_directory_there_are_no_files() -> None:
    """The error names the setting that is missing."""
    error = refusal(KeyFiles(None), "key.json")
    assert error.code == "service_account_directory_unset"
    assert "GOOGLE_SERVICE_ACCOUNT_DIRECTORY is not set" in error.message
