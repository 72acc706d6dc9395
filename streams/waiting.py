"""Slices that wait for a cycle, and which of them the next cycle takes."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from itertools import islice

from streams.protocols import Partition, Slice

SLICES_MAX = 64
"""How many slices may wait; whoever brings more waits with them."""

CYCLE_RECORDS_MAX = 8_000
CYCLE_BYTES_MAX = 8 * 2**20
"""What a cycle takes at most, unless one slice alone is more. A cycle takes whatever waits, so one
is short while little comes; when much waits, what it costs to commit is shared by many."""


class Waiting:
    """A queue of slices with room for a few."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        self._slices: deque[Slice] = deque()
        self._room = asyncio.Semaphore(SLICES_MAX)

    def __len__(self) -> int:
        return len(self._slices)

    async def put(self, slice_: Slice) -> None:
        """Add a slice, once there is room."""
        await self._room.acquire()
        self._slices.append(slice_)
        self.arrived.set()

    def take(self, is_alone: Callable[[Partition], bool]) -> list[Slice]:
        """Take slices of one membership in the order they came, and join those of each partition.

        A partition that *is_alone* shares its cycle with no other.
        """
        chosen: dict[Partition, Slice] = {}
        later: deque[Slice] = deque()
        records, size_bytes, is_full = 0, 0, False
        for slice_ in self._slices:
            if is_full or not _fits(chosen, slice_) or (chosen and is_alone(slice_.partition)):
                later.append(slice_)
                continue
            records, size_bytes = records + len(slice_.records), size_bytes + slice_.size_bytes
            if chosen and (records > CYCLE_RECORDS_MAX or size_bytes > CYCLE_BYTES_MAX):
                later.append(slice_)
                is_full = True
                continue
            before = chosen.get(slice_.partition)
            # While little comes at a time many small slices wait, and one a cycle would be too few.
            chosen[slice_.partition] = slice_ if before is None else before.joined(slice_)
            is_full = is_alone(slice_.partition)
            self._room.release()
        self._slices = later
        return list(chosen.values())


def _fits(chosen: Mapping[Partition, Slice], slice_: Slice) -> bool:
    """Say whether a slice is of the same membership as the others, and goes on with its own."""
    if (before := chosen.get(slice_.partition)) is not None:
        return before.goes_on_with(slice_)
    return all(other.membership == slice_.membership for other in islice(chosen.values(), 1))
