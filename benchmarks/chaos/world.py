"""What faults strike: a Kafka, a Redis and workers, each of which may end and come back."""

import asyncio
import shutil
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from streams.settings import Settings
from streams.stack.kafka_broker import kafka_broker
from streams.stack.redis_server import redis_server
from streams.stack.restartable import Restartable, keep_ports
from streams.topic_admin import TopicAdmin
from streams.worker_process import WorkerProcess

PARTITIONS = 6
# Killed, a broker comes back only when its own old session has ended: by default after 9 s.
BROKER = "broker.session.timeout.ms=3000\nbroker.heartbeat.interval.ms=500\n"
# The product's own worker.
WORKER = ("streams.cli", "worker")
_LOOK_S = 0.05
_BEGIN_AGAIN_S = 0.5
_LEAVE_S = 30.0
_DUMP_S = 5.0


Program = tuple[str, ...]
"""A worker's module, and its arguments."""


class ChaosError(Exception):
    """The experiment itself cannot go on."""


@dataclass
class Ends:
    """How workers ended: their exit codes, and how long they took once they were asked to."""

    codes: Counter[int] = field(default_factory=Counter)
    asked_s: list[float] = field(default_factory=list)
    signals: Counter[signal.Signals] = field(default_factory=Counter)


@dataclass
class Worker:
    """A worker under a supervisor that starts it again whenever it ends."""

    settings: Settings
    program: Program
    log: Path
    told: Ends
    absent_s: float = _BEGIN_AGAIN_S
    process: WorkerProcess | None = None
    _is_wanted: bool = True
    _is_stopped: bool = False

    async def live(self) -> None:
        """Keep it running until it is dismissed; however early that is, it has run once."""
        while True:
            self.process, self._is_stopped = self._started(), False
            self.told.codes[await _end_of(self.process)] += 1
            self.process = None
            absent_s, self.absent_s = self.absent_s, _BEGIN_AGAIN_S
            if self._is_wanted:
                await asyncio.sleep(absent_s)
            if not self._is_wanted:
                return

    def _started(self) -> WorkerProcess:
        return WorkerProcess(self.settings, self.log, self.program)

    def signal(self, number: signal.Signals) -> bool:
        """Send it a signal; says whether there was a process to take it."""
        if self.process is None or self.process.process.poll() is not None:
            return False
        self.process.process.send_signal(number)
        self._is_stopped = self._is_stopped or number == signal.SIGSTOP
        self.told.signals[number] += 1
        return True

    async def until_joined(self, seconds_max: float) -> None:
        """Wait until its log says that it has a partition, or as long as there is patience."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds_max):
                while not self._has_joined:  # noqa: ASYNC110  No event tells of it.
                    await asyncio.sleep(_LOOK_S)

    @property
    def _has_joined(self) -> bool:
        return self.log.exists() and b'"event": "claimed"' in self.log.read_bytes()

    async def leave(self) -> bool:
        """Ask it to end as an orchestrator would, and wait until it has; was there a process?"""
        process, began = self.process, time.monotonic()
        if process is None or not self.signal(signal.SIGTERM):
            return False
        try:
            async with asyncio.timeout(_LEAVE_S):
                await _end_of(process)
        except TimeoutError:
            self.signal(signal.SIGABRT)  # Its log then tells where it stands.
            await asyncio.sleep(_DUMP_S)
            self.signal(signal.SIGKILL)
        if not self._is_stopped:  # Nobody who is stopped can end.
            self.told.asked_s.append(time.monotonic() - began)
        return True

    def dismiss(self) -> None:
        """Let its next end be its last."""
        self._is_wanted = False


@dataclass
class World:
    """Everything that can be struck, and how workers ended."""

    home: Path
    kafka: Restartable
    redis: Restartable
    settings: Settings
    program: Program
    workers: list[Worker] = field(default_factory=list)
    ends: Ends = field(default_factory=Ends)
    _lives: list[asyncio.Task[None]] = field(default_factory=list)

    def hire(self) -> Worker:
        """Start one more worker."""
        log = self.home / "logs" / f"worker-{len(self._lives)}.log"
        worker = Worker(self.settings, self.program, log, self.ends)
        self.workers.append(worker)
        self._lives.append(asyncio.ensure_future(worker.live()))
        return worker

    def note(self, what: str) -> None:
        """Write down when something was done, beside what the workers log of the same moment."""
        with (self.home / "logs" / "storm.log").open("a") as file:
            file.write(f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {what}\n")

    def require_well(self) -> None:
        """Make sure that no supervisor has failed."""
        for life in self._lives:
            if life.done() and (error := life.exception()) is not None:
                raise ChaosError("a supervisor failed") from error

    async def leave(self) -> None:
        """Let all workers finish and leave."""
        for worker in self.workers:
            worker.dismiss()
        await asyncio.gather(*(worker.leave() for worker in self.workers))
        await asyncio.gather(*self._lives)

    def end(self) -> None:
        """End what still runs, whatever it does."""
        for worker in self.workers:
            worker.dismiss()
            if worker.process is not None:
                worker.process.kill()

    @asynccontextmanager
    async def down(self, server: Restartable) -> AsyncIterator[None]:
        """Kill a server, and start it again when the block ends."""
        self.ends.signals[signal.SIGKILL] += 1
        await asyncio.to_thread(server.kill)
        try:
            yield
        finally:
            await asyncio.to_thread(server.start)

    @property
    def redis_data(self) -> Path:
        """Give the folder of Redis's files; touch it only while Redis is down."""
        return self.home / "redis"

    def append_only_file(self) -> Path:
        """Give the file that Redis appends to."""
        return max(
            self.redis_data.glob("appendonlydir/*.incr.aof"),
            key=lambda path: int(path.name.split(".")[-3]),
        )

    def copy_redis(self) -> Path:
        """Copy Redis's files as they stand, as a backup of a running server would."""
        copy = self.home / "redis-copy"
        if copy.exists():
            shutil.rmtree(copy)
        shutil.copytree(self.redis_data, copy)
        return copy


async def _end_of(worker: WorkerProcess) -> int:
    """Wait for a process, and give its exit code."""
    while (code := worker.process.poll()) is None:  # noqa: ASYNC110  No event tells of it.
        await asyncio.sleep(_LOOK_S)
    return code


@contextmanager
def begun(home: Path, group: str, program: Program, **more: object) -> Iterator[World]:
    """Start a Kafka and a Redis that may be killed, with the topics that workers need.

    *more* are settings of the workers.
    """
    (home / "logs").mkdir(parents=True)
    keep_ports(home / "redis.ports", 1)
    keep_ports(home / "kafka.ports", 2)
    with ExitStack() as servers:
        redis = servers.enter_context(Restartable(lambda: redis_server(home)))
        kafka = servers.enter_context(Restartable(lambda: kafka_broker(home, more=BROKER)))
        settings = Settings.model_validate(
            {
                "kafka": kafka.address,
                "redis": redis.address,
                "group": group,
                "partitions": PARTITIONS,
                "clock": "data",
                "web_port": 0,
                # One host has one folder of slots, whatever the number of its workers.
                "state_dir": home / "slots",
                "log_format": "json",
                **more,
            }
        )
        TopicAdmin(settings).apply()
        world = World(home, kafka, redis, settings, program)
        try:
            yield world
        finally:
            world.end()
            with suppress(FileNotFoundError):
                shutil.rmtree(home / "redis-copy")
