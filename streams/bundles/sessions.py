"""Which partitions are read, since when, and how far their slices have travelled."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from streams.protocols import Membership, Partition, Record, Slice

AHEAD_MAX = 2
"""How many slices of a partition may wait for its agent; beyond, it is not fetched."""


class TransportError(Exception):
    """Reading cannot go on; the worker must end, and its last line says why."""


@dataclass(slots=True)
class Session:
    """An unbroken reading of a partition: how many slices were cut, and how many taken."""

    number: int
    cut: int = 0
    taken: int = 0


class Sessions:
    """The sessions of an assignment's partitions; one that nobody has begun to read has none.

    The consumer's thread begins sessions and cuts slices, the agents' thread takes them. Each
    figure has one writer, so nothing is locked.
    """

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._open: dict[Partition, Session] = {}
        self._assignment: object = None
        self.paused: frozenset[Partition] = frozenset()

    def renew(self, assignment: object) -> None:
        """End all sessions and pauses, if this is another assignment than the last."""
        if assignment is not self._assignment:
            self._assignment, self._open, self.paused = assignment, {}, frozenset()

    def begin(self, partition: Partition) -> int:
        """Begin a session in which nothing is cut yet; the one before it, or a pause, is over."""
        number = next(self._numbers)
        self._open[partition] = Session(number)
        self.paused -= {partition}
        return number

    def pause(self, partition: Partition) -> None:
        """End a partition's session, and expect nothing of it until the next one begins."""
        self._open.pop(partition, None)
        self.paused |= {partition}

    def cut(self, partition: Partition, records: Sequence[Record], membership: Membership) -> Slice:
        """Make the next slice of a partition that has room for it."""
        session = self._open[partition]
        slice_ = Slice(partition, records, membership, session.number, session.cut)
        session.cut += 1
        return slice_

    def has_room(self, partition: Partition) -> bool:
        """Say whether the partition is read and another slice may be cut."""
        session = self._open.get(partition)
        return session is not None and session.cut - session.taken < AHEAD_MAX

    def take(self, slice_: Slice) -> bool:
        """Let an agent have a slice, unless its session is over."""
        session = self._open.get(slice_.partition)
        if session is None or session.number != slice_.session:
            return False
        session.taken = slice_.index + 1
        return True
