"""The life of a cycle: claim, gather, decide, apply, commit.

A cycle makes slices of several partitions durable in one Kafka transaction. Whatever fails, there
is one answer: give the transaction up, claim the cycle's partitions again, read on from what is
committed, and run each of them alone until it has succeeded. No path goes on past an unfinished
cycle.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from streams.artifacts import Artifacts, LackingError
from streams.claiming import Claiming, Held, Owned
from streams.codecs import UnreadableError
from streams.cycle import Cycle, Job
from streams.decision import Decision
from streams.folding import FoldFailedError, Memory, failed
from streams.intake import take_in
from streams.lag import LagWatch
from streams.loading import Loading
from streams.metrics import Metrics
from streams.names import Names
from streams.patience import Patience, Pulse
from streams.protocols import (
    ConflictError,
    Consumer,
    Log,
    Message,
    Outbox,
    OutboxError,
    Partition,
    Slice,
    Store,
)
from streams.refolding import RefusedError
from streams.ticker import Clock, Ticker
from streams.waiting import Waiting

LOOK_AFTER_S = 5.0
"""After so long without a slice a partition's owner looks whether its state is still as it was."""

REFUSED_AGAIN_S = 30.0
"""After so long a refused partition is claimed again: a person may have mended what was wrong."""

STEP_S_MAX = 60.0
"""Longer than any step's own deadline, so that whoever exceeds it hangs."""

LACKING_AGAIN_S = 1.0
"""After so long an artifact that a partition waits for is looked for again."""

_TURN_S = 1.0
_THE_OUTBOX = "the outbox"

_log = structlog.get_logger("penstock.engine")


@dataclass(frozen=True, slots=True)
class Rules:
    """What the engine is told by the settings."""

    names: Names
    clock: Clock
    cached_users_max: int
    stuck_after_s: float


