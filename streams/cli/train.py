"""`penstock train`: what is learned from everybody, trained offline into an artifact."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from models.artifact import Artifact
from models.training.card import markdown
from models.training.categories import STEPS
from models.training.categories import train as fit
from models.training.examples import TrainingError, in_order
from models.training.gates import Warned, warnings_about
from streams import settings
from streams.cli.one_line import OneLineCommand, WrongUsageError
from streams.cli.progress import progress
from streams.errors import MendableError
from streams.labelled.csv_file import gather_file
from streams.labelled.gathered import Gathered
from streams.labelled.journal import gather_journal
from streams.looking import journal_partitions, open_log
from streams.names import Names

_PATH = click.Path(path_type=Path, dir_okay=False)
_JOURNAL = "journal"
_SHOWN_MAX = 12


@click.group()
def train() -> None:
    """Train what is learned from everybody.

    \b
    Example:  penstock train categories --from journal --out categories.bin
    """


@train.command(cls=OneLineCommand)
@click.option("--from", "source", required=True, metavar="journal|FILE", help="Where labels are.")
@click.option("--out", required=True, type=_PATH, help="The artifact to write.")
@click.option("--card", type=_PATH, help="Write its card as a page, in Markdown.")
@click.option("--version", "version", help="What to call it; by its last day and data, if absent.")
@click.option("--strict", is_flag=True, help="Refuse data with warnings, before training.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: the card.")
def categories(
    source: str, out: Path, card: Path | None, version: str | None, strict: bool, as_json: bool
) -> None:
    """Train how texts and amounts are filed, from what people filed; equal data, equal bytes.

    From the journal: each label that a user set or accepted, the newest of each transaction; not of
    payments between people, nor of users' own categories. From a file: CSV, also packed as .gz or
    .xz, with the columns date, user, text, amount_minor (12.50 paid is -1250) and label, and with
    merchant if a provider cleaned the name. Choices are made, and figures told, by asking about
    days that came after those it had learned from. docs/training.md explains the card.

    Nothing is put to use by this: `penstock models` publishes and activates what it writes.

    \b
    Examples:  penstock train categories --from journal --out categories.bin
               penstock train categories --from labels.csv.xz --out categories.bin \\
                 --card card.md --version 2026-02 --strict

    Exit codes: 0 written, 1 the data cannot be learned from or, with --strict, has warnings, 2
    wrong usage.
    """
    if version is not None and not version.strip():
        raise WrongUsageError("--version is empty: name it, or leave it out.")
    gathered = _gathered(source)
    today = datetime.now(UTC).date().toordinal()
    try:
        warnings = warnings_about(in_order(gathered.examples), today)
        if strict and warnings:
            raise MendableError(_refused(warnings))
        with progress("training", STEPS, transient=True) as bar:
            made = fit(gathered.examples, today=today, version=version, told=bar.step)
    except TrainingError as error:
        raise MendableError(f"cannot_learn: {error}") from None
    written = _write(made, out, card)
    if as_json:
        passed_over = dict(sorted(gathered.passed_over.items()))
        click.echo(json.dumps({**made.card, **written, "passed_over": passed_over}))
    else:
        _show(made, gathered, written)


def _gathered(source: str) -> Gathered:
    if source == _JOURNAL:
        return asyncio.run(_from_journal())
    path = Path(source)
    if not path.is_file():
        raise WrongUsageError(f"--from {source}: there is no such file; or write: --from journal")
    return gather_file(path)


async def _from_journal() -> Gathered:
    loaded = settings.load()
    names, partitions = Names(loaded.topic_prefix), await journal_partitions(loaded)
    with progress("offsets", None, transient=True) as bar:
        async with open_log(loaded) as log:
            return await gather_journal(log, names, partitions, bar.reach)


def _write(made: Artifact, out: Path, card: Path | None) -> dict[str, Any]:
    data, digest = made.to_bytes(), made.sha256
    try:
        out.write_bytes(data)
        if card is not None:
            card.write_text(markdown(made.card, digest), encoding="utf-8")
    except OSError as error:
        raise MendableError(f"cannot_write: {error}") from None
    return {"file": str(out), "bytes": len(data), "sha256": digest}


def _refused(warnings: list[Warned]) -> str:
    told = [f"{own.code} {own.period}: {own.sentence}".replace(" :", ":") for own in warnings]
    return "data_warnings: nothing was trained.\n" + "\n".join(f"  {line}" for line in told)


def _show(made: Artifact, gathered: Gathered, written: dict[str, Any]) -> None:
    console, judged = Console(), made.card["out_of_time"]
    table = Table("figure", "value", title=f"{made.card['model']} {made.card['version']}")
    for name, value in judged["overall"].items():
        table.add_row(name.replace("_", " "), f"{value:,}")
    console.print(table)
    warnings = made.card["warnings"]
    for own in warnings[:_SHOWN_MAX]:
        click.echo(" ".join(filter(None, ["warning:", own["period"], own["sentence"]])))
    if len(warnings) > _SHOWN_MAX:
        click.echo(f"and {len(warnings) - _SHOWN_MAX:,} more; the card lists them all")
    for code, count in sorted(gathered.passed_over.items()):
        click.echo(f"passed over: {count:,} {code}")
    click.echo(f"{written['file']}: {written['bytes']:,} bytes, sha256 {written['sha256']}")
    click.echo(f"To publish it: penstock models publish {written['file']}")
