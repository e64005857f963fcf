"""Which partition a key belongs to, as Java's default partitioner decides it.

In: key bytes and a number of partitions. Out: a partition number. Pure.
"""

_SEED = 0x9747B28C
_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """The 32-bit murmur2 hash that Kafka's clients use, unsigned."""
    length = len(data)
    value = _SEED ^ length
    whole = length & ~3
    for at in range(0, whole, 4):
        word = (int.from_bytes(data[at : at + 4], "little") * _M) & _MASK
        word ^= word >> 24
        value = ((value * _M) & _MASK) ^ ((word * _M) & _MASK)
    if tail := data[whole:]:
        value = ((value ^ int.from_bytes(tail, "little")) * _M) & _MASK
    value = ((value ^ (value >> 13)) * _M) & _MASK
    return value ^ (value >> 15)


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key. `partitions` is at least 1."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
