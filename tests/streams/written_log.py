"""A journal in memory: what intake would write of events, and Kafka's log over it, for readers."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from schemas.dead_letters import Origin
from schemas.event import Event, UserEvent
from schemas.reading import Accepted
from streams.journal import message_of, own_message
from streams.log import LogRecord
from streams.protocols import Partition, Record
from tests.partition import FIRST_RECORDED_MS, SECOND_MS

JOURNAL = "journal"


def record_of(event: Event, offset: int) -> LogRecord:
    """Write an event down as the journal holds it."""
    recorded_ms = FIRST_RECORDED_MS + offset * SECOND_MS
    if isinstance(event, UserEvent):
        # As a producer may send it: a preference that is null is not one that is absent.
        data = event.model_dump_json(exclude_unset=True).encode()
        accepted = Accepted(event, data, {})
        message = message_of(JOURNAL, accepted, Origin("an-input", 0, offset, recorded_ms))
    else:
        message = own_message(JOURNAL, event, 0, (offset,), "/penstock/tests")
    return LogRecord(offset, recorded_ms, message.key, message.value, message.headers)


def journal_of(events: Sequence[Event]) -> list[LogRecord]:
    """Write a history down."""
    return [record_of(event, offset) for offset, event in enumerate(events)]


@dataclass
class WrittenLog:
    """The log of partitions that nobody writes to any more: streams.protocols.Log."""

    records: dict[Partition, list[LogRecord]] = field(default_factory=dict)
    begins_at: int = 0
    is_committed: bool = True

    async def committed(self, partition: Partition) -> int | None:
        """Give the end, if anything is committed at all."""
        return await self.end(partition) if self.is_committed else None

    async def start(self, _partition: Partition) -> int:
        """Give where all logs begin."""
        return self.begins_at

    async def end(self, partition: Partition) -> int:
        """Give the offset after the last record."""
        records = self.records.get(partition, [])
        return records[-1].offset + 1 if records else 0

    async def newest_ms(self, partition: Partition) -> int:
        """Give when the last record was written."""
        records = self.records.get(partition, [])
        return records[-1].timestamp if records else 0

    async def has_taken_in(self, _topics: Sequence[str], _before_ms: int) -> bool:
        """Say yes, for nothing more will come."""
        return True

    async def topic_id(self, topic: str) -> str:
        """Give an id."""
        return f"id-of-{topic}"

    async def read(
        self, partition: Partition, start: int, until: int
    ) -> AsyncIterator[Sequence[Record]]:
        """Yield a range, two records at a time."""
        records = [own for own in self.records.get(partition, []) if start <= own.offset < until]
        for first in range(0, len(records), 2):
            yield records[first : first + 2]
