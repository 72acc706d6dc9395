"""Loading what a slice of the journal touches, and folding it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.refusals import Refusal
from streams.artifacts import Artifacts, needed
from streams.decision import Decision
from streams.folding import Memory, fold_slice, read_slice
from streams.names import Names
from streams.protocols import Partition, Record, Store, Token


@dataclass(frozen=True, slots=True)
class Loading:
    """A journal partition's state in the store, as its owner reads it."""

    store: Store
    names: Names
    partition: Partition
    token: Token
    artifacts: Artifacts

    async def memory(self, watermark: int, users_max: int) -> Memory:
        """Begin to remember, with what the partition's users share."""
        rows = await self.store.load_shared(self.partition.number, self.token, watermark)
        return Memory(rows, users_max)

    async def fold(
        self,
        watermark: int,
        memory: Memory,
        records: Sequence[Record],
        skipped: Mapping[int, Refusal],
    ) -> Decision:
        """Load the users that are not remembered, and fold the records.

        LackingError, before anything is folded, where an artifact cannot be had that these need.
        """
        number = self.partition.number
        read = read_slice(records, skipped)
        wanted = needed(memory.shared.activated, (entry for _, entry in read.entries))
        memory.shared.artifacts = await self.artifacts.give(wanted)
        by_bucket = {
            bucket: set(await self.store.users_of_bucket(number, self.token, watermark, bucket))
            for bucket in read.buckets
        }
        touched = {*read.users, *(name for members in by_bucket.values() for name in members)}
        if missing := memory.missing(sorted(touched)):
            memory.add(await self.store.load(number, self.token, watermark, missing))
        return fold_slice(self.names, self.partition, read, memory, by_bucket)
