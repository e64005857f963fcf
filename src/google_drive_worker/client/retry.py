"""Repeats a call until it succeeds or its schedule ends. In: a call, a `Backoff`. Out: its result or error."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from clustera_toolkit.timing import Timing
from google_drive_worker.client.backoff import Backoff
from google_drive_worker.client.errors import RetryableError

T = TypeVar("T")

log = logging.getLogger(__name__)

FAILURES_WORTH_A_LINE = 3
"""One or two pass by themselves; after that an operator wants to know what is waited for."""


async def retrying(
    call: Callable[[], Awaitable[T]],
    *,
    backoff: Backoff,
    timing: Timing,
    retried: Callable[[RetryableError], None] = lambda _: None,
) -> T:
    """Repeat `call` on `RetryableError` alone; the last one is raised, with its `attempts`.

    `retried` is told of each failure that is followed by another try, before the wait for it.
    """
    started = timing.monotonic()
    failures = 0
    while True:
        try:
            return await call()
        except RetryableError as error:
            failures += 1
            seconds = backoff.wait(
                failures,
                elapsed_seconds=timing.monotonic() - started,
                retry_after_seconds=error.retry_after_seconds,
                random=timing.random(),
            )
            if seconds is None:
                error.attempts = failures
                raise
            retried(error)
            if failures >= FAILURES_WORTH_A_LINE:
                asked = error.endpoint or "a call"
                log.warning("%s failed %d times (%s): again in %.1f s", asked, failures, error.code, seconds)
        await timing.sleep(seconds)
