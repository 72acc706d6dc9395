"""`penstock demo`: a year of made-up households through the real chain, and what came out."""

import os
import tempfile
import time
from pathlib import Path

import click
from rich.console import Console

from sample.households import Town
from streams.cli import demo_tables
from streams.cli.progress import progress
from streams.demonstration import Played, checks, play
from streams.settings import Settings
from streams.stack import Stack, local_stack
from streams.topic_admin import TopicAdmin
from streams.worker_process import WorkerProcess, running_worker

_PARTITIONS = 4


@click.command()
@click.option("--users", default=25, show_default=True, type=click.IntRange(1, 1_000))
@click.option("--months", default=12, show_default=True, type=click.IntRange(1, 60))
@click.option("--seed", default=1, show_default=True, help="Another seed, other lives.")
def demo(users: int, months: int, seed: int) -> None:
    """Run made-up households through a real Kafka and a real Redis, and show what came out.

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
        if not _run(console, stack, Town(users, months, seed)):
            raise click.ClickException("A count does not add up: see the table of counts.")
    finally:
        servers.__exit__(None, None, None)


def _run(console: Console, stack: Stack, town: Town) -> bool:
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
        played = Played(town)
        with running_worker(settings) as worker:
            _play(console, settings, played, worker)
        seconds = time.monotonic() - began
    return demo_tables.show(console, played, checks(played.outcome), seconds)


def _play(console: Console, settings: Settings, played: Played, worker: WorkerProcess) -> None:
    with progress("weeks published", played.weeks, console=console) as bar:
        began = time.monotonic()

        def told(week: int) -> None:
            rate = len(played.outcome.enriched) / (time.monotonic() - began)
            bar.reach(week, beside=f"{rate:,.0f} transactions/s")

        play(played, settings, worker, told)
