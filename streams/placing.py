"""Where in the journal a user's entries are: the broker's own hash of the key decides."""

from aiokafka.partitioner import murmur2

_POSITIVE = 0x7FFFFFFF


def partition_of(user_id: str, partitions: int) -> int:
    """Choose the partition that a producer with the murmur2 partitioner chooses.

    >>> partition_of("household-1", 1)
    0
    """
    return int(murmur2(user_id.encode()) & _POSITIVE) % partitions  # type: ignore[no-untyped-call] # It has no types.
