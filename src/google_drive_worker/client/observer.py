"""What is worth counting about calls. In: each answer and failure. Out: what an observer makes of it."""

import logging
from typing import Protocol

log = logging.getLogger(__name__)


class CallObserver(Protocol):
    """Told of every HTTP answer, every failed try and every repetition; must return at once."""

    def call(self, endpoint: str, status: int, seconds: float) -> None:
        """Count an answer with `status` that arrived after `seconds`."""

    def error(self, endpoint: str, code: str) -> None:
        """Count a try that failed with the error code `code`; it may be repeated."""

    def retried(self, endpoint: str, code: str) -> None:
        """Count a failed try that is going to be repeated; `error` was told of it before."""


class SilentObserver:
    """Counts nothing."""

    def call(self, endpoint: str, status: int, seconds: float) -> None:
        """Count nothing."""

    def error(self, endpoint: str, code: str) -> None:
        """Count nothing."""

    def retried(self, endpoint: str, code: str) -> None:
        """Count nothing."""


class LoggingObserver:
    """Logs each call, and passes it on; for `GOOGLE_API_DEBUG`. Neither parameters nor tokens are logged."""

    def __init__(self, following: CallObserver) -> None:
        self._following = following

    def call(self, endpoint: str, status: int, seconds: float) -> None:
        """Log an answer."""
        log.info("google: %s answered %d after %.3f s", endpoint, status, seconds)
        self._following.call(endpoint, status, seconds)

    def error(self, endpoint: str, code: str) -> None:
        """Log a failed try."""
        log.info("google: %s failed: %s", endpoint, code)
        self._following.error(endpoint, code)

    def retried(self, endpoint: str, code: str) -> None:
        """Pass it on: the failure was logged."""
        self._following.retried(endpoint, code)


SILENT = SilentObserver()
