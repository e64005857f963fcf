"""Emulators in networks of their own, where Google's names lead to them."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest
from tests.support.emulator.namespace import Namespace, available, google


class StartGoogle(Protocol):
    """Starts an emulator with these flags in a network of its own."""

    def __call__(self, *flags: str) -> Namespace: ...


def unavailable(what: str) -> None:
    """Skip a test for want of something; a build machine must not pass by skipping."""
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(f"REQUIRE_SERVICES=1, but {what}", pytrace=False)
    pytest.skip(what)


@pytest.fixture
def start_google(tmp_path: Path) -> Iterator[StartGoogle]:
    """Start emulators that unmodified programs take for Google."""
    if not available():
        unavailable("needs Linux, and root or user namespaces, for a network of its own")
    home = tmp_path / "home"
    home.mkdir()
    with ExitStack() as emulators:
        yield lambda *flags: emulators.enter_context(google(home, *flags))


@pytest.fixture
def rclone_program() -> str:
    """Return the path of rclone."""
    path = shutil.which("rclone")
    if path is None:
        unavailable("needs rclone (apt-get install rclone)")
    assert path is not None
    return path
