"""How many transactions a second: `python -m benchmarks.throughput --help`."""

import tempfile
from pathlib import Path

import click

from benchmarks import contenders, core, options, pipeline, transport
from benchmarks.reporting import Report, quiet_libraries
from benchmarks.workload import Workload
from streams.stack import local_stack

PARTS = ("transport", "core", "pipeline", "peers")
MEANINGS = {**transport.MEANINGS, **core.MEANINGS, **pipeline.MEANINGS, **contenders.MEANINGS}

# About how many records a second each part deals with here: what a run of some seconds is fed with.
_TRANSPORT_RATE, _CORE_RATE, _PIPELINE_RATE, _PEERS_RATE = 60_000, 4_000, 4_000, 3_000


@click.command()
@click.option("--part", "parts", type=click.Choice(PARTS), multiple=True, help="Only this part.")
@click.option(
    "--seconds",
    default=20,
    show_default=True,
    type=click.IntRange(1),
    help="About how long each single measurement lasts.",
)
@click.option("--users", default=2_000, show_default=True, type=click.IntRange(25))
@click.option("--repeats", default=3, show_default=True, type=click.IntRange(1))
@options.as_json
def main(parts: tuple[str, ...], seconds: int, users: int, repeats: int, *, as_json: bool) -> None:
    """Measure transport, fold and the whole chain, beside librdkafka and other libraries.

    What is compared is measured by turns in the same run; of repeated measurements the median is
    told. Starts its own Kafka and Redis, unless PENSTOCK_KAFKA and PENSTOCK_REDIS name some.

    \b
    Examples:  python -m benchmarks.throughput
               python -m benchmarks.throughput --part core --json
               python -m benchmarks.throughput --part transport --part pipeline --seconds 10
    """
    quiet_libraries()
    report = Report("Throughput", as_json)
    chosen = parts or PARTS
    if {"core", "pipeline"} & set(chosen):
        with report.doing("the fold, in process"):
            report.figures["core"] = core.measure(_workload(users, seconds * _CORE_RATE))
    if set(chosen) - {"core"}:
        _with_servers(report, chosen, seconds, users, repeats)
    report.tell(MEANINGS)


def _with_servers(
    report: Report, chosen: tuple[str, ...], seconds: int, users: int, repeats: int
) -> None:
    with report.doing("Starting Kafka and Redis"):
        servers = local_stack()
        stack = servers.__enter__()
    try:
        with tempfile.TemporaryDirectory(prefix="penstock-bench-") as name:
            folder = Path(name)
            if "transport" in chosen:
                transport.measure(stack, folder, report, seconds * _TRANSPORT_RATE, repeats)
            if "pipeline" in chosen:
                core_us: float = report.figures["core"]["us_per_transaction"]
                workload = _workload(users, seconds * _PIPELINE_RATE)
                pipeline.measure(stack, folder, report, workload, core_us)
            if "peers" in chosen:
                workload = _workload(users, seconds * _PEERS_RATE)
                contenders.measure(stack, folder, report, workload, repeats)
    finally:
        servers.__exit__(None, None, None)


def _workload(users: int, transactions: int) -> Workload:
    return Workload(users=users, transactions=transactions)


if __name__ == "__main__":
    main()
