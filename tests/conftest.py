"""What holds for all tests: each answer of an emulator in this process is held against the discovery documents."""

from collections.abc import Iterator

import pytest
from hypothesis import settings
from tests.support.emulator.recorder import Recorder

from google_drive_emulator.http.observers import observe

settings.register_profile("untimed", deadline=None)  # how long an example takes says how busy the machine is
settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers that this directory has of its own."""
    config.addinivalue_line("markers", "rclone: needs rclone, and root or user namespaces (Linux)")


@pytest.fixture(scope="session")
def recorder() -> Iterator[Recorder]:
    """Watch all emulators that run in this process."""
    recorder = Recorder()
    with observe(recorder):
        yield recorder


@pytest.fixture(autouse=True)
def answers_are_as_documented(recorder: Recorder) -> Iterator[None]:
    """Fail the test during which an emulator gave an answer that no document describes."""
    yield
    violations = recorder.take()
    assert not violations, "\n".join(violations)
