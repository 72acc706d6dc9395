"""From a transaction acknowledged to its alert readable: `python -m benchmarks.latency --help`."""

import tempfile
from itertools import islice
from pathlib import Path

import click

from benchmarks import options, probing
from benchmarks.chain import Chain
from benchmarks.reporting import Meaning, Report, quiet_libraries
from benchmarks.workload import Workload, distinct
from streams.stack import Stack, local_stack

MEANINGS = {
    "rate": Meaning("transactions a second while it was measured"),
    "p50_ms": Meaning("to the alert, under load", "at most 150, aim 80"),
    "p95_ms": Meaning("the same"),
    "p99_ms": Meaning("the same", "at most 600, aim 300"),
    "p999_ms": Meaning("the same"),
    "idle.p50_ms": Meaning("to the alert, nearly idle", "at most 20"),
    "idle.p99_ms": Meaning("the same", "at most 60"),
    "idle.steps.journal_p50_ms": Meaning("until it is in the journal"),
    "idle.steps.enriched_p50_ms": Meaning("until it is enriched"),
    "capacity": Meaning("transactions a second from a backlog, one worker"),
}
_CAPACITY_TRANSACTIONS = 40_000


@click.command()
@click.option("--load", default=0.5, show_default=True, type=click.FloatRange(0.01, 0.95))
@click.option("--seconds", default=20, show_default=True, type=click.IntRange(1))
@click.option("--users", default=2_000, show_default=True, type=click.IntRange(25))
@options.as_json
def main(load: float, seconds: int, users: int, *, as_json: bool) -> None:
    """Measure latency nearly idle, and at a fraction of the capacity that is measured before.

    Every payment that is measured raises an alert. The time is from the broker's acknowledgement of
    the payment to the moment a reader of committed records has the alert.

    \b
    Examples:  python -m benchmarks.latency
               python -m benchmarks.latency --load 0.8 --seconds 60 --json
    """
    quiet_libraries()
    report = Report("Latency", as_json)
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as name, local_stack() as stack:
        _measure(stack, Path(name), report, users, load, seconds)
    report.tell(MEANINGS)


def _measure(
    stack: Stack, folder: Path, report: Report, users: int, load: float, seconds: int
) -> None:
    chain = Chain(stack, folder)
    inputs = Workload(users=users).inputs()
    first = list(islice(inputs, _CAPACITY_TRANSACTIONS))
    history = list(probing.history())
    with chain.workers(1) as running:
        with report.doing("capacity"):
            chain.publish(first)
            chain.until_through(distinct(first), chain.flow, running)
            span = chain.span_since_published(chain.flow[0])
            capacity = span.rate
            chain.publish(history)
            chain.until_through(span.records + len(history), chain.flow, running)
        with report.doing(f"idle, {probing.IDLE_RATE} a second"):
            idle = probing.measure(chain, iter(()), 0.0, seconds)
        # Made beforehand: making them would take a part of what is measured.
        others = list(islice(inputs, int(capacity * load * (seconds + probing.WARM_UP_S) * 1.1)))
        with report.doing(f"{load:.0%} of {capacity:,.0f} a second"):
            loaded = probing.measure(chain, iter(others), capacity * load, seconds)
    chain.forget()
    report.figures |= {**loaded, "idle": idle, "capacity": round(capacity), "load": load}


if __name__ == "__main__":
    main()
