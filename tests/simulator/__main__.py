"""Run seeds of the simulator by hand: `python -m tests.simulator --help`."""

import sys

import click
from rich.console import Console
from rich.progress import track

from tests.simulator.many import command, summaries
from tests.simulator.mutants import MUTANTS
from tests.simulator.scenario import Result, simulate
from tests.simulator.worker import Build

_console = Console(soft_wrap=True, highlight=False)


@click.command()
@click.option("--seed", type=int, help="Run this seed alone, and tell all that happened.")
@click.option("--seeds", type=int, default=2_000, show_default=True, help="Run this many seeds.")
@click.option("--from", "first", type=int, default=0, show_default=True, help="The first of them.")
@click.option("--mutant", type=click.Choice(sorted(MUTANTS)), help="With --seed: leave this out.")
def main(seed: int | None, seeds: int, first: int, mutant: str | None) -> None:
    """Run the engine in a world where everything goes wrong; exit code 1 if it breaks a promise.

    Examples:
      python -m tests.simulator --seeds 20000
      python -m tests.simulator --seed 23 --mutant "no watermark check"
    """
    if seed is not None:
        result = simulate(seed, MUTANTS[mutant] if mutant else Build())
        _tell(result)
        sys.exit(bool(result.violations))
    broken = 0
    runs = summaries(range(first, first + seeds))
    for run in track(runs, "seeds", seeds, console=_console, transient=True):
        if run.violations:
            broken += 1
            _console.print(f"{command(run.seed)}   # {run.violations[0]}", markup=False)
    _console.print(f"{seeds} seeds from {first}: {broken} broke a promise")
    sys.exit(bool(broken))


def _tell(result: Result) -> None:
    for at_s, who, what, how in result.world.trace:
        _console.print(f"{at_s:9.4f}  {who:9} {what} {how}", markup=False)
    _console.print(f"\n{result.plan}\n", markup=False)
    for violation in result.violations:
        _console.print(f"BROKEN {violation}", markup=False)
    _console.print(f"{len(result.violations)} promises broken; digest {result.digest()}")


if __name__ == "__main__":
    main()
