"""The gate as the settings want it. In: settings. Out: an open gate, shared with others where Redis is named."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from clustera_toolkit.timing import REAL_TIMING, Timing
from google_drive_worker.config import DriveSettings
from google_drive_worker.quota.gate import QuotaGate, QuotaObserver
from google_drive_worker.quota.limits import Limits, limits_of
from google_drive_worker.quota.shared_books import SharedBooks
from google_drive_worker.quota.sharing import Sharing


@asynccontextmanager
async def open_gate(settings: DriveSettings, observer: QuotaObserver | None = None) -> AsyncIterator[QuotaGate]:
    """Open the gate of this process. Whether Redis answers is waited for once, for a quarter of a second at most."""
    limits = limits_of(settings)
    if settings.redis_url is None:
        yield QuotaGate(limits, observer=observer)
        return
    from google_drive_worker.quota.redis_books import RedisBooks  # only where it is used: it is slow to import

    books = RedisBooks(settings.redis_url.get_secret_value(), settings.redis_key_prefix, uuid.uuid4().hex)
    async with open_shared_gate(books, limits, observer=observer) as gate:
        yield gate


@asynccontextmanager
async def open_shared_gate(
    books: SharedBooks, limits: Limits, *, timing: Timing = REAL_TIMING, observer: QuotaObserver | None = None
) -> AsyncIterator[QuotaGate]:
    """Open a gate that keeps these books together with others, and closes them."""
    sharing = Sharing(books, limits, timing=timing)
    gate = QuotaGate(limits, timing=timing, observer=observer, sharing=sharing)
    async with sharing.running():
        yield gate
