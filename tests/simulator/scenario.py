"""From a seed to a run: a workload, a plan of faults, a time of trouble, and a time of calm."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import structlog

from sample.dice import Dice
from schemas.topics import ACCOUNTS, FEEDBACK, JOURNAL, SETTINGS, TOPICS, TRANSACTIONS
from streams.engine import LOOK_AFTER_S
from streams.names import Names
from streams.protocols import Partition
from tests.simulator.broker import Broker, PartitionLog
from tests.simulator.checker import check, content, offset_problems
from tests.simulator.disk import Disk
from tests.simulator.faults import AtStep, ByChance, Chances
from tests.simulator.trap import trapped
from tests.simulator.watch import Watch
from tests.simulator.worker import Build, Clock, Surroundings, Worker
from tests.simulator.workload import ARTIFACT, BASE, Workload, activation_messages, policy_messages
from tests.simulator.world import BEGINNING_S, VirtualLoop, World

CAUGHT_UP_WITHIN_S = 60.0
NOTICED_WITHIN_S = LOOK_AFTER_S + 2.0
"""After so long a worker knows what the store has lost, even of a partition where nothing comes."""

INPUT_TOPICS = (TRANSACTIONS, ACCOUNTS, FEEDBACK, SETTINGS)
NAMES = Names()
CLOCKS: tuple[Clock, ...] = ("data", "data", "wall")


@dataclass(slots=True)
class Plan:
    """What a run consists of."""

    topics: dict[str, int]
    workers: int
    records: int
    trouble_s: int
    clock: Clock
    gaps_permille: int
    cached_users_max: int
    marker_s_max: float
    chunk_bytes_max: int
    users_removed_at_once: int
    slice_records_least: int = 1
    pauses_permille: int = 300
    start_ms_max: int = 2_000
    activated_at_ms: int = 0
    published_at_ms: int = 0
    faults: list[str] = field(default_factory=list)

    @classmethod
    def drawn(cls, dice: Dice, *, troubled: bool) -> "Plan":
        """Choose a plan; each seed has its own mix of faults."""
        counts = {topic.name: dice.between(1, 2) for topic in TOPICS}
        journal = dice.between(2, 3)
        trouble_s = dice.between(6, 20)
        faults = []
        if troubled:
            kinds = dice.some_of(tuple(Trouble.KINDS), dice.below(len(Trouble.KINDS)))
            faults = [kind for kind in kinds for _ in range(dice.between(1, 2))]
        return cls(
            topics={**counts, JOURNAL.name: journal, f"{JOURNAL.name}.dlq": journal},
            workers=dice.between(1, 3),
            records=dice.mostly_low(20, 60),
            trouble_s=trouble_s,
            clock=dice.one_of(CLOCKS),
            gaps_permille=dice.one_of((0, 0, 100)),
            cached_users_max=dice.one_of((0, 2, 100, 100)),
            marker_s_max=dice.one_of((0.005, 0.02, 1.5)),
            chunk_bytes_max=dice.one_of((1, 1_000, 1_000_000)),
            users_removed_at_once=dice.one_of((1, 3, 100)),
            activated_at_ms=dice.below(1_000 * trouble_s),
            published_at_ms=dice.below(1_000 * trouble_s),
            faults=faults,
        )


@dataclass(slots=True)
class Run:
    """A run in progress."""

    plan: Plan
    dice: Dice
    world: World
    fates: ByChance | AtStep
    broker: Broker
    disk: Disk
    watch: Watch
    workers: list[Worker] = field(default_factory=list)
    clock_stopped_at: float | None = None

    @property
    def consumed(self) -> list[Partition]:
        """List the partitions that workers share."""
        return sorted(
            Partition(topic.name, number)
            for topic in (*INPUT_TOPICS, JOURNAL)
            for number in range(self.plan.topics[topic.name])
        )

    def now(self) -> datetime:
        """Tell the wall's time, of which a day passes in ten seconds until the calm."""
        at = self.clock_stopped_at or asyncio.get_running_loop().time()
        midnight = datetime(BASE.year, BASE.month, BASE.day, tzinfo=UTC)
        return midnight + timedelta(seconds=(at - BEGINNING_S) * 8_640)

    async def live(self) -> None:
        """Make trouble, then let everything catch up, then judge."""
        loop = asyncio.get_running_loop()
        self.prepare()
        for worker in self.workers:
            loop.call_later(self.dice.below(self.plan.start_ms_max) / 1_000, worker.start)
        trouble = Trouble(self)
        for kind in self.plan.faults:
            at_s = self.dice.between(500, self.plan.trouble_s * 1_000) / 1_000
            loop.call_later(at_s, trouble.make, kind)
        await self.produce()
        await self.calm(trouble)
        await self.catch_up()
        await check(self)

    def prepare(self) -> None:
        """Make what an operator makes: topics, first offsets, a policy."""
        group = self.broker.group
        group.subscribed = self.consumed
        group.on_commit = self.watch.committing
        group.committed = dict.fromkeys(self.consumed, 0)
        self.watch.committed = dict(group.committed)
        self.broker.marker_s_max = self.plan.marker_s_max
        if self.plan.clock == "wall":
            self.broker.now_ms = lambda: int(self.now().timestamp() * 1_000)
        for message in policy_messages(self.plan.topics[JOURNAL.name]):
            self.broker.append(message, None)
        later = asyncio.get_running_loop().call_later
        later(self.plan.activated_at_ms / 1_000, self.activate)
        later(self.plan.published_at_ms / 1_000, self.publish)

    def activate(self) -> None:
        """Let an artifact take effect, as an operator does, whether or not it is published yet."""
        self.world.note("operator", "artifact activated")
        for message in activation_messages(self.plan.topics[JOURNAL.name]):
            self.broker.append(message, None)

    def publish(self) -> None:
        """Publish the artifact."""
        self.world.note("operator", "artifact published")
        self.broker.append(ARTIFACT, None)

    async def produce(self) -> None:
        """Send the workload over the time of trouble, in bursts and pauses."""
        pause_ms = self.plan.trouble_s * 1_000 // max(1, self.plan.records)
        for message in Workload(self.dice).records(self.plan.records):
            self.broker.append(message, None)
            if self.dice.permille(self.plan.pauses_permille):
                await asyncio.sleep(self.dice.below(6 * pause_ms + 1) / 1_000)

    async def calm(self, trouble: "Trouble") -> None:
        """Stop all faults, and let an operator repair what only an operator can."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self.plan.trouble_s - (loop.time() - BEGINNING_S)))
        await trouble.group_is_there.wait()
        self.fates.calm()
        self.clock_stopped_at = loop.time()
        self.world.note("operator", "calm")
        trouble.repair()
        for worker in self.workers:
            if worker.process is not None:
                worker.process.wire.resume()
            worker.start()

    async def catch_up(self) -> None:
        """Wait until nothing is left to do, for as long as is allowed."""
        await asyncio.sleep(NOTICED_WITHIN_S)
        for _ in range(int(CAUGHT_UP_WITHIN_S * 2)):
            await asyncio.sleep(0.5)
            if self.is_quiet():
                return
        self.world.wrong(f"not caught up {CAUGHT_UP_WITHIN_S:.0f} s after the faults stopped")

    def is_quiet(self) -> bool:
        """Say whether everything is read, no transaction is open, and the states are there."""
        group = self.broker.group
        if group.pending or any(log.open for log in self.broker.logs.values()):
            return False
        if any(offset_problems(self)):
            return False
        return not any(
            self.broker.logs[partition].read(group.committed.get(partition, 0), 1 << 60, 1)
            for partition in self.consumed
        )


class Trouble:
    """Faults that are planned for a time, and the repairs that they ask for."""

    def __init__(self, run: Run) -> None:
        self._run, self._dice = run, run.dice
        self._expired: dict[Partition, int] = {}
        self.group_is_there = asyncio.Event()
        self.group_is_there.set()

    def make(self, kind: str) -> None:
        """Make one fault of a kind happen now."""
        self._run.world.note("trouble", kind)
        getattr(self, f"_{kind}")()

    KINDS = (
        "kill",
        "pause",
        "rebalance",
        "forget_some",
        "forget_much",
        "forget_all",
        "group_recreated",
        "offsets_expired",
        "upgrade",
        "slow_markers",
    )

    def _kill(self) -> None:
        worker = self._dice.one_of(self._run.workers)
        worker.restart_s = self._dice.below(8_000) / 1_000
        worker.crash()

    def _pause(self) -> None:
        """Stop a process for a while; beyond the session's end it wakes up as a zombie."""
        process = self._dice.one_of(self._run.workers).process
        if process is not None:
            process.wire.pause()
            for_s = self._dice.one_of((1, 5, 8, 15))
            asyncio.get_running_loop().call_later(for_s, process.wire.resume)

    def _rebalance(self) -> None:
        self._run.broker.group.rebalance()

    def _forget_some(self) -> None:
        kept = len(self._run.disk.writes) - self._dice.between(1, 6)
        self._run.disk.fall_back(max(0, kept))

    def _forget_much(self) -> None:
        self._run.disk.fall_back(self._dice.below(len(self._run.disk.writes) + 1))

    def _forget_all(self) -> None:
        self._run.disk.fall_back(0)

    def _upgrade(self) -> None:
        """Start everyone anew, with a build for which all states are of an older fold."""
        for worker in self._run.workers:
            worker.crash()
        self._run.disk.age()

    def _slow_markers(self) -> None:
        self._run.broker.marker_s_max = 4.0

    def _offsets_expired(self) -> None:
        """Lose some offsets, which an operator puts back in the calm."""
        committed = self._run.broker.group.committed
        for partition in self._run.consumed:
            if partition in committed and self._dice.permille(500):
                self._expired[partition] = committed.pop(partition)

    def _group_recreated(self) -> None:
        """Stop everyone, and make the group anew once nothing is pending."""
        for worker in self._run.workers:
            worker.restarting = False
            worker.crash()
        if self.group_is_there.is_set():
            self.group_is_there.clear()
            self._recreate_when_settled()

    def _recreate_when_settled(self) -> None:
        """Do what `penstock reset` does: put back offsets, raise the epoch; then start again."""
        run, group = self._run, self._run.broker.group
        if group.pending:
            asyncio.get_running_loop().call_later(0.2, self._recreate_when_settled)
            return
        group.recreate()
        group.committed = dict(run.watch.committed)
        self._expired.clear()
        run.disk.raise_epoch()
        self.group_is_there.set()
        for worker in run.workers:
            worker.restarting = True
            worker.start()

    def repair(self) -> None:
        """Put offsets back, and share out anew."""
        run = self._run
        run.broker.marker_s_max = 0.02
        group = run.broker.group
        for partition, offset in self._expired.items():
            group.committed.setdefault(partition, offset)
        if self._expired:
            group.rebalance()


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a run."""

    plan: Plan
    world: World
    logs: dict[Partition, PartitionLog]

    @property
    def violations(self) -> list[str]:
        """List the promises that were broken."""
        return self.world.violations

    def digest(self) -> str:
        """Sum up everything that happened and everything that is left, to compare two runs."""
        digest = blake2b(repr(self.world.trace).encode(), digest_size=16)
        for partition, log in self.logs.items():
            digest.update(repr((partition, list(map(content, log.all())))).encode())
        return digest.hexdigest()


def simulate(seed: int, build: Build = Build()) -> Result:  # noqa: B008 - It is frozen.
    """Run one seed."""
    dice = Dice(seed, 0)
    chances = Chances.drawn(dice)
    troubled = chances != Chances()
    plan = Plan.drawn(dice, troubled=troubled)
    return carry_out(plan, ByChance(dice, chances), dice, build)


def carry_out(
    plan: Plan,
    fates: ByChance | AtStep,
    dice: Dice,
    build: Build = Build(),  # noqa: B008 - It is frozen.
    prepared: Callable[["Run"], None] = lambda _run: None,
) -> Result:
    """Carry out a plan in a world of its own."""
    world = World(fates)
    disk = Disk(build.memory, plan.chunk_bytes_max, plan.users_removed_at_once)
    watch = Watch(world, disk)
    logs: dict[Partition, PartitionLog] = {}

    async def live() -> None:
        broker = Broker(dice, plan.topics, gaps_permille=plan.gaps_permille)
        run = Run(plan, dice, world, fates, broker, disk, watch)
        around = Surroundings(
            world,
            broker,
            disk,
            dice,
            NAMES,
            build,
            plan.clock,
            run.now,
            plan.cached_users_max,
            plan.slice_records_least,
        )
        run.workers = [Worker(number, around) for number in range(plan.workers)]
        prepared(run)
        await run.live()
        for worker in run.workers:
            worker.restarting = False
            worker.crash("the run is over")
        logs.update(sorted(broker.logs.items()))

    with quiet(), trapped(), asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(live())
    return Result(plan, world, logs)


@contextmanager
def quiet() -> Iterator[None]:
    """Let the engine's log lines pass unseen; the trace tells more."""
    before, was_configured = structlog.get_config(), structlog.is_configured()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)
        if not was_configured:
            structlog.reset_defaults()
