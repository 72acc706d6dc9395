"""What was fetched of a partition, and the records in it, a slice at a time."""

# ruff: noqa: SLF001 - To stand in for the inside of aiokafka is what this file is for.

from collections.abc import Iterator
from itertools import dropwhile, islice
from typing import Any

from aiokafka.consumer.fetcher import READ_COMMITTED, FetchError, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.structs import TopicPartition

from streams.protocols import Record


def drain(fetcher: Any, partition: TopicPartition, records_max: int) -> list[Record]:
    """Take the next records of what was fetched of a partition, and ask for more once it is spent.

    aiokafka 0.14 does so record by record, and wraps each in one of its own, which costs as much
    again as unpacking them.
    """
    found: Any = fetcher._records.pop(partition, None)
    if found is None:
        return []
    is_refusal = isinstance(found, FetchError)
    records: list[Record] = []
    if not is_refusal and found.check_assignment(partition):
        # Should this raise, nothing was taken: the same is fetched anew.
        records = _take(found, records_max)
        if found.has_more():
            fetcher._records[partition] = found
            return records
    fetcher._notify(fetcher._wait_consume_future)
    if is_refusal:
        found.check_raise()
    return records


def _take(found: Any, records_max: int) -> list[Record]:
    unpacking = found._partition_records
    if isinstance(unpacking, PartitionRecords):
        unpacking = found._partition_records = Unpacking(unpacking)
    records: list[Record] = unpacking.take(records_max)
    found._update_position()
    if unpacking.is_spent:
        found._partition_records = None
    return records


class Unpacking:
    """Records in the order of the log, without aborted ones and the marks of transactions.

    Stands in a FetchResult where aiokafka 0.14 has its PartitionRecords, of which it takes what
    was fetched, and how to tell what was aborted.
    """

    def __init__(self, fetched: PartitionRecords) -> None:
        self._fetched: Any = fetched
        self._batch: Any = None
        self._left: Iterator[Record] = iter(())
        self.is_spent = False
        self.next_fetch_offset: int = fetched.next_fetch_offset
        """Where to read on: after what was taken, and after what is never handed out."""

    def take(self, records_max: int) -> list[Record]:
        """Give the next records, at most so many; fewer only if that is all."""
        records: list[Record] = []
        while not self.is_spent and len(records) < records_max:
            taken = len(records)
            records += islice(self._left, records_max - taken)
            if len(records) > taken:
                self.next_fetch_offset = records[-1].offset + 1
            if self._batch is None or len(records) < records_max or self._is_at_its_end:
                self._open_next()
        return records

    @property
    def _is_at_its_end(self) -> bool:
        return bool(self.next_fetch_offset == self._batch.next_offset)

    def _open_next(self) -> None:
        """Leave a batch behind, with whatever compaction took of its end; open the next one."""
        if self._batch is not None:
            self.next_fetch_offset = self._batch.next_offset
        self._batch = self._next_batch()
        if self._batch is None:
            self.is_spent = True
            return
        begin = self.next_fetch_offset
        # A broker gives whole batches: the first may begin before where we read on.
        self._left = dropwhile(lambda record: record.offset < begin, self._batch)

    def _next_batch(self) -> Any:
        """Give the next batch that readers may see."""
        fetched = self._fetched
        while fetched._records.has_next():
            batch: Any = fetched._records.next_batch()
            if fetched._check_crcs and not batch.validate_crc():
                raise CorruptRecordException(f"Invalid CRC - {fetched._tp}")
            if not self._is_hidden(batch):
                return batch
            self.next_fetch_offset = batch.next_offset
        return None

    def _is_hidden(self, batch: Any) -> bool:
        """Say whether a batch is a mark, or was aborted; a mark ends what it aborts."""
        fetched = self._fetched
        if fetched._isolation_level == READ_COMMITTED and batch.producer_id is not None:
            fetched._consume_aborted_up_to(batch.base_offset)
            if batch.is_control_batch and fetched._contains_abort_marker(batch):
                fetched._aborted_producers.discard(batch.producer_id)
            if batch.is_transactional and batch.producer_id in fetched._aborted_producers:
                return True
        return bool(batch.is_control_batch)
