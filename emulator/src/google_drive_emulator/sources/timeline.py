"""When synthetic items were created and modified: positions in, epoch milliseconds that never fall out."""

from functools import lru_cache

from google_drive_emulator.sources.noise import Noise

FIRST_MS = 1_335_225_600_000  # 2012-04-24
LAST_MS = 1_767_225_600_000  # 2026-01-01

_BLOCK = 64  # items that are created in one stretch of time
_BURST_EVERY = 4  # one block in so many is created within one second, as by an upload of many files
_KEPT_BLOCKS = 1024


class Timeline:
    """The times of ``size`` items, from the first day to the last; there are more of them in later years."""

    def __init__(self, size: int, noise: Noise) -> None:
        self._noise = noise
        self._blocks = max(1, -(-size // _BLOCK))
        self._block_ms = lru_cache(maxsize=_KEPT_BLOCKS)(self._find_block_ms)

    def created_ms(self, position: int) -> int:
        """Return when an item was created: in stretches that follow each other, some of them bursts."""
        block, place = divmod(position, _BLOCK)
        start, mix = self._block_ms(block), self._noise.mix
        if mix(block) % _BURST_EVERY == 0:
            return start + place * 15
        step = (self._block_ms(block + 1) - start) * 9 // (10 * _BLOCK)
        return start + step * place + mix(position) % max(1, step)

    def _find_block_ms(self, block: int) -> int:
        share = min(1.0, block / self._blocks)
        moment = FIRST_MS + int((LAST_MS - FIRST_MS) * share**0.6)
        return -(-moment // 1000) * 1000  # whole seconds, so that a burst stays within one


def modified_ms(created_ms: int, noise: bytes) -> int:
    """Return when an item was last modified: some never since their creation, the others mostly soon after."""
    if noise[0] % 5 < 2:
        return created_ms
    share = (int.from_bytes(noise[1:3]) / 65_536) ** 4
    return created_ms + int((LAST_MS - created_ms) * share)
