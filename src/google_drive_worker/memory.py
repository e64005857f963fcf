"""How this process treats its memory.

In: nothing. Out: how much it holds and may hold; a collector and an allocator that suit the work: pages of megabytes
that come and go, many objects, no cycles. The latter are about speed only; what bounds memory stands elsewhere.
"""

import ctypes
import gc
import resource
import sys
from pathlib import Path

TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD = -1, -2, -3  # mallopt's own numbers (malloc.h)
MIB = 1024 * 1024


def settle_memory() -> None:
    """Call once, when everything is imported."""
    _spare_the_collector()
    _keep_freed_memory()


def resident_bytes() -> int:
    """What the process holds in memory now; where that cannot be told, the most it ever held."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    return pages * resource.getpagesize()


def limit_bytes(default: int) -> int:
    """What the container allows the process, or `default` outside of one."""
    try:
        return int(Path("/sys/fs/cgroup/memory.max").read_text())
    except (OSError, ValueError):
        return default


def _spare_the_collector() -> None:
    """Keep the cyclic collector from walking through modules and pages again and again.

    What is loaded now stays for good. Pages make many objects, none of them in cycles: reference counts free them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _keep_freed_memory() -> None:
    """Have glibc keep a page's memory for the next page.

    By default it gives megabytes back to the kernel and takes them again, page fault by page fault: measured, a sixth
    of the CPU time of a full sync. Other C libraries are left as they are.
    """
    if sys.platform != "linux":
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    for option, value in ((TOP_PAD, 4 * MIB), (TRIM_THRESHOLD, 128 * MIB), (MMAP_THRESHOLD, 32 * MIB)):
        mallopt(option, value)
