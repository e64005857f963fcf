"""How this process treats its memory.

In: nothing. Out: a collector and an allocator that suit the work: pages of megabytes that come and go, many objects,
no cycles. Both are about speed only; what bounds memory stands elsewhere.
"""

import ctypes
import gc
import sys

TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD = -1, -2, -3  # mallopt's own numbers (malloc.h)
MIB = 1024 * 1024


def settle_memory() -> None:
    """Call once, when everything is imported."""
    _spare_the_collector()
    _keep_freed_memory()


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
