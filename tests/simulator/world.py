"""Time that passes only when nothing else is to do, steps that may go wrong, and what was seen."""

import asyncio
import selectors
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeVar

from streams.protocols import ConflictError
from tests.simulator.broker import BrokerError

T = TypeVar("T")

BEGINNING_S = 1_000.0
_TURN_S = 1e-9
"""No turn of a loop takes no time: what is due in less would be waited for for ever."""


class DeadlockError(Exception):
    """Everyone waits, and nothing will ever happen."""


class _NoWaiting(selectors.SelectSelector):
    """Instead of waiting, move the clock; nothing real is ever waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = BEGINNING_S

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise DeadlockError
        self.now_s += max(_TURN_S, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose seconds take no time."""

    def __init__(self) -> None:
        self._waiting = _NoWaiting()
        super().__init__(self._waiting)

    def time(self) -> float:
        """Give the virtual time."""
        return self._waiting.now_s


class Outcome(StrEnum):
    """What may become of a step."""

    DONE = "done"
    LOST = "lost"  # It never happens, and the caller learns only that it may have.
    UNTOLD = "untold"  # It happens, and the caller learns only that it may not have.
    LATE = "late"  # It happens after the caller has given it up.
    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"


class Fate(NamedTuple):
    """What becomes of one step, and how long it takes there and back."""

    outcome: Outcome
    there_s: float
    back_s: float


class Fates(Protocol):
    """Decides what becomes of each step."""

    def of(self, step: str, *, fallible: bool) -> Fate:
        """Decide the next step's fate."""
        ...

    def happens(self, fault: str) -> bool:
        """Decide whether a fault that is no step's happens now."""
        ...


class UnknownOutcomeError(ConnectionError):
    """A request was sent and no answer came."""


@dataclass(slots=True)
class World:
    """What all processes of a run share: the fates, the trace, and what went wrong."""

    fates: Fates
    steps: int = 0
    trace: list[tuple[float, str, str, str]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def note(self, who: str, what: str, how: str = "") -> None:
        """Write a line of the trace."""
        now = asyncio.get_running_loop().time() - BEGINNING_S
        self.trace.append((now, who, what, how))

    def wrong(self, what: str) -> None:
        """Take note of a broken promise."""
        self.violations.append(what)
        self.note("checker", "wrong", what)


class Wire:
    """One process's way to everything outside it.

    A request that is under way is not called back when its sender dies, sleeps or gives it up.
    """

    def __init__(self, world: World, name: str, on_crash: Callable[[], None]) -> None:
        self.world, self.name = world, name
        self._on_crash = on_crash
        self._alive = True
        self._awake = asyncio.Event()
        self._awake.set()
        self._held: list[Callable[[], None]] = []

    def cut(self) -> None:
        """Let no answer reach a process that is dead, and no request leave it."""
        self._alive = False
        self._held.clear()

    @property
    def paused(self) -> bool:
        """Say whether the process is stopped."""
        return not self._awake.is_set()

    def pause(self) -> None:
        """Stop the process where it stands."""
        self._awake.clear()

    def resume(self) -> None:
        """Let a stopped process go on; what came for it meanwhile is there at once."""
        self._awake.set()
        held, self._held = self._held, []
        for deliver in held:
            deliver()

    async def awake(self) -> None:
        """Wait until the process runs; a dead one never does."""
        await self._awake.wait()
        if not self._alive:
            raise asyncio.CancelledError

    async def call(self, step: str, effect: Callable[[], T], *, fallible: bool = False) -> T:
        """Take one step outside of the process, and wait for what comes of it."""
        await self.awake()
        world = self.world
        world.steps += 1
        fate = world.fates.of(step, fallible=fallible)
        world.note(self.name, step, fate.outcome)
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[T] = loop.create_future()
        if fate.outcome is Outcome.CRASH_BEFORE:
            self._on_crash()
        elif fate.outcome is Outcome.LOST:
            loop.call_later(fate.back_s, self._deliver, reply, None, UnknownOutcomeError(step))
        elif fate.outcome is Outcome.LATE:
            loop.call_later(fate.there_s + fate.back_s, self._happen_late, effect, step)
            loop.call_later(fate.back_s, self._deliver, reply, None, UnknownOutcomeError(step))
        else:
            loop.call_later(fate.there_s, self._happen, effect, reply, fate, step)
        return await reply

    def _happen(
        self, effect: Callable[[], T], reply: "asyncio.Future[T]", fate: Fate, step: str
    ) -> None:
        result: T | None = None
        error: Exception | None = None
        try:
            result = effect()
        except Exception as raised:  # noqa: BLE001 - Whatever it is, it is the caller's answer.
            error = raised
        if fate.outcome is Outcome.CRASH_AFTER:
            if self._alive:
                self._on_crash()
            return
        if fate.outcome is Outcome.UNTOLD:
            error = UnknownOutcomeError(step)
        if fate.back_s:
            loop = asyncio.get_running_loop()
            loop.call_later(fate.back_s, self._deliver, reply, result, error)
        else:
            self._deliver(reply, result, error)

    def _happen_late(self, effect: Callable[[], object], step: str) -> None:
        """Let a late request happen; nobody waits for its answer."""
        try:
            effect()
        except (BrokerError, ConflictError):
            return  # It was refused, which is the best that could happen.
        except Exception as error:  # noqa: BLE001 - Nobody else would ever see it.
            self.world.wrong(f"{step} came late and ended in {error!r}")

    def _deliver(
        self, reply: "asyncio.Future[T]", result: T | None, error: Exception | None
    ) -> None:
        if self.paused:
            self._held.append(lambda: self._deliver(reply, result, error))
        elif reply.done() or not self._alive:
            pass
        elif error is not None:
            reply.set_exception(error)
        else:
            reply.set_result(result)  # type: ignore[arg-type] # None only where T allows it.
