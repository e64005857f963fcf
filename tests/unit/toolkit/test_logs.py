"""Logs as lines of JSON."""

import io
import json
import logging
import re
from collections.abc import Iterator

import pytest
import structlog

from clustera_toolkit.bootstrap import configure_logging


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Configured logs, undone afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure_logging("INFO", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_its_five_parts(stream: io.StringIO) -> None:
    """A line holds time, level, logger and message, and everything else as fields."""
    structlog.get_logger("sync").info("page read", files=3, corpus="user:me")
    (line,) = lines(stream)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(line.pop("timestamp")))
    assert line == {
        "level": "info",
        "logger": "sync",
        "message": "page read",
        "fields": {"files": 3, "corpus": "user:me"},
    }


def test_the_standard_library_logs_alike(stream: io.StringIO) -> None:
    """A library that logs by the standard library gives the same lines, its extras as fields."""
    logging.getLogger("lib").warning("slow: %s", "disk", extra={"seconds": 2})
    (line,) = lines(stream)
    assert (line["level"], line["logger"], line["message"]) == ("warning", "lib", "slow: disk")
    assert line["fields"] == {"seconds": 2}


def test_context_joins_the_fields(stream: io.StringIO) -> None:
    """What is bound to the context stands in every line below it."""
    with structlog.contextvars.bound_contextvars(connection="c1"):
        structlog.get_logger("sync").info("started")
    assert lines(stream)[0]["fields"] == {"connection": "c1"}


@pytest.mark.parametrize("logger", [structlog.get_logger("a"), logging.getLogger("a")])
def test_an_exception_is_a_field_without_secrets(stream: io.StringIO, logger: logging.Logger) -> None:
    """An exception gives type, message and traceback, and what they quote is masked."""
    try:
        raise ValueError("refused Bearer abc123")
    except ValueError:
        logger.exception("failed")
    fields = lines(stream)[0]["fields"]
    assert isinstance(fields, dict)
    exception = fields["exception"]
    assert exception["type"] == "builtins.ValueError"
    assert exception["message"] == "refused Bearer [redacted]"
    assert "test_logs.py" in exception["traceback"]
    assert "abc123" not in stream.getvalue()


def test_secrets_are_masked_in_messages_and_fields(stream: io.StringIO) -> None:
    """Neither a message, nor its arguments, nor a field lets a secret through."""
    structlog.get_logger("a").info("sent Bearer abc123", refresh_token="abc123", nested=[{"password": "abc123"}])
    logging.getLogger("b").info("sent %s", {"access_token": "abc123"})
    assert "abc123" not in stream.getvalue()


def test_lower_levels_are_left_out(stream: io.StringIO) -> None:
    """What is below the level is not written."""
    structlog.get_logger("a").debug("detail")
    logging.getLogger("a").debug("detail")
    assert stream.getvalue() == ""


def test_what_cannot_be_encoded_is_shown(stream: io.StringIO) -> None:
    """Objects, bytes and lone surrogates become text; a log call never fails."""
    structlog.get_logger("a").info("odd", value={1, 2}, raw=b"\xff", text="\ud800", odd={(1, 2): object}, big=10**30)
    assert len(lines(stream)) == 1


def test_a_second_call_replaces_the_first(stream: io.StringIO) -> None:
    """Configured twice, a line is written once, to the newer stream."""
    newer = io.StringIO()
    configure_logging("INFO", stream=newer)
    logging.getLogger("a").info("once")
    assert stream.getvalue() == ""
    assert len(lines(newer)) == 1


def test_a_person_gets_text(stream: io.StringIO) -> None:
    """The console renderer writes for people, with tracebacks as they know them and without secrets."""
    configure_logging("info", stream=stream, renderer="console")
    try:
        raise ValueError("refused Bearer abc123")
    except ValueError:
        structlog.get_logger("a").exception("failed", files=3)
    text = stream.getvalue()
    assert "failed" in text
    assert "files=3" in text
    assert "Traceback (most recent call last)" in text
    assert "abc123" not in text


def test_an_unknown_level_is_refused() -> None:
    """A level that does not exist is named."""
    with pytest.raises(ValueError, match="LOUD"):
        configure_logging("loud", stream=io.StringIO())
