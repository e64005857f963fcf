"""Google's own client, unmodified, against a served emulator."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from tests.support.emulator.official import official_client

from google_drive_emulator import Emulator, Running, serve_in_background, synthetic_world
from google_drive_emulator.http.tls import Tls, generated_tls
from google_drive_emulator.remote import Remote


@pytest.fixture(scope="session")
def tls() -> Tls:
    """Make one certificate for all tests."""
    return generated_tls()


@pytest.fixture
def running(tls: Tls) -> Iterator[Running]:
    """Serve a synthetic world of 200 items, over TLS and without."""
    emulator = Emulator(synthetic_world(files=200, seed=3))
    with serve_in_background(emulator, tls=tls, plain_port=0) as background:
        yield background.running


@pytest.fixture
def remote(running: Running) -> Remote:
    """Give the control API."""
    assert running.plain_url is not None
    return Remote(running.plain_url)


@pytest.fixture
def drive(running: Running) -> Iterator[Any]:
    """Give the client for Drive v3, as the first user."""
    with official_client(running) as client:
        yield client


@pytest.fixture
def client_of(running: Running) -> Iterator[Callable[..., Any]]:
    """Give clients for other APIs and users: ``client_of("admin", "directory_v1", bearer=EMAIL)``."""
    with ExitStack() as clients:
        yield lambda *which, **options: clients.enter_context(official_client(running, *which, **options))
