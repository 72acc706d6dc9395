"""`penstock demo`: a year of made-up households through the real chain, and what came out."""

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from sample.households import Truth
from streams.cli import demo_tables
from streams.demonstration import Life, Outcome, Publisher, Reader, checks
from streams.names import Names
from streams.settings import Settings
from streams.stack import Stack, local_stack
from streams.topic_admin import TopicAdmin
from streams.worker_process import WorkerProcess, running_worker

_PARTITIONS = 4
_PATIENCE_S = 60.0
_QUIET_S = 1.5


@click.command()
@click.option("--users", default=25, show_default=True, type=click.IntRange(1, 1_000))
@click.option("--months", default=12, show_default=True, type=click.IntRange(1, 60))
@click.option("--seed", default=1, show_default=True, help="Another seed, other lives.")
def demo(users: int, months: int, seed: int) -> None:
    r"""Run made-up households through a real Kafka and a real Redis, and show what came out.

    Starts both servers and a worker, publishes week after week, reads the outputs back, and counts.
    Ends with 1 if a count does not add up.

    \b
    Example:  penstock demo --users 5 --months 3
    """
    console = Console()
    with console.status("Starting Kafka and Redis"):
        servers = local_stack()
        stack = servers.__enter__()
    try:
        console.print(f"Kafka at {stack.kafka} ({stack.rungs['kafka']}), ", end="")
        console.print(f"Redis at {stack.redis} ({stack.rungs['redis']})")
        if not _run(console, stack, Life(users, months, seed)):
            raise click.ClickException("A count does not add up: see the table of counts.")
    finally:
        servers.__exit__(None, None, None)


def _run(console: Console, stack: Stack, life: Life) -> bool:
    with tempfile.TemporaryDirectory(prefix="penstock-demo-") as folder:
        settings = Settings(
            kafka=stack.kafka,
            redis=stack.redis,
            group=f"demo-{os.getpid()}",
            topic_prefix=f"demo-{os.getpid()}.",
            partitions=_PARTITIONS,
            clock="data",
            web_port=0,
            state_dir=Path(folder),
            log_level="warning",
        )
        TopicAdmin(settings).apply()
        began = time.monotonic()
        with running_worker(settings) as worker:
            played = _play(console, settings, life, worker)
        seconds = time.monotonic() - began
    return demo_tables.show(console, played.outcome, checks(played.outcome, played.truth), seconds)


@dataclass(frozen=True, slots=True)
class _Played:
    outcome: Outcome
    truth: Truth


def _play(console: Console, settings: Settings, life: Life, worker: WorkerProcess) -> _Played:
    """Publish week after week, each once the week before has come out."""
    names, outcome = Names(settings.topic_prefix), Outcome()
    publisher, reader = Publisher(settings.kafka, names), Reader(settings.kafka, names)
    weeks, truth = life.weeks()
    total = life.months * 31 // 7
    columns = (
        TextColumn("{task.description:<24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("weeks published", total=total, rate="")
        began = time.monotonic()
        for number, events in enumerate(weeks, 1):
            publisher.publish(events, outcome)
            _read_until_caught_up(reader, outcome, worker)
            rate = len(outcome.enriched) / (time.monotonic() - began)
            progress.update(bar, completed=number, rate=f"{rate:,.0f} transactions/s")
        progress.update(bar, total=number)
        _read_until_quiet(reader, outcome)
    reader.close()
    return _Played(outcome, truth())


def _read_until_caught_up(reader: Reader, outcome: Outcome, worker: WorkerProcess) -> None:
    """Read until every transaction is out; a minute without progress is a failure."""
    deadline = time.monotonic() + _PATIENCE_S
    while not outcome.caught_up:
        worker.check()
        if reader.read(outcome):
            deadline = time.monotonic() + _PATIENCE_S
        elif time.monotonic() > deadline:
            missing = len(outcome.identities) - len(outcome.enriched)
            raise click.ClickException(f"{missing} transactions did not come out in a minute.")


def _read_until_quiet(reader: Reader, outcome: Outcome) -> None:
    """Read the days that pass after the last transaction, too."""
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < _QUIET_S:
        if reader.read(outcome):
            quiet_since = time.monotonic()
