"""What the pytest plugin does where Apache Kafka cannot run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
def test_on_apache_kafka(apache_kafka): pass
def test_on_both(any_broker): pass
def test_on_none(topic_names): assert topic_names("a") != topic_names("a")
"""


def run_suite(directory: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a suite of its own where neither Java nor Maven is on PATH."""
    (directory / "test_suite.py").write_text(SUITE)
    (directory / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -ra\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=directory,
        env={**os.environ, "PATH": str(directory), "REQUIRE_SERVICES": "", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_java_its_tests_are_skipped(tmp_path: Path) -> None:
    """Tests on Apache Kafka are skipped with a line that says how to get Java and Maven; the others run."""
    run = run_suite(tmp_path)
    assert "2 passed, 2 skipped" in run.stdout
    assert "apt-get install openjdk-17-jre-headless maven" in run.stdout


def test_required_services_fail_instead(tmp_path: Path) -> None:
    """With REQUIRE_SERVICES=1 a missing Apache Kafka is a failure, with the same words."""
    run = run_suite(tmp_path, REQUIRE_SERVICES="1")
    assert "2 passed, 2 errors" in run.stdout
    assert "apt-get install openjdk-17-jre-headless maven" in run.stdout


@pytest.mark.parametrize(("marker", "counts"), [("apache_kafka", "2 skipped"), ("not apache_kafka", "2 passed")])
def test_tests_on_apache_kafka_are_marked(tmp_path: Path, marker: str, counts: str) -> None:
    """`-m apache_kafka` selects all that need it, whether they ask for it alone or for each broker."""
    assert f"{counts}, 2 deselected" in run_suite(tmp_path, "-m", marker).stdout
