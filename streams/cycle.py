"""A cycle under way: slices, and days that are over, to be made durable together."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from streams.claiming import Owned
from streams.decision import Decision
from streams.protocols import Membership, Partition, Record, Slice


@dataclass(frozen=True, slots=True)
class Job:
    """A slice that goes on where its partition stands, and what was decided of it."""

    slice: Slice
    own: Owned
    decision: Decision

    @property
    def partition(self) -> Partition:
        """Name the slice's partition."""
        return self.slice.partition

    @property
    def last(self) -> Record:
        """Give the slice's last record."""
        return self.slice.records[-1]


@dataclass(slots=True)
class Cycle:
    """All that fails together; *partitions* are those it has begun with."""

    partitions: set[Partition]
    jobs: list[Job] = field(default_factory=list)
    ticked: dict[Partition, Owned] = field(default_factory=dict)

    @property
    def owners(self) -> Sequence[Owned]:
        """Give what is known of each partition in which something happens."""
        return [*(job.own for job in self.jobs), *self.ticked.values()]

    @property
    def offsets(self) -> dict[Partition, int]:
        """Give where each partition stands once the cycle is committed."""
        before = {partition: own.next for partition, own in self.ticked.items()}
        return before | {job.partition: job.slice.next for job in self.jobs}

    @property
    def membership(self) -> Membership:
        """Give the one membership in which all of it was fetched or claimed."""
        (membership,) = {own.membership for own in self.owners}
        return membership
