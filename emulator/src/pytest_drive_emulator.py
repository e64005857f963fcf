"""A pytest plugin: the fixture ``drive_emulator``, a Google Drive of its own for each test.

A mark says what it serves::

    @pytest.mark.drive_emulator(files=500, seed=7, drives=2, drive_files=20)
    @pytest.mark.drive_emulator(scenario="museum", latency_ms=50)
    @pytest.mark.drive_emulator(root="some/directory")

Without one it is a synthetic drive of 100 items. ``scenario`` is a file or one of the examples; what else ``Emulator``
takes (``auth``, ``latency_ms``, ``pages``, ``quota``) may be given too.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from google_drive_emulator.fixture import DriveEmulator


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line(
        "markers",
        "drive_emulator(files=100, seed=0, drives=0, drive_files=0, scenario=None, root=None, ...): what the"
        " fixture drive_emulator serves and how",
    )


@pytest.fixture
def drive_emulator(request: pytest.FixtureRequest) -> "Iterator[DriveEmulator]":
    """Serve a Google Drive from a thread of its own, on a free port, as the mark ``drive_emulator`` says."""
    from google_drive_emulator.fixture import serving

    mark = request.node.get_closest_marker("drive_emulator")
    with serving({}) if mark is None else serving(mark.kwargs, mark.args) as running:
        yield running
