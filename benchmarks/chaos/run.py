"""One run: a storm of faults while payments flow, a last kill, quiet, and the audit."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.chaos.audit import Audit
from benchmarks.chaos.diary import told
from benchmarks.chaos.evidence import Findings
from benchmarks.chaos.faults import FAULTS, TARGETS, Planned, planned
from benchmarks.chaos.sender import Sender
from benchmarks.chaos.watch import StopWatches
from benchmarks.chaos.witness import Witness
from benchmarks.chaos.workload import Workload
from benchmarks.chaos.world import PARTITIONS, WORKER, ChaosError, Ends, Program, World, begun
from benchmarks.reporting import Figures
from sample.dice import Dice
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
    program: Program = WORKER

    @property
    def kinds(self) -> list[str]:
        """List the kinds of fault that may strike."""
        return [kind for target in self.targets for kind in FAULTS[target]]

    @property
    def faults(self) -> Iterator[Planned]:
        """Draw the faults, without end."""
        mix_s = min(_MIX_S_MAX, self.seconds / _MIXES_MIN)
        return planned(self.seed, self.kinds, mix_s)

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
    def findings(self) -> Findings:
        """Give what is found wrong."""
        return self.witness.evidence.findings

    @property
    def pending(self) -> int:
        """Count the inputs that nothing has come of yet."""
        return self.sender.sent - len(self.witness.evidence.origins)

    async def storm(self) -> None:
        """Let faults strike for as long as planned, then see them mended."""
        began = time.monotonic()
        faults = self.plan.faults
        coming, due = next(faults, None), dict[str, Dice]()
        while (now_s := time.monotonic() - began) < self.plan.seconds:
            while coming is not None and coming.at_s <= now_s:
                due.setdefault(coming.kind, coming.dice)
                coming = next(faults, None)
            for kind in list(due):
                if self._is_free(kind):
                    self._active[kind] = asyncio.ensure_future(self.strike(kind, due.pop(kind)))
            await self.wait(_LOOK_S)
        while self._active:
            await self.wait(_LOOK_S)

    def _is_free(self, kind: str) -> bool:
        """Say whether a fault may begin: workers suffer several at a time, a server only one."""
        if TARGETS[kind] == "worker":
            return kind not in self._active
        return TARGETS[kind] not in {TARGETS[active] for active in self._active}

    async def strike(self, kind: str, dice: Dice) -> None:
        """Make a fault, and count it the moment that it strikes."""

        def struck() -> None:
            self.world.note(f"{kind} strikes")
            self.struck[kind] += 1
            self.struck_at_work[kind] += self.pending > 0
            was_well = not (self._active.keys() - {kind} or self.watches.measures)
            self.watches.disturbed()
            if kind == "worker_killed" and was_well:
                self.watches.killed()

        await FAULTS[TARGETS[kind]][kind](self.world, dice, struck)
        self.world.note(f"{kind} is mended")

    async def wait(self, seconds: float) -> None:
        """Let time pass, and look after everything."""
        until = time.monotonic() + seconds
        while True:
            self.world.require_well()
            self.witness.check()
            for kind, task in list(self._active.items()):
                if task.done():
                    task.result()
                    del self._active[kind]
                    if not self._active:
                        self.watches.mended()
            if self.watches.look():
                self.world.note("all that was sent before the repair has come out")
            if time.monotonic() >= until:
                return
            await asyncio.sleep(_LOOK_S)

    async def wait_until(self, holds: Callable[[], bool], seconds_max: float) -> bool:
        """Wait until something holds; says whether it came to that."""
        until = time.monotonic() + seconds_max
        while not holds():
            if time.monotonic() >= until:
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
    with begun(home, GROUP, plan.program) as world:
        async with _chaos(plan, world) as chaos:
            over = asyncio.Event()
            sending = asyncio.ensure_future(chaos.sender.run(over.is_set))
            if not await chaos.wait_until(
                lambda: bool(chaos.witness.evidence.last), _FIRST_OUTPUT_S
            ):
                raise ChaosError(f"no output within {_FIRST_OUTPUT_S:.0f} s, before any fault")
            note("payments flow; the storm begins")
            await chaos.storm()
            note("all is mended; the last kill")
            await _last_kill(chaos)
            over.set()
            await sending
            note("quiet; everything must be caught up soon")
            quiet_s = await _catch_up(chaos)
            storm = deepcopy(world.ends)
            await world.leave()
            await _audit(chaos)
            return _outcome(chaos, storm, quiet_s)


@asynccontextmanager
async def _chaos(plan: Plan, world: World) -> AsyncIterator[Chaos]:
    names = Names(world.settings.topic_prefix)
    workload = Workload(Dice(plan.seed, 0))
    witness = Witness(world.kafka.address, names)
    try:
        sender = Sender(world.kafka.address, names, workload, RATE, witness.evidence.findings)
        for _ in range(plan.workers):
            world.hire()
        yield Chaos(plan, world, sender, witness, StopWatches(workload, witness.evidence))
    finally:
        witness.close()


async def _last_kill(chaos: Chaos) -> None:
    """Kill a worker when nothing else is broken, so that this figure is always measured."""
    await _recover(chaos)
    if "worker" in chaos.plan.targets:
        await chaos.strike("worker_killed", Dice(chaos.plan.seed, 2))
        chaos.watches.mended()
        await _recover(chaos)


async def _recover(chaos: Chaos) -> None:
    """Wait until the stop-watches have their figures."""
    watches = chaos.watches
    if not await chaos.wait_until(lambda: not watches.measures, CAUGHT_UP_WITHIN_S):
        late = f"something sent before the repair was not out {CAUGHT_UP_WITHIN_S:.0f} s after it"
        chaos.findings.add("not_recovered", late)


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
        chaos.findings.add("not_caught_up", what)
    for worker in chaos.world.workers:
        worker.dismiss()
        worker.signal(signal.SIGABRT)  # Its log then tells where it stands.
    return None


async def _left(chaos: Chaos, log: KafkaLog) -> list[str]:
    """List what is still to be done.

    Asked for in this order, because whatever moves an offset was written before it.
    """
    world, evidence = chaos.world, chaos.witness.evidence
    names = Names(world.settings.topic_prefix)
    places = [
        Partition(topic, number)
        for topic in (*names.inputs, names.journal)
        for number in range(PARTITIONS)
    ]
    committed = {place: await log.committed(place) or 0 for place in places}
    if not await chaos.witness.has_read_all() or len(evidence.inputs) < chaos.sender.sent:
        return ["not all that is written is committed and read"]
    ends = {
        Partition(topic, number): offset + 1 for topic, number, offset in sorted(evidence.inputs)
    }
    ends |= {Partition(names.journal, number): end for number, end in evidence.journal_ends.items()}
    return [
        f"{place.topic}[{place.number}]: {committed[place]} of {end}"
        for place, end in ends.items()
        if committed[place] < end
    ]


async def _audit(chaos: Chaos) -> None:
    """Read what is left to read, then look at everything."""
    settings, witness = chaos.world.settings, chaos.witness
    until = time.monotonic() + CAUGHT_UP_WITHIN_S
    while not await witness.has_read_all():
        if time.monotonic() > until:
            raise ChaosError("the topics cannot be read to their ends: a transaction stays open")
        await chaos.wait(_LOOK_S)
    names, client = Names(settings.topic_prefix), connect(**settings.redis_connection)
    log = KafkaLog(settings.kafka, GROUP)
    try:
        audit = Audit(log, RedisStore(client, GROUP), names, chaos.findings)
        await audit.check(chaos.sender.workload, witness.evidence, PARTITIONS)
    finally:
        await log.close()
        await client.aclose()


def _outcome(chaos: Chaos, storm: Ends, quiet_s: float | None) -> Outcome:
    found, struck, ends = chaos.findings, chaos.struck, chaos.world.ends
    for kind, count in struck.items():
        if not chaos.struck_at_work[kind]:
            found.add("idle_fault", f"{kind} struck {count} times, and never while work waited")
    if not struck and chaos.plan.kinds:
        found.add("idle_fault", "nothing struck at all")
    if aborted := ends.signals[signal.SIGABRT]:
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
        "kills": storm.signals[signal.SIGKILL],
        "stops": storm.signals[signal.SIGSTOP],
        "restarts": storm.signals[signal.SIGTERM],
        "recovered_s_max": _longest(watches.recovered_s),
        "first_event_after_kill_s_max": _longest(watches.first_after_kill_s),
        "left_s_max": _longest(storm.asked_s),
        "left_idle_s_max": _longest(ends.asked_s[len(storm.asked_s) :]),
        "quiet_s": None if quiet_s is None else round(quiet_s, 1),
        "faults": dict(sorted(struck.items())),
        "faults_at_work": dict(sorted(chaos.struck_at_work.items())),
        "worker_ends": {str(code): count for code, count in sorted(ends.codes.items())},
        "workers_told": told(chaos.world.home / "logs"),
    }
    return Outcome(figures, found.first)


def _longest(measured: list[float]) -> float | None:
    return round(max(measured), 1) if measured else None
