"""Where Apache Kafka's jars are kept, and what is said when they cannot be fetched."""

from pathlib import Path

import pytest

from clustera_toolkit.testing.kafka_jars import ToolsMissingError, cache_directory, check_java, kafka_jars


def test_the_users_cache_directory_is_respected(tmp_path: Path) -> None:
    """`XDG_CACHE_HOME` says where caches go."""
    assert cache_directory({"XDG_CACHE_HOME": "/caches"}, tmp_path) == Path("/caches/clustera-toolkit/apache-kafka")


def test_jars_are_kept_in_the_project(tmp_path: Path) -> None:
    """Without it, the cache is below the project that the current directory is in."""
    (tmp_path / "pyproject.toml").touch()
    assert cache_directory({}, tmp_path / "tests" / "unit") == tmp_path / ".cache" / "apache-kafka"


def test_missing_tools_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Java or Maven the error says which is missing and how to get it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolsMissingError, match=r"java not found.*apt-get install"):
        check_java()
    with pytest.raises(ToolsMissingError, match=r"mvn not found.*apt-get install"):
        kafka_jars(tmp_path / "cache", lambda _text: None)


def test_an_old_java_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Java that cannot run Apache Kafka 4 is as good as none."""
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolsMissingError, match="java is 11"):
        check_java()
