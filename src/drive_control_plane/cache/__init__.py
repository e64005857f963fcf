"""What was asked before, kept for minutes: in this process, or in Redis for all replicas (C9).

In: keys and bytes. Out: the bytes while they last, or nothing: whoever asks must be able to do without. What is secret
is sealed by the vault before it comes here.
"""

from drive_control_plane.cache.local import LocalCache
from drive_control_plane.cache.protocol import Cache

__all__ = ["Cache", "LocalCache"]
