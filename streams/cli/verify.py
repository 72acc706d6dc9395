"""`penstock verify`: the state held against the journal, byte by byte and to the cent."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import click
from redis.exceptions import RedisError
from rich.console import Console
from rich.table import Table

from streams import settings
from streams.cli.one_line import OneLineCommand, WrongUsageError
from streams.cli.progress import progress
from streams.errors import MendableError
from streams.protocols import LogError, PeekError
from streams.verify.checking import Checked, Scope
from streams.verify.verifying import Verifying

SHOWN_MAX = 20


class NotDoneError(click.ClickException):
    """The comparison could not be made; the message says why."""

    exit_code = 2


@click.command(cls=OneLineCommand)
@click.option("--partition", "partitions", multiple=True, type=click.IntRange(0), help="Only this.")
@click.option("--users", "users_max", type=click.IntRange(1), help="Only so many, by chance.")
@click.option("--user", help="Only this user.")
@click.option("--heal", is_flag=True, help="Have what differs made from the journal again.")
@click.option("--execute", is_flag=True, help="Heal indeed; without this, it is only said.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify(*, as_json: bool, heal: bool, execute: bool, **chosen: Any) -> None:
    """Hold the state against the journal: every byte, and every cent counted once more.

    The journal is folded again in memory, and each part of each user compared. Then all money is
    counted by another implementation of docs/money.md. Workers go on meanwhile. A partition that
    differs is emptied by --heal --execute, and its worker makes it from the journal again.

    \b
    Examples:  penstock verify
               penstock verify --users 100
               penstock verify --user household-7 --json
               penstock verify --partition 3 --heal --execute

    Exit codes: 0 nothing differs, 1 something differs, 2 it could not be done.
    """
    if execute and not heal:
        raise WrongUsageError("--execute is about --heal: add it.")
    if chosen["user"] is not None and (chosen["users_max"] or chosen["partitions"]):
        raise WrongUsageError("--user says it all: leave --users and --partition out.")
    loaded = settings.load()
    try:
        checked, healed = asyncio.run(_verify(loaded, heal=heal and execute, **chosen))
    except (MendableError, LogError, PeekError, RedisError, OSError) as error:
        raise NotDoneError(str(error) or type(error).__name__) from None
    if as_json:
        click.echo(json.dumps(_told(checked, healed)))
    else:
        _show(checked)
        _show_healing(checked, healed, heal=heal)
    raise SystemExit(1 if any(own.differences for own in checked) else 0)


async def _verify(
    loaded: settings.Settings,
    *,
    heal: bool,
    partitions: Sequence[int],
    users_max: int | None,
    user: str | None,
) -> tuple[list[Checked], list[int]]:
    """Compare, and heal if asked to; gives what was found and which partitions were emptied."""
    verifying = Verifying(loaded)
    try:
        numbers = sorted(set(partitions)) or list(verifying.partitions)
        if missing := [number for number in numbers if number not in verifying.partitions]:
            raise WrongUsageError(f"The journal has no partition {missing[0]}.")
        scope = Scope() if users_max is None else Scope.of_some(users_max)
        if user is not None:
            numbers, scope = [verifying.partition_of(user)], Scope.of_user(user)
        with progress("records", await verifying.size(numbers)) as bar:

            async def told(read: int) -> None:
                bar.advance(read, "records")

            checked = await verifying.check(numbers, scope, told)
        damaged = [own.partition for own in checked if own.is_damaged] if heal else []
        await verifying.heal(damaged)
        return checked, damaged
    finally:
        await verifying.close()


def _told(checked: Sequence[Checked], healed: Sequence[int]) -> dict[str, object]:
    return {
        "partitions": [
            {
                "partition": own.partition,
                "users": own.users,
                "records": own.records,
                "differences": len(own.differences),
                "healed": own.partition in healed,
            }
            for own in checked
        ],
        "differences": [one._asdict() for own in checked for one in own.differences],
    }


def _show(checked: Sequence[Checked]) -> None:
    console = Console()
    differences = [one for own in checked for one in own.differences]
    if differences:
        table = Table("user", "what", "key", "state", "recount")
        for one in differences[:SHOWN_MAX]:
            table.add_row(one.user or "all users", *one[1:])
        console.print(table)
    if len(differences) > SHOWN_MAX:
        click.echo(f"and {len(differences) - SHOWN_MAX:,} more; --json lists them all")
    counts = Table("partition", "users", "records", "differences")
    for own in checked:
        figures = (own.partition, own.users, own.records, len(own.differences))
        counts.add_row(*(f"{figure:,}" for figure in figures))
    console.print(counts)


def _show_healing(checked: Sequence[Checked], healed: Sequence[int], *, heal: bool) -> None:
    damaged = ", ".join(str(own.partition) for own in checked if own.is_damaged)
    if not any(own.differences for own in checked):
        click.echo("Nothing differs.")
    elif not damaged:
        click.echo("The bytes are right, and two ways to count disagree: please report this bug.")
    elif healed:
        click.echo(f"Emptied: {damaged}. A running worker makes it from the journal again.")
    elif heal:
        click.echo(f"Would be made from the journal again: {damaged}. Add --execute to do it.")
    else:
        click.echo(f"Damaged: {damaged}. To mend it: penstock verify --heal --execute")
