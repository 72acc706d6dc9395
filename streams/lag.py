"""How much waits behind a partition, and since when."""

from dataclasses import dataclass, field
from typing import NamedTuple

from streams.protocols import Log, Partition


class Span(NamedTuple):
    """Offsets that are not dealt with: from the next one to the log's end."""

    next: int
    end: int


@dataclass(slots=True)
class LagWatch:
    """Looks again and again at what waits.

    The marks that transactions leave take up offsets, too. So a span in which nothing has moved
    since the last look is read once, to see whether it holds a record at all.
    """

    log: Log
    _seen: dict[Partition, Span] = field(default_factory=dict)
    _only_marks: dict[Partition, Span] = field(default_factory=dict)

    async def records(self, partition: Partition, next_: int) -> int:
        """Give how many records wait, some marks included unless they are all that is there."""
        span = Span(next_, await self.log.end(partition))
        if span.next >= span.end or self._only_marks.get(partition) == span:
            return 0
        stands_still = self._seen.get(partition) == span
        self._seen[partition] = span
        if stands_still and not await self._holds_records(partition, span):
            self._only_marks[partition] = span
            return 0
        return span.end - span.next

    async def _holds_records(self, partition: Partition, span: Span) -> bool:
        async for records in self.log.read(partition, *span):
            return bool(records)
        return False
