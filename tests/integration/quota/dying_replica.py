"""A replica in a process of its own that leases as much as it can, says so, and waits to be killed."""

import asyncio
import sys

from tests.integration.quota.replicas import CALL_SECONDS, CLOCK, PREFIX

from google_drive_worker.client.quota import Lane
from google_drive_worker.quota.limits import Limits
from google_drive_worker.quota.opening import open_shared_gate
from google_drive_worker.quota.redis_books import RedisBooks


async def main(url: str, per_minute: int) -> None:
    """Spend what a burst allows, so that the lease grows; then hold it."""
    limits = Limits(user=per_minute, project=10 * per_minute)
    async with open_shared_gate(
        RedisBooks(url, PREFIX, "dying", clock=CLOCK, call_seconds=CALL_SECONDS), limits
    ) as gate:
        for _ in range(5):
            await gate.seat("u", "c").acquire(5, Lane.FIRST_SCAN)
        print("leased", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
