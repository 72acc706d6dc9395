"""The life of a cycle: claim, gather, decide, apply, commit.

A cycle makes slices of several partitions durable in one Kafka transaction. Whatever fails, there
is one answer: give the transaction up, claim the partitions again, and read on from what is
committed. No path goes on past an unfinished cycle.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, NamedTuple
from uuid import uuid4

import structlog

from processors.state.shared import Shared
from schemas.journal import DayPassed
from schemas.refusals import Refusal
from streams import ticker
from streams.codecs import LAYOUT
from streams.decision import Decision
from streams.folding import FoldFailedError, Memory, failed
from streams.intake import take_in
from streams.journal import own_message
from streams.loading import Loading
from streams.metrics import Metrics
from streams.names import Names
from streams.protocols import (
    ConflictError,
    Consumer,
    Identity,
    Log,
    Membership,
    Message,
    Outbox,
    OutboxError,
    Ownership,
    Partition,
    Record,
    Slice,
    Store,
    Token,
)
from streams.refolding import Refolding, RefusedError, skip_list

FOLD = 1
"""The fold's version: raised when a change of rules makes old state unreadable or wrong."""

_log = structlog.get_logger("penstock.engine")


@dataclass(slots=True)
class Owned:
    """A partition that was claimed: where it stands, and what its owner remembers."""

    membership: Membership
    next: int
    session: int = -1
    index: int = -1
    token: Token | None = None
    memory: Memory | None = None
    skipped: dict[int, Refusal] = field(default_factory=dict)
    ticked: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the engine is told by the settings."""

    names: Names
    clock: Literal["wall", "data"]
    cached_users_max: int
    stuck_after_s: float


@dataclass(slots=True)
class Job:
    """A slice on its way through a cycle."""

    slice: Slice
    own: Owned
    records: Sequence[Record]
    decision: Decision | None = None


class Tick(NamedTuple):
    """Days that are over for a journal partition, about to be written to it."""

    partition: Partition
    own: Owned
    messages: list[Message]


class StuckError(Exception):
    """The worker could not make progress; it must end, so that another can."""


class Engine:
    """Turns slices into durable outcomes, one cycle after another."""

    def __init__(
        self,
        rules: Rules,
        consumer: Consumer,
        log: Log,
        store: Store,
        outbox: Outbox,
        metrics: Metrics,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._rules = rules
        self._names = rules.names
        self._consumer, self._log, self._store, self._outbox = consumer, log, store, outbox
        self._metrics, self._now = metrics, now
        self._waiting: deque[Slice] = deque()
        self._arrived = asyncio.Event()
        self._room = asyncio.Semaphore(64)
        self._to_claim: set[Partition] = set()
        self._owned: dict[Partition, Owned] = {}
        self._topic_ids: dict[str, str] = {}
        self._failing_since: float | None = None
        self._stopping = False

    async def offer(self, slice_: Slice) -> None:
        """Take a slice in; waits while the engine is behind."""
        await self._room.acquire()
        self._waiting.append(slice_)
        self._arrived.set()

    def assigned(self, partitions: Iterable[Partition]) -> None:
        """Learn that partitions are ours now; each is claimed before its first slice."""
        self._to_claim.update(partitions)
        self._arrived.set()

    def revoked(self, partitions: Iterable[Partition]) -> None:
        """Learn that partitions are ours no more, and forget all about them."""
        for partition in partitions:
            self._to_claim.discard(partition)
            self._owned.pop(partition, None)

    @property
    def claimed(self) -> bool:
        """Say whether every assigned partition is claimed."""
        return not self._to_claim

    async def look_at_lag(self) -> None:
        """Tell the metrics how many records wait behind each partition that is ours."""
        for partition, own in list(self._owned.items()):
            self._metrics.lagging(partition, await self._log.end(partition) - own.next)

    def stop(self) -> None:
        """End after the cycle that runs."""
        self._stopping = True
        self._arrived.set()

    async def run(self) -> None:
        """Run cycles until told to stop; StuckError when no progress is possible."""
        while not self._stopping:
            with suppress(TimeoutError):  # Nothing came; days may have passed all the same.
                await asyncio.wait_for(self._arrived.wait(), timeout=1.0)
            self._arrived.clear()
            if not self._stopping:
                await self._turn()

    async def _turn(self) -> None:
        slices = self._next_slices()
        is_idle = not slices and not self._to_claim
        try:
            await self._claim_assigned()
            # Claims that succeed between cycles that fail are no progress.
            if await self._cycle(slices) or is_idle:
                self._failing_since = None
        except (asyncio.CancelledError, MemoryError, StuckError):
            raise
        except Exception as error:  # noqa: BLE001 - Unknown outcomes have the same one answer.
            await self._begin_again(error)
        if self._waiting or self._to_claim:
            self._arrived.set()

    def _next_slices(self) -> list[Slice]:
        """Take at most one slice a partition, all of one membership, in the order they came."""
        chosen: dict[Partition, Slice] = {}
        later: deque[Slice] = deque()
        for slice_ in self._waiting:
            first = next(iter(chosen.values()), slice_)
            if slice_.partition in chosen or slice_.membership != first.membership:
                later.append(slice_)
            else:
                chosen[slice_.partition] = slice_
                self._room.release()
        self._waiting = later
        return list(chosen.values())

    # 1. Claim.

    async def _claim_assigned(self) -> None:
        while self._to_claim:
            await self._claim(min(self._to_claim))

    async def _claim(self, partition: Partition) -> None:
        """Make sure of a partition: where it stands, that it is ours, and that state agrees.

        Meanwhile it may be revoked, or assigned anew, for which all that was found is void.
        """
        self._owned.pop(partition, None)
        self._to_claim.add(partition)  # Until all has gone well.
        own = Owned(self._consumer.membership(), next=-1)
        try:
            own.next = await self._standing(partition)
            if partition.topic == self._names.journal:
                await self._claim_state(partition, own)
        except RefusedError as error:
            await self._consumer.pause(partition)
            if own.membership == self._consumer.membership():
                self._to_claim.discard(partition)
            _log.error("refused", topic=partition.topic, partition=partition.number, why=str(error))
            return
        # Only what is fetched from here on is known to begin where the partition stands.
        own.session = await self._consumer.seek(partition, own.next)
        if partition in self._to_claim and own.membership == self._consumer.membership():
            self._to_claim.discard(partition)
            self._owned[partition] = own

    async def _standing(self, partition: Partition) -> int:
        """Give the committed offset, if the log still reaches back to it."""
        committed = await self._log.committed(partition)
        if committed is None:
            raise RefusedError(
                "no offset is committed, so where to begin is unknown; "
                "run: penstock topics apply --execute"
            )
        start = await self._log.start(partition)
        if committed < start:
            raise RefusedError(
                f"the log begins at {start}, and {committed} comes next: what lies between has "
                "expired unread; commit an offset on purpose with Kafka's consumer-groups tool"
            )
        return committed

    async def _claim_state(self, partition: Partition, own: Owned) -> None:
        token = Token(await self._store.epoch(), own.membership.generation, uuid4().hex)
        if not await self._store.own(partition.number, token):
            raise ConflictError(f"a later generation owns {partition}")
        identity = Identity(await self._topic_id(), LAYOUT, FOLD)
        found = await self._store.claim(partition.number, token, own.next, identity)
        if found.ownership is Ownership.FENCED:
            raise ConflictError(f"{partition} was taken over while it was claimed")
        own.token, own.skipped = token, await skip_list(self._log, self._names, partition)
        if found.ownership in {Ownership.MISSING, Ownership.BEHIND}:
            refolding = Refolding(self._log, self._store, self._names, partition, token)
            await refolding.run(identity, found, own.next, own.skipped)
        elif found.ownership not in {Ownership.EQUAL, Ownership.ROLLED_BACK}:
            raise RefusedError.of(found, own.next)
        rows = await self._store.load_shared(partition.number, token, own.next)
        own.memory = Memory(rows, self._rules.cached_users_max)
        _log.info("claimed", partition=partition.number, at=own.next, found=found.ownership.value)

    async def _topic_id(self) -> str:
        journal = self._names.journal
        if journal not in self._topic_ids:
            self._topic_ids[journal] = await self._log.topic_id(journal)
        return self._topic_ids[journal]

    # 2. Gather.

    async def _gather(self, slices: Iterable[Slice]) -> list[Job]:
        """Keep the slices that go on exactly where their partition stands."""
        jobs = []
        for slice_ in slices:
            own = self._owned.get(slice_.partition)
            if own is None or slice_.membership != own.membership or slice_.session < own.session:
                continue  # Fetched before the claim: what matters of it is fetched anew.
            if slice_.session != own.session or slice_.index != own.index + 1:
                await self._claim(slice_.partition)
                continue
            own.index = slice_.index
            records = [record for record in slice_.records if record.offset >= own.next]
            if records:
                jobs.append(Job(slice_, own, records))
        return jobs

    # 3. Decide.

    async def _decide(self, job: Job) -> None:
        partition, own = job.slice.partition, job.own
        if own.memory is None:
            job.decision = take_in(self._names, partition, job.records)
            return
        while job.decision is None:
            assert own.token is not None
            try:
                loading = Loading(self._store, self._names, partition, own.token)
                job.decision = await loading.fold(own.next, own.memory, job.records, own.skipped)
            except FoldFailedError as error:
                _log.error("fold failed", partition=partition.number, exc_info=error.__cause__)
                own.skipped |= failed(error.offset)
                rows = await self._store.load_shared(partition.number, own.token, own.next)
                own.memory = Memory(rows, self._rules.cached_users_max)

    # 4. Apply, and 5. commit.

    async def _cycle(self, slices: list[Slice]) -> bool:
        """Make the slices durable, all or none; False if there was nothing to do.

        1. Claim: done before, for every partition that has a slice here.
        2. Gather what goes on where each partition stands.
        3. Decide: the only step with a rule in it.
        4. Apply: outputs into the open transaction and states into the store, side by side.
        5. Commit: offsets join the transaction. Only now has any of it happened.
        """
        with self._timed("gather"):
            jobs = await self._gather(slices)
        with self._timed("decide"):
            for job in jobs:
                await self._decide(job)
        ticks = self._ticks(jobs)
        if not jobs and not ticks:
            return False
        with self._timed("apply"):
            await self._apply(jobs, [message for tick in ticks for message in tick.messages])
        with self._timed("commit"):
            await self._commit(jobs, ticks)
        return True

    async def _apply(self, jobs: list[Job], ticks: list[Message]) -> None:
        messages = [message for job in jobs for message in decided(job).messages]
        async with asyncio.TaskGroup() as side_by_side:
            side_by_side.create_task(self._outbox.send([*messages, *ticks]))
            for job in jobs:
                if (writes := decided(job).writes) is not None:
                    assert job.own.token is not None
                    side_by_side.create_task(
                        self._store.apply(
                            job.slice.partition.number,
                            job.own.token,
                            job.own.next,
                            job.slice.next,
                            writes,
                        )
                    )

    async def _commit(self, jobs: list[Job], ticks: list[Tick]) -> None:
        offsets = {tick.partition: tick.own.next for tick in ticks}
        offsets |= {job.slice.partition: job.slice.next for job in jobs}
        # Of a partition that was revoked meanwhile, the broker decides whether it is too late.
        memberships = {job.own.membership for job in jobs}
        memberships |= {tick.own.membership for tick in ticks}
        assert len(memberships) == 1  # A cycle holds one generation.
        await self._outbox.commit(offsets, memberships.pop())
        for job in jobs:
            decision = decided(job)
            job.own.next = job.slice.next
            if decision.writes is not None and job.own.memory is not None:
                job.own.memory.written(decision.writes)
            self._metrics.count(job.slice.partition, decision.tally)

    def _ticks(self, jobs: list[Job]) -> list[Tick]:
        """Write down the days that are over, for the journal partitions that we own."""
        ticks = []
        touched = {job.slice.partition for job in jobs}
        membership = jobs[0].own.membership if jobs else self._consumer.membership()
        for partition, own in self._owned.items():
            idle = self._rules.clock == "data" and partition not in touched
            if own.memory is None or idle or own.membership != membership:
                continue
            if messages := self._ticks_of(partition, own):
                ticks.append(Tick(partition, own, messages))
        return ticks

    def _ticks_of(self, partition: Partition, own: Owned) -> list[Message]:
        assert own.memory is not None
        shared: Shared = own.memory.shared
        by_wall = self._rules.clock == "wall"
        day = ticker.wall_day(self._now()) if by_wall else ticker.data_day(shared)
        messages = []
        for bucket, over in ticker.due(shared, day, own.ticked):
            own.ticked[bucket] = over.toordinal()
            identity = (partition.number, bucket, over.isoformat())
            event = DayPassed(bucket=bucket, day=over)
            messages.append(
                own_message(
                    self._names.journal, event, partition.number, identity, "/penstock/ticker"
                )
            )
        return messages

    # Whatever fails.

    async def _begin_again(self, error: BaseException) -> None:
        """Give up what is open, forget what was claimed, and claim it all again."""
        reason = _root(error)
        self._metrics.failed(type(reason).__name__)
        _log.warning("cycle undone", reason=type(reason).__name__, detail=str(reason)[:300])
        now = asyncio.get_running_loop().time()
        self._failing_since = self._failing_since or now
        if now - self._failing_since > self._rules.stuck_after_s:
            raise StuckError(
                f"no progress for {self._rules.stuck_after_s:.0f} s; last: "
                f"{type(reason).__name__}: {reason}"
            )
        try:
            await self._outbox.renew()
        except OutboxError as again:
            _log.warning("outbox not renewed", detail=str(again)[:300])
            await asyncio.sleep(1.0)
        self._to_claim.update(self._owned)
        self._owned.clear()
        self._arrived.set()

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        with self._metrics.stages.labels(stage).time():
            yield


def decided(job: Job) -> Decision:
    """Give the decision of a job that was decided."""
    assert job.decision is not None
    return job.decision


def _root(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
