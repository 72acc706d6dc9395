"""Pieces of a partition's log, as a broker hands them to a fetch: batches, marks, gaps."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.record.control_record import ABORT_MARKER, COMMIT_MARKER
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c
from aiokafka.structs import TopicPartition

NO_PRODUCER = -1
LZ4 = 3
_CONTROL = 0x20
_WRITTEN_MS = 1_700_000_000_000
# Where these stand in the head of a batch.
_CRC, _ATTRIBUTES, _LAST_OFFSET = slice(17, 21), slice(21, 23), slice(23, 27)


@dataclass(slots=True)
class FetchedLog:
    """A partition's log in the making, with what the broker tells of aborted transactions."""

    batches: list[bytes] = field(default_factory=list)
    aborted: list[tuple[int, int, int]] = field(default_factory=list)
    end: int = 0
    _open: dict[int, int] = field(default_factory=dict)

    def add(self, kept: Sequence[bool], producer: int = NO_PRODUCER, codec: int = 0) -> None:
        """Add a batch; compaction has left what is *kept* of its records."""
        if producer != NO_PRODUCER:
            self._open.setdefault(producer, self.end)
        builder = _builder(producer, codec)
        for delta, is_kept in enumerate(kept):
            if is_kept:
                offset = self.end + delta
                headers = [("n", b"%d" % offset), ("none", None)][: offset % 3]
                builder.append(delta, _WRITTEN_MS + offset, b"k", b"%d" % offset, headers)
        self._append(builder, 0, len(kept))

    def mark(self, producer: int, *, is_abort: bool) -> None:
        """End a producer's transaction."""
        begin = self._open.pop(producer, None)
        if is_abort and begin is not None:
            self.aborted.append((producer, begin, self.end))
        builder = _builder(producer, 0)
        marker = ABORT_MARKER if is_abort else COMMIT_MARKER
        key = marker.version.to_bytes(2, "big") + marker.type_.to_bytes(2, "big")
        builder.append(0, _WRITTEN_MS, key, b"", [])
        self._append(builder, _CONTROL, 1)

    def _append(self, builder: Any, attributes: int, count: int) -> None:
        batch = builder.build()
        batch[:8] = self.end.to_bytes(8, "big")
        batch[_ATTRIBUTES] = (batch[22] | attributes).to_bytes(2, "big")
        batch[_LAST_OFFSET] = (count - 1).to_bytes(4, "big")
        batch[_CRC] = calc_crc32c(bytes(batch[_ATTRIBUTES.start :])).to_bytes(4, "big")
        self.batches.append(bytes(batch))
        self.end += count

    def fetched(self, begin: int, partition: TopicPartition) -> PartitionRecords:
        """Give what a fetch from *begin* brings: whole batches, the first of which holds it."""
        ends = [
            int.from_bytes(b[:8], "big") + int.from_bytes(b[23:27], "big") for b in self.batches
        ]
        piece = b"".join(b for b, end in zip(self.batches, ends, strict=True) if end >= begin)
        records: Any = PartitionRecords
        fetched: PartitionRecords = records(
            partition,
            MemoryRecords(piece),
            [(producer, first) for producer, first, last in self.aborted if last >= begin],
            begin,
            key_deserializer=None,
            value_deserializer=None,
            check_crcs=True,
            isolation_level=READ_COMMITTED,
        )
        return fetched


def _builder(producer: int, codec: int) -> Any:
    is_transactional = int(producer != NO_PRODUCER)
    return DefaultRecordBatchBuilder(2, codec, is_transactional, producer, 0, 0, 1 << 20)
