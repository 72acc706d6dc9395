"""One worker: a process that reads, runs the real engine, dies and is started again."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sample.dice import Dice
from streams.artifacts import PublishedArtifacts
from streams.engine import Engine, Rules
from streams.metrics import Metrics
from streams.names import Names
from streams.patience import StuckError
from streams.protocols import Partition, Slice
from streams.store.memory import MemoryStore
from tests.simulator.broker import Broker
from tests.simulator.clients import Member, WiredLog, WiredOutbox
from tests.simulator.disk import Disk, WiredStore
from tests.simulator.world import Wire, World

STUCK_AFTER_S = 20.0
Clock = Literal["wall", "data"]
WAITS = "waits for an artifact"
EXPECTED = {"ConflictError", "OutboxError", "UnknownOutcomeError", "UnstableError"}
"""Why a cycle may be undone; anything else is a bug that a retry would hide."""


@dataclass(frozen=True, slots=True)
class Build:
    """What a worker is made of; a mutant replaces one of them."""

    engine: type[Engine] = Engine
    log: type[WiredLog] = WiredLog
    outbox: type[WiredOutbox] = WiredOutbox
    store: type[WiredStore] = WiredStore
    memory: type[MemoryStore] = MemoryStore


class Undone(Metrics):
    """A worker's metrics, which tell of cycles that were undone."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__()
        self._world, self._name = world, name

    def failed(self, reason: str) -> None:
        """Tell why a cycle was undone."""
        self._world.note(self._name, "cycle undone", reason)
        if reason not in EXPECTED:
            self._world.wrong(f"{self._name}: a cycle was undone by {reason}")

    def waits(self, partition: Partition, *, is_waiting: bool) -> None:
        """Tell that a partition waits for an artifact, or no more."""
        self._world.note(self._name, f"{partition}", WAITS if is_waiting else "goes on")


@dataclass(slots=True)
class Surroundings:
    """What a run's workers have in common."""

    world: World
    broker: Broker
    disk: Disk
    dice: Dice
    names: Names
    build: Build
    clock: Clock
    now: Callable[[], datetime]
    cached_users_max: int
    slice_records_least: int


@dataclass(slots=True)
class Worker:
    """A worker's slot: at most one process at a time, always under the same transactional id."""

    number: int
    around: Surroundings
    restart_s: float = 1.0
    process: "Process | None" = None
    restarting: bool = True
    starts: int = 0
    ready: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Start a process, unless one runs."""
        if self.process is None:
            self.starts += 1
            self.process = Process(self, f"w{self.number}.{self.starts}")

    def crash(self, why: str = "killed") -> None:
        """Kill the process, as kill -9 does, and start another later."""
        process, self.process = self.process, None
        if process is not None:
            process.end(why)
            if self.restarting:
                asyncio.get_running_loop().call_later(self.restart_s, self._restart)

    def _restart(self) -> None:
        """Start again, unless an operator holds the workers back by now."""
        if self.restarting:
            self.start()


class Process:
    """One life of a worker."""

    def __init__(self, slot: Worker, name: str) -> None:
        around = slot.around
        self._slot, self._name, self._world = slot, name, around.world
        self.wire = wire = Wire(around.world, name, slot.crash)
        build = around.build
        self.member = Member(wire, around.broker, around.dice, name, around.slice_records_least)
        outbox = build.outbox(wire, around.broker, f"slot-{slot.number}", self.member)
        log = build.log(wire, around.broker, around.dice)
        self.engine = build.engine(
            Rules(around.names, around.clock, around.cached_users_max, STUCK_AFTER_S),
            self.member,
            log,
            build.store(wire, around.disk),
            outbox,
            PublishedArtifacts(log, around.names),
            Undone(around.world, name),
            around.now,
        )
        self._queue: asyncio.Queue[Slice] = asyncio.Queue()
        self._tasks = [asyncio.ensure_future(self._live())]

    def end(self, why: str) -> None:
        """Be no more; what was sent is still on its way."""
        self._world.note(self._name, "ends", why)
        self.wire.cut()
        for task in self._tasks:
            task.cancel()

    async def _live(self) -> None:
        """Read, join and run cycles until the end."""
        member, engine = self.member, self.engine
        parts = (
            member.read(self._queue),
            member.hand_over(self._queue, engine.offer),
            member.stay(self._assigned, self._revoked),
        )
        self._tasks += [asyncio.ensure_future(part) for part in parts]
        try:
            await engine.run()
        except StuckError as stuck:
            self._slot.crash(f"stuck: {stuck}")
        except Exception as error:  # noqa: BLE001 - Whatever it is, the worker would end by it.
            self._world.wrong(f"{self._name} ended by {error!r}")
            self._slot.crash(repr(error))

    def _assigned(self, partitions: list[Partition]) -> None:
        self._world.note(
            self._name, "assigned", f"{self.member.membership().generation} {shown(partitions)}"
        )
        self.engine.assigned(partitions)

    def _revoked(self, partitions: list[Partition]) -> None:
        self._world.note(self._name, "revoked", shown(partitions))
        self.engine.revoked(partitions)


def shown(partitions: list[Partition]) -> str:
    """Word a list of partitions."""
    return " ".join(f"{topic}/{number}" for topic, number in partitions)
