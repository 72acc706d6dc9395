"""Many seeds, on all cores."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from tests.simulator.mutants import MUTANTS
from tests.simulator.scenario import simulate
from tests.simulator.worker import Build

AT_ONCE = 10


def command(seed: int) -> str:
    """Give the command that shows a seed's run again."""
    return f"python -m tests.simulator --seed {seed}"


@dataclass(frozen=True, slots=True)
class Summary:
    """What is to be known of a seed's run."""

    seed: int
    violations: list[str]
    seen: frozenset[str]


def summary(seed: int, mutant: str | None = None) -> Summary:
    """Run a seed; say what it broke, and which faults it saw."""
    try:
        world = simulate(seed, MUTANTS[mutant] if mutant else Build()).world
    except Exception as error:  # noqa: BLE001 - A simulator that fails is a finding, too.
        return Summary(seed, [f"the simulator failed: {error!r}"], frozenset())
    seen = {what if who == "trouble" else how for _, who, what, how in world.trace}
    return Summary(seed, world.violations, frozenset(seen))


def summaries(seeds: Iterable[int]) -> Iterator[Summary]:
    """Run seeds on all cores, and sum each up, in their order."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        yield from pool.map(summary, seeds, chunksize=AT_ONCE)


def caught_at(mutant: str, seeds: Iterable[int]) -> int | None:
    """Find the first seed that catches a mutant."""
    return next((seed for seed in seeds if summary(seed, mutant).violations), None)
