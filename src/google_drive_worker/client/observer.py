"""What is worth counting about calls. In: each answer and failure. Out: what an observer makes of it."""

from typing import Protocol


class CallObserver(Protocol):
    """Told of every HTTP answer and every failed try; must return at once."""

    def call(self, endpoint: str, status: int, seconds: float) -> None:
        """Count an answer with `status` that arrived after `seconds`."""

    def error(self, endpoint: str, code: str) -> None:
        """Count a try that failed with the error code `code`; it may be repeated."""


class SilentObserver:
    """Counts nothing."""

    def call(self, endpoint: str, status: int, seconds: float) -> None:
        """Count nothing."""

    def error(self, endpoint: str, code: str) -> None:
        """Count nothing."""


SILENT = SilentObserver()
