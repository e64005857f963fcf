"""Apache Kafka's jars, fetched once.

In: `pom.xml` beside this file, Java and Maven. Out: a directory of jars, kept under a cache directory by
the hash of the pom, so that another version never mixes with this one. Two processes may ask at once: one
fetches, both use it.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

__all__ = ["JarsError", "ToolsMissingError", "cache_directory", "check_java", "kafka_jars"]

_POM = Path(__file__).with_name("pom.xml")
_JAVA_NEEDED = 17
_INSTALL_HINT = (
    "Apache Kafka for tests needs Java 17 or newer and Maven on PATH "
    "(Debian, Ubuntu: apt-get install openjdk-17-jre-headless maven; macOS: brew install openjdk@17 maven)"
)
_FETCH_SECONDS = 900.0
_JAVA_SECONDS = 30.0


class ToolsMissingError(Exception):
    """Java or Maven is missing; the text says which and how to get it."""


class JarsError(Exception):
    """Maven could not fetch Apache Kafka; the text ends with what it said."""


def cache_directory(environ: Mapping[str, str], start: Path) -> Path:
    """Return where jars are kept: below `$XDG_CACHE_HOME`, else below the project that `start` is in."""
    if home := environ.get("XDG_CACHE_HOME"):
        return Path(home) / "clustera-toolkit" / "apache-kafka"
    project = next((d for d in (start, *start.parents) if (d / "pyproject.toml").is_file()), start)
    return project / ".cache" / "apache-kafka"


def check_java() -> str:
    """Return the path of a Java that can run Apache Kafka 4; raises `ToolsMissingError`."""
    java = shutil.which("java")
    if java is None:
        raise ToolsMissingError(f"java not found. {_INSTALL_HINT}")
    answer = subprocess.run(  # noqa: S603 - found on PATH
        [java, "-version"], capture_output=True, text=True, timeout=_JAVA_SECONDS, check=False
    )
    found = re.search(r'version "(\d+)', answer.stderr)
    if found is None or int(found[1]) < _JAVA_NEEDED:
        raise ToolsMissingError(f"java is {found[1] if found else 'of an unknown version'}. {_INSTALL_HINT}")
    return java


def kafka_jars(cache: Path, announce: Callable[[str], None]) -> Path:
    """Return the directory of jars, fetching them first if nobody has.

    `announce` is told once when a download starts. Raises `ToolsMissingError`, `JarsError`.
    """
    jars = cache / hashlib.sha256(_POM.read_bytes()).hexdigest()[:16]
    if jars.is_dir():
        return jars
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / f"{jars.name}.lock"):
        if not jars.is_dir():
            announce(f"Fetching Apache Kafka with Maven into {jars} (once, about 45 MB) ...")
            _fetch(jars)
    return jars


def _fetch(jars: Path) -> None:
    """Fetch next to `jars`, then rename: a fetch cut short leaves nothing that looks complete."""
    maven = shutil.which("mvn")
    if maven is None:
        raise ToolsMissingError(f"mvn not found. {_INSTALL_HINT}")
    with tempfile.TemporaryDirectory(dir=jars.parent, ignore_cleanup_errors=True) as partial:
        fetched = Path(partial) / "jars"
        _run_maven(
            [
                maven,
                "-q",
                "-B",
                "-f",
                str(_POM),
                "dependency:copy-dependencies",
                f"-DoutputDirectory={fetched}",
            ]
        )
        fetched.rename(jars)


def _run_maven(command: list[str]) -> None:
    try:
        answer = subprocess.run(  # noqa: S603 - found on PATH
            command, capture_output=True, text=True, timeout=_FETCH_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise JarsError(f"Maven did not fetch Apache Kafka within {_FETCH_SECONDS:.0f} s") from error
    if answer.returncode != 0:
        raise JarsError(f"Maven could not fetch Apache Kafka:\n{(answer.stdout + answer.stderr)[-2000:]}")


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the file's lock; the kernel frees it should this process die."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(handle, time.monotonic() + _FETCH_SECONDS)
        yield
    finally:
        os.close(handle)


def _acquire(handle: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise JarsError("another process has been fetching Apache Kafka for too long") from None
            time.sleep(0.2)
        else:
            return
