"""The faults, and by which plan a seed lets them strike."""

import asyncio
import os
import shutil
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import NamedTuple

from benchmarks.chaos.world import World
from sample.dice import Dice
from streams.stack.restartable import Restartable

Strike = Callable[[], None]
"""Called at the moment at which a fault strikes."""

Fault = Callable[[World, Dice, Strike], Awaitable[None]]
"""Strikes, and has mended what it broke when it returns."""

# Longer than the group waits for a member's heartbeat, so that another owns its partitions by then.
_STOPPED_MS = (9_000, 13_000)
_JOIN_MS_MAX = 15_000
_JOINING_MS = (1_000, 5_000)
_TAIL_BYTES = 64 * 1024
_PAUSE_MS = (1_500, 5_000)
_OWN_DICE = 1_000
# Of four mixes, so many are no calm.
_STORMY = 3


async def kill_worker(world: World, dice: Dice, strike: Strike) -> None:
    """Kill a worker; it is started again at once, or a little later."""
    worker = dice.one_of(world.workers)
    worker.absent_s = dice.between(0, 3_000) / 1_000
    if worker.signal(signal.SIGKILL):
        strike()
    await asyncio.sleep(worker.absent_s)


async def stop_worker(world: World, dice: Dice, strike: Strike) -> None:
    """Stop a worker until others have its partitions, then let it go on as a zombie."""
    worker, stopped_s = dice.one_of(world.workers), dice.between(*_STOPPED_MS) / 1_000
    if not worker.signal(signal.SIGSTOP):
        return
    strike()
    process = worker.process
    await asyncio.sleep(stopped_s)
    if worker.process is process:
        worker.signal(signal.SIGCONT)


async def restart_workers(world: World, _: Dice, strike: Strike) -> None:
    """Restart all workers, one after another, as a roll-out does."""
    strike()
    for worker in list(world.workers):
        if await worker.leave():
            await asyncio.sleep(1.0)


async def rebalance_storm(world: World, dice: Dice, strike: Strike) -> None:
    """Let one more worker join and leave at once, and another in the middle of joining."""
    for patience_ms in (_JOIN_MS_MAX, dice.between(*_JOINING_MS)):
        extra = world.hire()
        extra.dismiss()
        await extra.until_joined(patience_ms / 1_000)
        was_there = extra.signal(signal.SIGKILL) if dice.permille(500) else await extra.leave()
        world.workers.remove(extra)
        if was_there:
            strike()


async def _crash(world: World, dice: Dice, strike: Strike, server: Restartable) -> None:
    async with world.down(server):
        strike()
        # Now shorter, now longer than a worker has patience with a commit.
        await asyncio.sleep(dice.one_of((0.0, 1.0, 4.0, 12.0)))


async def kill_broker(world: World, dice: Dice, strike: Strike) -> None:
    """Kill the broker, and start it again on its data."""
    await _crash(world, dice, strike, world.kafka)


async def kill_redis(world: World, dice: Dice, strike: Strike) -> None:
    """Kill Redis, and start it again on its append-only file."""
    await _crash(world, dice, strike, world.redis)


async def restore_redis(world: World, dice: Dice, strike: Strike) -> None:
    """Put an older copy of Redis's files in the place of its own."""
    copy = world.copy_redis()
    await asyncio.sleep(dice.between(1_000, 5_000) / 1_000)
    async with world.down(world.redis):
        strike()
        shutil.rmtree(world.redis_data)
        shutil.move(copy, world.redis_data)


async def empty_redis(world: World, _: Dice, strike: Strike) -> None:
    """Take away all that Redis has."""
    async with world.down(world.redis):
        strike()
        shutil.rmtree(world.redis_data)


async def cut_redis(world: World, dice: Dice, strike: Strike) -> None:
    """Cut Redis's append-only file at a random byte, as a power failure may."""
    async with world.down(world.redis):
        strike()
        path = world.append_only_file()
        size = path.stat().st_size
        cut = dice.below(size + 1)
        if dice.permille(500):
            cut = max(size - dice.below(_TAIL_BYTES), 0)
        os.truncate(path, cut)


FAULTS: dict[str, dict[str, Fault]] = {
    "worker": {
        "worker_killed": kill_worker,
        "worker_stopped": stop_worker,
        "workers_restarted": restart_workers,
        "rebalance_storm": rebalance_storm,
    },
    "broker": {"broker_killed": kill_broker},
    "redis": {
        "redis_killed": kill_redis,
        "redis_restored": restore_redis,
        "redis_emptied": empty_redis,
        "redis_cut": cut_redis,
    },
}

TARGETS: dict[str, str] = {name: target for target, kinds in FAULTS.items() for name in kinds}


class Planned(NamedTuple):
    """A fault of the plan: how long after the beginning, of which kind, by which dice."""

    at_s: float
    kind: str
    dice: Dice


def planned(seed: int, kinds: list[str], mix_s: float) -> Iterator[Planned]:
    """Draw faults without end; the same seed draws the same ones."""
    dice, drawn = Dice(seed, 1), Counter[str]()
    for number, mix in enumerate(mixes(dice, kinds) if kinds else ()):
        at_s = number * mix_s
        while mix and at_s < (number + 1) * mix_s:
            kind = min(mix, key=lambda kind: drawn[kind])
            drawn[kind] += 1
            yield Planned(at_s, kind, Dice(seed, _OWN_DICE + drawn.total()))
            at_s += dice.between(*_PAUSE_MS) / 1_000


def mixes(dice: Dice, kinds: list[str]) -> Iterator[list[str]]:
    """Draw which kinds strike together: none in one mix of four, each kind in one of the others."""
    while True:
        dealt = dice.some_of(kinds, len(kinds))
        hands = [dealt[number::_STORMY] or dealt for number in range(_STORMY)]
        hands.insert(dice.below(_STORMY + 1), [])
        yield from hands
