"""`penstock state`: what is known of a user, and all months as a table for other programs."""

import asyncio
import csv
import json
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click
from rich.console import Console

from schemas.ids import BUCKETS
from streams import settings
from streams.cli.one_line import WrongUsageError
from streams.cli.progress import progress
from streams.cli.state_tables import show_summary
from streams.looking import open_states
from streams.states import Standing, States
from streams.summary import COLUMNS, monthly_rows, summary


@click.group()
def state() -> None:
    """Read what is known of users, beside the workers that own it.

    \b
    Examples:  penstock state show household-007
               penstock state export --monthly --out months.csv
    """


@state.command()
@click.argument("user")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(user: str, as_json: bool) -> None:
    """Show the money, budgets, goals and alerts of USER, each currency by itself.

    What is shown is committed: nothing that a worker may yet take back. Ends with 1 where nothing
    is known of USER.

    \b
    Examples:  penstock state show household-007
               penstock state show household-007 --json
    """
    standing = asyncio.run(_standing(user))
    figures = summary(standing.user, standing.today)
    if as_json:
        place = {"partition": standing.partition, "watermark": standing.watermark}
        click.echo(json.dumps({**figures, **place}))
    else:
        show_summary(Console(), figures)


@state.command()
@click.option("--monthly", is_flag=True, help="Each user's months by currency and category.")
@click.option("--user", "users", multiple=True, help="Only this user; may be given again.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Into a file.")
def export(monthly: bool, users: tuple[str, ...], out: Path | None) -> None:
    """Write figures of all users as CSV: whole minor units, and months by the booking date.

    Users come bucket by bucket, and in order within each; a user's rows in order of month, currency
    and category. The month `earlier` holds all that is older than the months kept apart. A file is
    there once it is whole, and not before. Ends with 1 where nothing is known of a named user.

    \b
    Examples:  penstock state export --monthly --out months.csv
               penstock state export --monthly --user household-007 --user household-008
    """
    if not monthly:
        raise WrongUsageError("Say what to export: add --monthly.")
    try:
        with _target(out) as file:
            asyncio.run(_export(sorted(set(users)), file))
    except OSError as error:
        raise click.ClickException(f"Writing ended early: {error.strerror}.") from None


async def _standing(user_id: str) -> Standing:
    async with open_states(settings.load()) as states:
        return await states.of(user_id)


async def _export(users: Sequence[str], file: TextIO) -> None:
    async with open_states(settings.load()) as states:
        # Who is unknown is said before anything is written.
        chosen = [await states.of(user) for user in users]
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        if users:
            writer.writerows(row for standing in chosen for row in monthly_rows(standing.user))
            return
        async for standings in _watched(states):
            writer.writerows(row for standing in standings for row in monthly_rows(standing.user))


async def _watched(states: States) -> AsyncIterator[Sequence[Standing]]:
    """Pass the users on, and show on standard error how far that is."""
    with progress("buckets", BUCKETS) as bar:
        buckets = users = 0
        async for standings in states.all():
            yield standings
            buckets, users = buckets + 1, users + len(standings)
            bar.reach(buckets, beside=f"{users:,} users")


@contextmanager
def _target(out: Path | None) -> Iterator[TextIO]:
    """Open standard output, or a file that takes its name once it is whole."""
    if out is None:
        yield sys.stdout
        return
    part = out.with_name(f"{out.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
