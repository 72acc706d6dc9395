"""What must hold at every moment of a run, whatever goes wrong."""

from dataclasses import dataclass, field

from schemas.topics import JOURNAL
from streams.protocols import Partition
from tests.simulator.disk import Disk
from tests.simulator.world import World


@dataclass(slots=True)
class Watch:
    """Looks at each committed offset and each watermark when it moves (I6)."""

    world: World
    disk: Disk
    committed: dict[Partition, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.disk.on_watermark = self.marking

    def committing(self, partition: Partition, offset: int) -> None:
        """Offsets never move back, and what is committed is in the state already."""
        before = self.committed.get(partition, 0)
        if offset < before:
            self.world.wrong(f"I6 {partition}: committed {offset} after {before}")
        if partition.topic == JOURNAL.name and not self.disk.has_forgotten:
            watermark = self.disk.watermarks.get(partition.number, 0)
            if watermark < offset:
                self.world.wrong(f"I6 {partition}: committed {offset}, but state is at {watermark}")
        self.committed[partition] = max(before, offset)

    def marking(self, number: int, watermark: int) -> None:
        """No watermark moves below what is committed, unless the store has forgotten something."""
        committed = self.committed.get(Partition(JOURNAL.name, number), 0)
        if watermark < committed and not self.disk.has_forgotten:
            self.world.wrong(f"I6 journal/{number}: watermark {watermark} below {committed}")
