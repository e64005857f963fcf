"""What the fixtures do where PostgreSQL is not installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
def test_on_sqlite(database): assert not database.is_postgresql
def test_on_both(databases): assert not databases.is_postgresql
def test_on_postgresql(postgresql_database): pass
"""
CONFTEST = """
from pathlib import Path
from tests.support.control_plane import postgresql_server

postgresql_server.INSTALLED = Path("nowhere")
"""
ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize(("required", "outcome"), [("", "2 passed, 2 skipped"), ("1", "2 passed, 2 errors")])
def test_its_tests_are_skipped_or_fail(tmp_path: Path, required: str, outcome: str) -> None:
    """They are skipped with a line that says how to get it; with REQUIRE_SERVICES=1 they fail with the same words."""
    (tmp_path / "test_suite.py").write_text(SUITE)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -ra\nasyncio_mode = auto\n")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "tests.support.control_plane.databases"],
        cwd=tmp_path,
        env={**os.environ, "PATH": str(tmp_path), "PYTHONPATH": str(ROOT), "REQUIRE_SERVICES": required},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert outcome in run.stdout
    assert "needs PostgreSQL (apt-get install postgresql)" in run.stdout
