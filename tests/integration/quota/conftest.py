"""A real Redis; skips where it cannot run, which on a build machine is a failure."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.quota.redis_server import RedisServer


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """Provide a Redis of the test's own."""
    if shutil.which("redis-server") is None:
        missing = "needs redis-server (apt-get install redis-server)"
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail(f"REQUIRE_SERVICES=1, but {missing}", pytrace=False)
        pytest.skip(missing)
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()
