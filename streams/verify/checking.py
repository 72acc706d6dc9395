"""Holding one partition's state against its journal, from outside and while its owner goes on."""

import random
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from schemas.ids import BUCKETS, bucket_of
from streams.artifacts import Artifacts
from streams.claiming import FOLD
from streams.codecs import LAYOUT
from streams.errors import MendableError
from streams.names import Names
from streams.protocols import Identity, Log, Partition, Parts, Peeked, StoreFromOutside
from streams.refolding import skip_list
from streams.verify.comparing import Comparing
from streams.verify.differences import Difference

Told = Callable[[int], Awaitable[None]]
"""Hears now and then how many records were read since, and may wait as long as it likes."""


async def _at_once(_records: int) -> None:
    """Go on without a pause."""


class CheckError(MendableError):
    """A partition cannot be held against its journal."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose state is looked at: everybody's, that of at most so many users, or one user's."""

    buckets: Sequence[int] = range(BUCKETS)
    users_max: int | None = None
    user: str | None = None

    @classmethod
    def of_user(cls, user: str) -> "Scope":
        """Look at one user alone."""
        return cls([bucket_of(user)], user=user)

    @classmethod
    def of_some(cls, users_max: int) -> "Scope":
        """Look at a few users, others each time."""
        return cls(random.sample(range(BUCKETS), BUCKETS), users_max)

    @property
    def is_all(self) -> bool:
        """Say whether nobody is left out."""
        return self.user is None and self.users_max is None

    def within(self, peeked: Peeked, users_before: int) -> Peeked:
        """Leave out whoever is not to be looked at."""
        names = sorted(peeked.users)
        if self.user is not None:
            names = [name for name in names if name == self.user]
        if self.users_max is not None:
            names = names[: self.users_max - users_before]
        users = {name: peeked.users[name] for name in names}
        return Peeked(peeked.watermark, peeked.identity, users, peeked.shared)


@dataclass(slots=True)
class Checked:
    """What was looked at in a partition, and what was found to differ."""

    partition: int
    users: int = 0
    records: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def is_damaged(self) -> bool:
        """Say whether making the partition again would mend something."""
        return any(one.is_damage for one in self.differences)


@dataclass(frozen=True, slots=True)
class Check:
    """Compares partitions: each bucket is read at one moment, and compared at its own watermark."""

    log: Log
    store: StoreFromOutside
    names: Names
    artifacts: Artifacts
    told: Told = _at_once

    async def run(self, number: int, scope: Scope) -> Checked:
        """Give what differs in a partition; CheckError where that cannot be known."""
        partition = Partition(self.names.journal, number)
        by_bucket = await self._peek(partition, scope)
        checked, chosen = Checked(number), _chosen(scope, by_bucket)
        if chosen == frozenset():
            return checked
        skipped = await skip_list(self.log, self.names, partition)
        comparing = Comparing(self.names, partition, skipped, self.artifacts, chosen)
        stops = sorted({one.watermark for one in by_bucket.values()})
        async for records in self.log.read(partition, 0, stops[-1]):
            checked.records += len(records)
            left = records
            while stops[0] <= left[-1].offset:
                at = bisect_left(left, stops[0], key=lambda record: record.offset)
                await comparing.take(left[:at])
                await self._compare(comparing, by_bucket, stops.pop(0), checked)
                left = left[at:]
            await comparing.take(left)
            await self.told(len(records))
        for stop in stops:
            await self._compare(comparing, by_bucket, stop, checked)
        return checked

    async def size(self, number: int) -> int:
        """Give about how many records a check of a partition reads."""
        return await self.log.committed(Partition(self.names.journal, number)) or 0

    async def _peek(self, partition: Partition, scope: Scope) -> dict[int, Peeked]:
        committed = await self.log.committed(partition)
        if committed is None:
            raise CheckError("no offset is committed; run: penstock topics apply --execute")
        if start := await self.log.start(partition):
            raise CheckError(
                f"the journal begins at {start}: there is nothing to hold the state against"
            )
        identity = Identity(await self.log.topic_id(self.names.journal), LAYOUT, FOLD)
        found: dict[int, Peeked] = {}
        rows: Parts = {}
        users = 0
        for bucket in scope.buckets:
            peeked = await self.store.peek(partition.number, committed, bucket)
            usable = _usable(partition, peeked, identity)
            # Every bucket comes with all that is shared, and little of that changes meanwhile.
            rows = _kept_once(usable.shared, rows)
            found[bucket] = scope.within(replace(usable, shared=rows), users)
            users += len(found[bucket].users)
            if users == scope.users_max:
                break
        return found

    async def _compare(
        self, comparing: Comparing, by_bucket: dict[int, Peeked], stop: int, checked: Checked
    ) -> None:
        here = {bucket: one for bucket, one in by_bucket.items() if one.watermark == stop}
        # Buckets of one watermark were read one after another, so the rows may differ in one only.
        rows = (one for peeked in here.values() for one in comparing.rows(peeked))
        checked.differences += dict.fromkeys(rows)
        for bucket, peeked in here.items():
            checked.users += len(peeked.users)
            for differences in comparing.users(bucket, peeked):
                checked.differences += differences
                await self.told(0)


def _usable(partition: Partition, peeked: Peeked | None, identity: Identity) -> Peeked:
    name = f"{partition.topic}[{partition.number}]"
    if peeked is None:
        raise CheckError(f"{name} has no state; start a worker, which makes it")
    if peeked.identity != identity:
        raise CheckError(
            f"{name}: its state was made by another build, or from another journal of the same "
            "name; run the build that made it"
        )
    return peeked


def _kept_once(rows: Parts, known: Parts) -> Parts:
    """Give the rows, of which those that are equal to known ones take no room of their own."""
    return {name: known[name] if known.get(name) == row else row for name, row in rows.items()}


def _chosen(scope: Scope, by_bucket: dict[int, Peeked]) -> frozenset[str] | None:
    if scope.is_all and len(by_bucket) == BUCKETS:
        return None
    named = {scope.user} if scope.user is not None else set()
    return frozenset({user for one in by_bucket.values() for user in one.users} | named)
