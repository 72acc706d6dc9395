"""`penstock up`: start a Kafka and a Redis on this machine and leave them running."""

import json
import shlex
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from streams.stack import KAFKA_VERSION, Stack, StackError
from streams.stack.background import FOLDER, start


@click.command(epilog="Example: penstock up && penstock topics apply --execute")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=FOLDER,
    help="Where data, logs and state are kept.  [default: .penstock, beside the code]",
)
@click.option(
    "--kafka-version",
    default=KAFKA_VERSION,
    show_default=True,
    help="Apache Kafka's version, where it comes from Maven Central.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def up(folder: Path, kafka_version: str, as_json: bool) -> None:
    """Start a Kafka and a Redis on this machine and leave them running.

    Where they run already, say so. What they hold is kept until `penstock down --wipe`, except in
    Docker containers, which keep nothing.
    """
    console = Console(stderr=as_json)
    try:
        with console.status("Starting Kafka and Redis"):
            stack, started = start(folder.absolute(), kafka_version)
    except StackError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps({"started": started} | asdict(stack) | {"logs": str(stack.logs)}))
    else:
        _show(console, stack, started=started)


def _show(console: Console, stack: Stack, *, started: bool) -> None:
    table = Table("server", "address", "how")
    table.add_row("Kafka", stack.kafka, stack.rungs["kafka"])
    table.add_row("Redis", stack.redis, stack.rungs["redis"])
    console.print("Kafka and Redis are up." if started else "Kafka and Redis run already.")
    console.print(table)
    # Plain lines, to be copied whole: no table border, no wrapping, no colours.
    click.echo(f"Logs: {stack.logs}")
    click.echo(f"export PENSTOCK_KAFKA={shlex.quote(stack.kafka)}")
    click.echo(f"export PENSTOCK_REDIS={shlex.quote(stack.redis)}")