class Engine:
    """Turns slices into durable outcomes, one cycle after another."""

    def __init__(
        self,
        rules: Rules,
        consumer: Consumer,
        log: Log,
        store: Store,
        outbox: Outbox,
        artifacts: Artifacts,
        metrics: Metrics,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._rules, self._names = rules, rules.names
        self._consumer, self._log, self._store, self._outbox = consumer, log, store, outbox
        self._artifacts, self._metrics, self._now = artifacts, metrics, now
        self._pulse = Pulse(rules.stuck_after_s + STEP_S_MAX)
        self._claiming = Claiming(
            consumer, log, store, rules.names, rules.cached_users_max, self._pulse.beat, artifacts
        )
        self._ticker = Ticker(rules.clock, rules.names, log, now)
        self._lag = LagWatch(log)
        self._patience = Patience(rules.stuck_after_s)
        self._waiting = Waiting()
        self._ours: set[Partition] = set()
        self._to_claim: dict[Partition, float] = {}
        self._owned: dict[Partition, Owned] = {}
        self._refused: dict[Partition, str] = {}
        self._lacking: dict[Partition, LackingError] = {}
        self._is_sealed = False
        self._stopping = False

    async def offer(self, slice_: Slice) -> None:
        """Take a slice in; waits while the engine is behind."""
        await self._waiting.put(slice_)

    def assigned(self, partitions: Iterable[Partition]) -> None:
        """Learn that partitions are ours now; each is claimed before its first slice."""
        ours = frozenset(partitions)
        self._ours |= ours
        self._claim_soon(ours, self._time())

    def revoked(self, partitions: Iterable[Partition]) -> None:
        """Learn that partitions are ours no more, and forget all about them."""
        for partition in partitions:
            self._ours.discard(partition)
            self._to_claim.pop(partition, None)
            self._owned.pop(partition, None)
            self._refused.pop(partition, None)
            self._lacking.pop(partition, None)
            self._patience.succeeded(partition)
            self._metrics.forget(partition)

    @property
    def troubles(self) -> list[str]:
        """List what keeps partitions that are ours from being read; nothing if all is well."""
        refused = [f"{_named(partition)}: {why}" for partition, why in self._refused.items()]
        lacking = [f"{_named(own)}: waits for {what}" for own, what in self._lacking.items()]
        claiming = sorted(self._to_claim.keys() - self._refused.keys() - self._lacking.keys())
        being_claimed = [f"{_named(partition)}: being claimed" for partition in claiming]
        return [*refused, *lacking, *being_claimed]

    @property
    def states(self) -> list[int]:
        """List the journal partitions whose state is ours."""
        return [partition.number for partition, own in self._owned.items() if own.held is not None]

    async def look_at_lag(self) -> None:
        """Tell the metrics what waits behind each partition that is ours."""
        now_ms = self._now().timestamp() * 1_000
        for partition, own in list(self._owned.items()):
            waiting = await self._lag.records(partition, own.next)
            self._metrics.lagging(partition, waiting, now_ms, is_state=own.held is not None)

    def stop(self) -> None:
        """End after the cycle that runs."""
        self._stopping = True
        self._waiting.arrived.set()

    async def run(self) -> None:
        """Run cycles until told to stop; StuckError when no progress is possible."""
        running = asyncio.ensure_future(self._run())
        try:
            while not running.done():
                await asyncio.wait({running}, timeout=_TURN_S)
                self._pulse.check()
            await running
        finally:
            running.cancel()

    async def _run(self) -> None:
        while not self._stopping:
            self._pulse.beat()
            next_claim = min(self._to_claim.values(), default=self._time() + _TURN_S)
            pause_s = min(_TURN_S, max(0.0, next_claim - self._time()))
            with suppress(TimeoutError):  # Nothing came; days may have passed all the same.
                await asyncio.wait_for(self._waiting.arrived.wait(), pause_s)
            self._waiting.arrived.clear()
            if not self._stopping:
                await self._turn()

    async def _turn(self) -> None:
        """Claim what is to be claimed, then run one cycle."""
        if not await self._seal():
            return
        await self._claim_due()
        await self._look_after_idle()
        await self._ticker.look()
        slices = self._waiting.take(self._patience.is_on_trial)
        cycle = Cycle({slice_.partition for slice_ in slices})
        try:
            await self._carry_out(cycle, slices)
        except Exception as error:  # noqa: BLE001 - Unknown outcomes have the same one answer.
            await self._begin_again(cycle, _root(error))
        if self._waiting:
            self._waiting.arrived.set()

    # 1. Claim.

    async def _seal(self) -> bool:
        """Renew the outbox after it failed: until then, what is committed may still change."""
        if self._is_sealed:
            return True
        try:
            await self._outbox.renew()
        except OutboxError as error:
            _log.warning("outbox not renewed", detail=str(error)[:300])
            again_at = self._patience.failed(_THE_OUTBOX, self._time(), error)
            await asyncio.sleep(again_at - self._time())
            self._waiting.arrived.set()
            return False
        self._patience.succeeded(_THE_OUTBOX)
        self._is_sealed = True
        return True

    def _claim_soon(self, partitions: Iterable[Partition], at_s: float) -> None:
        # Whoever noticed that something is wrong may have waited while it became another's, and to
        # claim that would take its state away from the owner, whose generation is ours.
        for partition in self._ours.intersection(partitions):
            self._owned.pop(partition, None)
            self._to_claim[partition] = at_s
        self._waiting.arrived.set()

    async def _claim_due(self) -> None:
        """Claim, one after another, what is due; one that fails holds up no other."""
        for partition in sorted(self._to_claim):
            if self._to_claim.get(partition, self._time() + 1) <= self._time():
                await self._claim(partition)
                self._pulse.beat()

    async def _claim(self, partition: Partition) -> None:
        due_at = self._to_claim[partition]
        try:
            await self._look_for_lacking(partition)
            own = await self._claiming.claim(partition)
        except LackingError as error:
            await self._wait(partition, error)
            return
        except (RefusedError, UnreadableError) as error:
            await self._refuse(partition, str(error))
            return
        except Exception as error:  # noqa: BLE001 - Whatever it is, nothing of it may be relied on.
            reason = _root(error)
            self._note_failure(reason)
            if partition in self._to_claim:
                again_at = self._patience.failed(partition, self._time(), reason)
                self._to_claim[partition] = again_at
            return
        # Meanwhile it may have been revoked, or assigned anew.
        still_due = self._to_claim.get(partition) == due_at
        if still_due and own.membership == self._consumer.membership():
            del self._to_claim[partition]
            self._refused.pop(partition, None)
            own.well_at_s = self._time()
            self._owned[partition] = own

    async def _refuse(self, partition: Partition, why: str) -> None:
        """Leave a partition unread, and say what a person has to do."""
        await self._consumer.pause(partition)
        if partition not in self._to_claim:
            return
        self._to_claim[partition] = self._time() + REFUSED_AGAIN_S
        if self._refused.get(partition) != why:
            self._refused[partition] = why
            _log.error("refused", topic=partition.topic, partition=partition.number, why=why)

    async def _wait(self, partition: Partition, lacking: LackingError) -> None:
        """Leave a partition unread until its artifact is there; nothing of it is folded before."""
        await self._consumer.pause(partition)
        if partition not in self._ours:
            return
        self._refused.pop(partition, None)
        self._claim_soon([partition], self._time() + LACKING_AGAIN_S)
        if str(self._lacking.get(partition)) != str(lacking):
            _log.warning("waits", partition=partition.number, until_there_is=str(lacking))
        self._lacking[partition] = lacking
        self._metrics.waits(partition, is_waiting=True)

    async def _look_for_lacking(self, partition: Partition) -> None:
        """Make sure that what a partition waits for is there; LackingError if not yet."""
        if (lacking := self._lacking.get(partition)) is not None:
            await self._artifacts.give([lacking.named])
            if self._lacking.pop(partition, None) is not None:
                self._metrics.waits(partition, is_waiting=False)
                _log.info("waits no more", partition=partition.number, found=str(lacking.named))

    async def _look_after_idle(self) -> None:
        """Make sure of states that no slice has touched for a while: Redis may have lost them."""
        now_s = self._time()
        for partition, own in list(self._owned.items()):
            if now_s - own.well_at_s < LOOK_AFTER_S:
                continue
            try:
                if own.held is not None:
                    await self._store.load(partition.number, own.held.token, own.next, ())
            except ConflictError as error:
                self._note_failure(error)
                self._claim_soon([partition], now_s)
            except Exception as error:  # noqa: BLE001 - The store does not answer.
                self._note_failure(_root(error))
                self._claim_soon([partition], self._patience.failed(partition, now_s, error))
            else:
                self._succeeded(partition, own)

    # 2. Gather.

    def _gather(self, slices: Iterable[Slice]) -> Iterator[tuple[Slice, Owned]]:
        """Keep the slices that go on exactly where their partition stands."""
        for slice_ in slices:
            own = self._owned.get(slice_.partition)
            if own is None or slice_.membership != own.membership or slice_.session < own.session:
                continue  # Fetched before the claim: what matters of it is fetched anew.
            if slice_.session != own.session or slice_.index != own.index + 1:
                self._claim_soon([slice_.partition], self._time())
                continue
            own.index += slice_.indexes
            yield slice_, own

    # 3. Decide.

    async def _decide(self, slice_: Slice, own: Owned) -> Decision:
        partition, held = slice_.partition, own.held
        if held is None:
            return take_in(self._names, partition, slice_.records)
        loading = Loading(self._store, self._names, partition, held.token, self._artifacts)
        while True:
            try:
                return await loading.fold(own.next, held.memory, slice_.records, held.skipped)
            except FoldFailedError as error:
                _log.error("fold failed", partition=partition.number, exc_info=error.__cause__)
                held.skipped |= failed(error.offset)
                # What was folded so far is void, and is folded again without that entry.
                rows = await self._store.load_shared(partition.number, held.token, own.next)
                held.memory = Memory(rows, self._rules.cached_users_max)

    # 4. Apply, and 5. commit.

    async def _carry_out(self, cycle: Cycle, slices: list[Slice]) -> None:
        """Make the slices durable, all or none.

        1. Claim: done before, for every partition that has a slice here.
        2. Gather what goes on where each partition stands.
        3. Decide: the only step with a rule in it.
        4. Apply: outputs into the open transaction and states into the store, side by side, and
           while the next slice is decided. Until the commit nobody sees any of it.
        5. Commit: offsets join the transaction. Only now has any of it happened.
        """
        async with asyncio.TaskGroup() as side_by_side:
            applying: list[asyncio.Task[None]] = []
            for slice_, own in self._gather(slices):
                try:
                    with self._timed("decide"):
                        job = Job(slice_, own, await self._decide(slice_, own))
                except LackingError as error:
                    await self._wait(slice_.partition, error)
                    continue
                cycle.jobs.append(job)
                self._pulse.beat()
                applying += map(side_by_side.create_task, self._effects(job))
                await asyncio.sleep(0)  # Let them begin before the next slice is decided.
            if ticks := self._tick(cycle):
                applying.append(side_by_side.create_task(self._outbox.send(ticks)))
            with self._timed("apply"):
                await asyncio.gather(*applying)
        if cycle.owners:
            with self._timed("commit"):
                # Of a partition revoked meanwhile, the broker decides whether it is too late.
                await self._outbox.commit(cycle.offsets, cycle.membership)
            self._committed(cycle)

    def _effects(self, job: Job) -> Iterator[Coroutine[Any, Any, None]]:
        yield self._outbox.send(job.decision.messages)
        if job.decision.writes is not None and job.own.held is not None:
            number, token = job.partition.number, job.own.held.token
            span, writes = (job.own.next, job.slice.next), job.decision.writes
            yield self._store.apply(number, token, *span, writes)

    def _tick(self, cycle: Cycle) -> list[Message]:
        """Give the days that are over, of the journal partitions that are ours."""
        membership = cycle.jobs[0].own.membership if cycle.jobs else self._consumer.membership()
        messages: list[Message] = []
        for partition, own in self._owned.items():
            if own.held is None or own.membership != membership:
                continue
            if over := self._over(partition, own.held):
                cycle.ticked[partition] = own
                cycle.partitions.add(partition)
                messages += over
        return messages

    def _over(self, partition: Partition, held: Held) -> list[Message]:
        shared = held.memory.shared
        return self._ticker.messages(partition.number, shared, held.newest_ms, held.ticked)

    def _committed(self, cycle: Cycle) -> None:
        for job in cycle.jobs:
            job.own.next = job.slice.next
            held, writes = job.own.held, job.decision.writes
            if held is not None and writes is not None:
                held.memory.written(writes)
                held.newest_ms = max(held.newest_ms, job.last.timestamp)
            self._metrics.count(job.partition, job.decision.tally, job.last.timestamp)
        for partition in cycle.partitions & self._owned.keys():
            self._succeeded(partition, self._owned[partition])

    def _succeeded(self, partition: Partition, own: Owned) -> None:
        own.well_at_s = self._time()
        self._patience.succeeded(partition)

    # Whatever fails.

    async def _begin_again(self, cycle: Cycle, reason: BaseException) -> None:
        """Give up what is open, and claim the cycle's partitions again, a little later."""
        self._note_failure(reason)
        self._is_sealed = False
        undone = cycle.partitions & self._owned.keys()
        for partition in undone:
            again_at = self._patience.failed(partition, self._time(), reason)
            self._claim_soon([partition], again_at)
            # Only of a partition that was alone is it known that this is its own fault.
            if isinstance(reason, UnreadableError) and len(undone) == 1:
                await self._refuse(partition, str(reason))

    def _note_failure(self, reason: BaseException) -> None:
        if isinstance(reason, MemoryError):
            raise reason  # A worker that has no room left gets no further by trying again.
        self._metrics.failed(type(reason).__name__)
        _log.warning("to be done again", reason=type(reason).__name__, detail=str(reason)[:300])

    def _time(self) -> float:
        return asyncio.get_running_loop().time()

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        with self._metrics.stages.labels(stage).time():
            yield


def _named(partition: Partition) -> str:
    return f"{partition.topic}[{partition.number}]"


def _root(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
