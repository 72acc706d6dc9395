"""One run: a storm of faults while payments flow, a last kill, quiet, and the audit."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.chaos.audit import Audit
from benchmarks.chaos.diary import told
from benchmarks.chaos.faults import FAULTS, TARGETS, mixes
from benchmarks.chaos.sender import Sender
from benchmarks.chaos.watch import StopWatches
from benchmarks.chaos.witness import Witness
from benchmarks.chaos.workload import Workload
from benchmarks.chaos.world import PARTITIONS, ChaosError, World, begun
from benchmarks.reporting import Figures
from sample.dice import Dice
from schemas.topics import JOURNAL
from streams.log import KafkaLog
from streams.names import Names
from streams.protocols import Partition
from streams.store import RedisStore, connect

RATE = 300
GROUP = "chaos"
CAUGHT_UP_WITHIN_S = 60.0
_MIX_S_MAX = 15.0
_MIXES_MIN = 4
_LOOK_S = 0.1
_FIRST_OUTPUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is asked for; the same plan draws the same faults and the same payments."""

    seconds: float = 60.0
    seed: int = 1
    targets: tuple[str, ...] = tuple(FAULTS)
    workers: int = 2

    @property
    def kinds(self) -> list[str]:
        """List the kinds of fault that may strike."""
        return [kind for target in self.targets for kind in FAULTS[target]]

    @property
    def command(self) -> str:
        """Give the command that does the same again."""
        return (
            f"python -m benchmarks.chaos --seconds {self.seconds:g} --seed {self.seed} "
            f"--faults {','.join(self.targets)} --workers {self.workers}"
        )


@dataclass
class Chaos:
    """A world under a storm, those who send and read meanwhile, and what has struck."""

    plan: Plan
    world: World
    sender: Sender
    witness: Witness
    watches: StopWatches
    struck: Counter[str] = field(default_factory=Counter)
    struck_at_work: Counter[str] = field(default_factory=Counter)
    _active: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    @property
    def pending(self) -> int:
        """Count the inputs that nothing has come of yet."""
        return self.sender.sent - len(self.witness.origins)

    async def storm(self, dice: Dice) -> None:
        """Let faults strike for as long as planned, then see them mended."""
        until = time.monotonic() + self.plan.seconds
        mix_s = min(_MIX_S_MAX, self.plan.seconds / _MIXES_MIN)
        for mix in mixes(dice, self.plan.kinds):
            mix_until = min(until, time.monotonic() + mix_s)
            while time.monotonic() < mix_until:
                pause_s = dice.between(1_500, 5_000) / 1_000
                self._begin(mix, dice)
                await self.wait(min(pause_s, max(0.0, mix_until - time.monotonic())))
            if time.monotonic() >= until:
                break
        while self._active:
            await self.wait(_LOOK_S)

    def _begin(self, mix: list[str], dice: Dice) -> None:
        """Begin a fault of the mix, unless its server is down already."""
        busy = {kind if TARGETS[kind] == "worker" else TARGETS[kind] for kind in self._active}
        free = [kind for kind in mix if kind not in busy and TARGETS[kind] not in busy]
        if free:
            kind = min(free, key=lambda kind: (self.struck[kind], mix.index(kind)))
            own_dice = Dice(self.plan.seed, 1_000 + dice.below(1_000_000))
            self._active[kind] = asyncio.ensure_future(self.strike(kind, own_dice))

    async def strike(self, kind: str, dice: Dice) -> None:
        """Make a fault, and count it the moment that it strikes."""

        def struck() -> None:
            self.struck[kind] += 1
            self.struck_at_work[kind] += self.pending > 0
            was_well = not (self._active.keys() - {kind} or self.watches.measures)
            self.watches.disturbed()
            if kind == "worker_killed" and was_well:
                self.watches.killed()

        await FAULTS[TARGETS[kind]][kind](self.world, dice, struck)

    async def wait(self, seconds: float) -> None:
        """Let time pass, and look after everything."""
        until = time.monotonic() + seconds
        while True:
            self.world.require_well()
            for kind, task in list(self._active.items()):
                if task.done():
                    task.result()
                    del self._active[kind]
                    if not self._active:
                        self.watches.mended()
            self.watches.look()
            if time.monotonic() >= until:
                return
            await asyncio.sleep(_LOOK_S)

    async def wait_until(self, holds: Callable[[], bool], seconds_max: float) -> bool:
        """Wait until something holds; says whether it came to that."""
        until = time.monotonic() + seconds_max
        while not holds():
            if time.monotonic() > until:
                return False
            await self.wait(_LOOK_S)
        return True


@dataclass(slots=True)
class Outcome:
    """What came of a run."""

    figures: Figures
    violations: list[str]


async def run(plan: Plan, home: Path, note: Callable[[str], None]) -> Outcome:
    """Carry out a plan in an empty folder."""
    with begun(home, GROUP) as world:
        async with _chaos(plan, world) as chaos:
            over = asyncio.Event()
            sending = asyncio.ensure_future(chaos.sender.run(over.is_set))
            if not await chaos.wait_until(lambda: bool(chaos.witness.last), _FIRST_OUTPUT_S):
                raise ChaosError(f"no output within {_FIRST_OUTPUT_S:.0f} s, before any fault")
            note("payments flow; the storm begins")
            await chaos.storm(Dice(plan.seed, 1))
            note("all is mended; the last kill")
            await _last_kill(chaos)
            over.set()
            await sending
            note("quiet; everything must be caught up soon")
            quiet_s = await _catch_up(chaos)
            signals = Counter(world.signals)
            await world.leave()
            await _audit(chaos)
            return _outcome(chaos, signals, quiet_s)


