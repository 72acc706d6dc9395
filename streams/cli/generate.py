"""`penstock generate`: made-up households with their truth, to files or straight to Kafka."""

import json
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from sample.filing import AS_BUILT_IN
from sample.households import Town
from streams import settings
from streams.cli.one_line import OneLineCommand, WrongUsageError
from streams.cli.progress import progress
from streams.garbage import collect_rarely
from streams.generating import (
    Files,
    Format,
    Generated,
    Paced,
    Sink,
    TargetError,
    fill,
    whole_folder,
)
from streams.names import Names
from streams.publisher import Publisher
from streams.taxonomy_file import TaxonomyFileError, read_taxonomy

_DATE = click.DateTime(["%Y-%m-%d"])
_PATH = click.Path(path_type=Path)
_FORMATS = click.Choice(["jsonl", "csv"])


@dataclass(frozen=True, slots=True)
class Target:
    """Where a town is to go, and how."""

    out: Path | None
    format_: Format
    truth: bool
    produce: bool
    rate: int | None

    def require_sense(self) -> None:
        """Raise WrongUsageError for what asks for nothing, or for something of nothing."""
        if self.out is None and not self.produce:
            raise WrongUsageError("There is nothing to do: add --out FOLDER, --produce, or both.")
        if self.rate is not None and not self.produce:
            raise WrongUsageError("--rate is about Kafka: add --produce.")
        if self.truth and self.out is None:
            raise WrongUsageError("--truth is written to files: add --out FOLDER.")


@click.command(cls=OneLineCommand, context_settings={"show_default": True})
@click.option("--users", default=25, type=click.IntRange(1, 1_000_000), help="Households.")
@click.option("--months", default=12, type=click.IntRange(1, 120), help="How long they live.")
@click.option("--seed", default=1, type=click.IntRange(0), help="Another seed, other lives.")
@click.option("--start", default="2025-01-01", type=_DATE, help="The first of a month.")
@click.option("--shock", type=click.Choice(["inflation", "job-loss"]), help="Midway, for all.")
@click.option("--taxonomy", type=_PATH, help="Categories of your own: id, name, parent, covers.")
@click.option("--out", type=_PATH, help="The folder to make.")
@click.option("--format", "format_", default="jsonl", type=_FORMATS, help="Of the files.")
@click.option("--truth", is_flag=True, help="Write what was true beside what is published.")
@click.option("--produce", is_flag=True, help="Publish to the Kafka of the settings.")
@click.option("--rate", type=click.IntRange(1), help="Transactions a second, at most.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
def generate(*, as_json: bool, **chosen: Any) -> None:
    """Make up households that earn, spend, move, borrow and are robbed, and what banks tell of it.

    The same arguments give the same bytes on every machine. A folder gets a file a topic and, with
    --truth, what really happened; it is there once it is whole, and not before.

    \b
    Examples:  penstock generate --users 200 --months 14 --out town --truth
               penstock generate --users 50 --shock job-loss --out hard-times --format csv
               penstock generate --users 1000 --taxonomy ours.csv --out ours --truth
               penstock generate --users 500 --produce --rate 2000
    """
    target = Target(**{name: chosen.pop(name) for name in Target.__slots__})
    target.require_sense()
    began = time.monotonic()
    try:
        town = _town(**chosen)
        generated = _generate(town, target)
    except (TargetError, TaxonomyFileError) as error:
        raise WrongUsageError(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"Writing ended early: {error.strerror}.") from None
    _tell(town, generated, time.monotonic() - began, as_json=as_json)


def _town(taxonomy: Path | None, start: datetime, **chosen: Any) -> Town:
    filing = AS_BUILT_IN if taxonomy is None else read_taxonomy(taxonomy)
    try:
        return Town(**chosen, start=start.date(), filing=filing)
    except ValueError as error:
        raise WrongUsageError(str(error)) from None


def _generate(town: Town, target: Target) -> Generated:
    collect_rarely()
    with ExitStack() as opened:
        sinks: list[Sink] = []
        publisher = None
        if target.out is not None:
            folder = opened.enter_context(whole_folder(target.out))
            sinks.append(Files(folder, target.format_, opened, truth=target.truth))
        if target.produce:
            loaded = settings.load()
            publisher = Publisher(loaded.kafka, Names(loaded.topic_prefix))
            publisher.require_topics()
            sinks.append(Paced(publisher, target.rate))
        generated = _watched(town, sinks)
        if publisher is not None:
            publisher.flush()
        return generated


def _watched(town: Town, sinks: list[Sink]) -> Generated:
    """Fill the sinks, and show on standard error how far that is."""
    with progress("days", (town.end - town.start).days) as bar:
        began = time.monotonic()

        def told(day: date, transactions: int) -> None:
            rate = transactions / (time.monotonic() - began)
            bar.reach((day - town.start).days, beside=f"{rate:,.0f} transactions/s")

        return fill(town, sinks, told)


def _tell(town: Town, generated: Generated, seconds: float, *, as_json: bool) -> None:
    rate = round(generated.transactions / seconds)
    if as_json:
        told = {
            "users": town.users,
            "months": town.months,
            "seed": town.seed,
            "transactions": generated.transactions,
            "events": generated.events,
            "truth": generated.truths,
            "seconds": round(seconds, 3),
            "transactions_per_s": rate,
            "sha256": generated.sha256,
        }
        click.echo(json.dumps(told))
        return
    table = Table("what", "number")
    for topic, number in generated.events.items():
        table.add_row(topic, f"{number:,}")
    for kind, number in generated.truths.items():
        table.add_row(f"truth: {kind}", f"{number:,}")
    table.add_row("seconds", f"{seconds:.1f}")
    table.add_row("transactions a second", f"{rate:,}")
    Console().print(table)
    click.echo(f"SHA-256 of all events in order: {generated.sha256}")
