"""What waits, and what only looks as if something waited."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from streams.lag import LagWatch
from streams.log import LogRecord
from streams.protocols import Partition

PARTITION = Partition("journal", 0)


class Journal:
    """A log with records at some offsets, and the marks of transactions at the others."""

    def __init__(self, end_: int, *records: int) -> None:
        self.end_, self.records, self.reads = end_, records, 0

    async def end(self, _: Partition) -> int:
        return self.end_

    async def read(
        self, _: Partition, start: int, until: int
    ) -> AsyncIterator[Sequence[LogRecord]]:
        self.reads += 1
        found = [offset for offset in self.records if start <= offset < until]
        if found:
            yield [LogRecord(offset, 0, None, None, ()) for offset in found]


def looks(journal: Journal, *nexts: int) -> list[int]:
    watch = LagWatch(journal)  # type: ignore[arg-type] # It is enough of a log.

    async def look() -> list[int]:
        return [await watch.records(PARTITION, next_) for next_ in nexts]

    return asyncio.run(look())


def test_nothing_waits_at_the_end() -> None:
    assert looks(Journal(5, 4), 5, 6) == [0, 0]


def test_while_things_move_marks_count_as_records() -> None:
    journal = Journal(9, 3, 4, 5, 6, 7)
    assert looks(journal, 3, 5, 7) == [6, 4, 2]
    assert not journal.reads


def test_a_mark_at_the_end_is_nothing_that_waits_and_is_read_once() -> None:
    journal = Journal(9, 7)
    assert looks(journal, 8, 8, 8, 8) == [1, 0, 0, 0]
    assert journal.reads == 1


def test_what_stands_still_and_holds_a_record_waits() -> None:
    assert looks(Journal(9, 8), 8, 8, 8) == [1, 1, 1]
