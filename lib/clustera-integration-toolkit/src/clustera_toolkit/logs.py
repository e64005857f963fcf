"""Logs of a process: one JSON object a line, structlog's and the standard library's alike.

In: log calls anywhere in the process. Out: lines on a stream:
`{"timestamp": ..., "level": "info", "logger": ..., "message": ..., "fields": {...}}`, free of secrets.
"""

import logging
import sys
import time
import traceback
from collections.abc import MutableMapping
from typing import Literal, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

from clustera_toolkit.message.timestamps import rfc3339
from clustera_toolkit.redaction import redact_field

__all__ = ["configure_logging"]

_encoder = msgspec.json.Encoder()
_PLAIN = ("timestamp", "level", "logger")


class _ProcessHandler(logging.StreamHandler[TextIO]):
    """The one handler of the process, told from handlers that others put there."""


def configure_logging(
    level: str = "INFO", *, stream: TextIO | None = None, renderer: Literal["json", "console"] = "json"
) -> None:
    """Send all logs from `level` up to the stream (standard error); a second call replaces the first.

    Raises `ValueError` for a level that does not exist.
    """
    handler = _ProcessHandler(stream if stream is not None else sys.stderr)
    handler.setFormatter(_formatter(renderer, colors=handler.stream.isatty()))
    root = logging.getLogger()
    root.setLevel(level.upper())
    for former in [h for h in root.handlers if isinstance(h, _ProcessHandler)]:
        root.removeHandler(former)
    root.addHandler(handler)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            *_shared(),
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _shared() -> list[Processor]:
    """What lines from structlog and from the standard library both get."""
    return [structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name, _add_timestamp]


def _formatter(renderer: Literal["json", "console"], *, colors: bool) -> logging.Formatter:
    last: list[Processor] = [_to_json]
    if renderer == "console":
        last = [_exception_as_text, structlog.dev.ConsoleRenderer(colors=colors)]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_shared(), structlog.stdlib.ExtraAdder(), _drop_leftovers],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _describe_exception,
            _redact,
            *last,
        ],
    )


def _add_timestamp(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["timestamp"] = rfc3339(time.time())
    return event


def _drop_leftovers(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop what another handler's formatter left on the record; no extra can have these names."""
    event.pop("message", None)
    event.pop("asctime", None)
    return event


def _describe_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by `exception`: its type, its message, the traceback as text."""
    error = _exception(event.pop("exc_info", None))
    if error is not None:
        event["exception"] = {
            "type": f"{type(error).__module__}.{type(error).__qualname__}",
            "message": str(error),
            "traceback": "".join(traceback.format_exception(error)),
        }
    return event


def _exception(info: ExcInfo | BaseException | bool | None) -> BaseException | None:
    if isinstance(info, BaseException):
        return info
    if isinstance(info, tuple):
        return info[1]
    return sys.exc_info()[1] if info else None


def _redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: value if key in _PLAIN else redact_field(key, value) for key, value in event.items()}


def _to_json(_logger: WrappedLogger, _method: str, event: MutableMapping[str, object]) -> str:
    timestamp, level, logger, message = (event.pop(key, None) for key in (*_PLAIN, "event"))
    line = {"timestamp": timestamp, "level": level, "logger": logger, "message": message, "fields": event}
    return _encoder.encode(line).decode("utf-8")


def _exception_as_text(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Give the console the traceback as it would print one itself."""
    exception = event.get("exception")
    if isinstance(exception, dict):
        event["exception"] = exception["traceback"]
    return event