@asynccontextmanager
async def _chaos(plan: Plan, world: World) -> AsyncIterator[Chaos]:
    names = Names(world.settings.topic_prefix)
    workload = Workload(Dice(plan.seed, 0))
    witness = Witness(world.kafka.address, names)
    try:
        sender = Sender(world.kafka.address, names, workload, RATE, witness.findings)
        for _ in range(plan.workers):
            world.hire()
        yield Chaos(plan, world, sender, witness, StopWatches(workload, witness))
    finally:
        witness.close()


async def _last_kill(chaos: Chaos) -> None:
    """Kill a worker when nothing else is broken, so that this figure is always measured."""
    watches = chaos.watches
    await chaos.wait_until(lambda: not watches.measures, CAUGHT_UP_WITHIN_S)
    if "worker" in chaos.plan.targets:
        await chaos.strike("worker_killed", Dice(chaos.plan.seed, 2))
        watches.mended()
        await chaos.wait_until(lambda: not watches.measures, CAUGHT_UP_WITHIN_S)


async def _catch_up(chaos: Chaos) -> float | None:
    """Wait until nothing is left to do; gives how long that took, or nothing if it never came."""
    began = time.monotonic()
    log = KafkaLog(chaos.world.kafka.address, GROUP)
    try:
        while time.monotonic() - began < CAUGHT_UP_WITHIN_S:
            left = await _left(chaos, log)
            if not left:
                return time.monotonic() - began
            await chaos.wait(_LOOK_S)
    finally:
        await log.close()
    for what in left:
        chaos.witness.findings.add("not_caught_up", what)
    for worker in chaos.world.workers:
        worker.dismiss()
        worker.signal(signal.SIGABRT)  # Its log then tells where it stands.
    return None


async def _left(chaos: Chaos, log: KafkaLog) -> list[str]:
    """List what is still to be done."""
    witness = chaos.witness
    if not witness.has_read_all or len(witness.inputs) < chaos.sender.sent:
        return ["what is committed is not read yet"]
    ends = {
        Partition(topic, number): offset + 1 for topic, number, offset in sorted(witness.inputs)
    }
    journal = Names(chaos.world.settings.topic_prefix).of(JOURNAL)
    ends |= {Partition(journal, number): end for number, end in witness.journal_ends.items()}
    committed = {partition: await log.committed(partition) or 0 for partition in ends}
    return [
        f"{partition.topic}[{partition.number}]: {committed[partition]} of {end}"
        for partition, end in ends.items()
        if committed[partition] < end
    ]


async def _audit(chaos: Chaos) -> None:
    """Read what is left to read, then look at everything."""
    settings, witness = chaos.world.settings, chaos.witness
    await chaos.wait_until(lambda: witness.has_read_all, CAUGHT_UP_WITHIN_S)
    names, client = Names(settings.topic_prefix), connect(**settings.redis_connection)
    log = KafkaLog(settings.kafka, GROUP)
    try:
        audit = Audit(log, RedisStore(client, GROUP), names, witness.findings)
        await audit.check(chaos.sender.workload, witness, PARTITIONS)
    finally:
        await log.close()
        await client.aclose()


def _outcome(chaos: Chaos, signals: Counter[signal.Signals], quiet_s: float | None) -> Outcome:
    found, struck = chaos.witness.findings, chaos.struck
    for kind, count in struck.items():
        if not chaos.struck_at_work[kind]:
            found.add("idle_fault", f"{kind} struck {count} times, and never while work waited")
    if not struck and chaos.plan.kinds:
        found.add("idle_fault", "nothing struck at all")
    if aborted := chaos.world.signals[signal.SIGABRT]:
        found.add("stuck", f"{aborted} workers had to be aborted; their logs say where they stood")
    counts, watches = found.counts, chaos.watches
    figures: Figures = {
        "seed": chaos.plan.seed,
        "sent": chaos.sender.sent,
        "lost": counts.pop("lost", 0),
        "doubled": counts.pop("doubled", 0),
        "wrong_states": counts.pop("wrong_state", 0),
        "out_of_order": counts.pop("out_of_order", 0),
        "other_violations": dict(counts),
        "kills": signals[signal.SIGKILL],
        "stops": signals[signal.SIGSTOP],
        "restarts": signals[signal.SIGTERM],
        "recovered_s_max": _longest(watches.recovered_s),
        "first_event_after_kill_s_max": _longest(watches.first_after_kill_s),
        "quiet_s": None if quiet_s is None else round(quiet_s, 1),
        "faults": dict(sorted(struck.items())),
        "faults_at_work": dict(sorted(chaos.struck_at_work.items())),
        "worker_ends": {str(code): count for code, count in sorted(chaos.world.ends.items())},
        "workers_told": told(chaos.world.home / "logs"),
    }
    return Outcome(figures, found.first)


def _longest(measured: list[float]) -> float | None:
    return round(max(measured), 1) if measured else None
